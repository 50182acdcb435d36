// The asking end of the link to a board: to the board behind it, what a host is. The other end is
// `hw_link`, which says what packets mean. Bytes of this board's design go out as payload; bytes
// of the other board's output 0 come back with the answers.
//
// After reset it says hello, which resets the other board's design. The answer must bring Ident;
// then one exchange follows the other, with as many bytes as wait, at most 255. A request without
// an intact answer is sent again after WaitClocks without a byte from the line, with the same
// number and half as many bytes each way, down to 8: short packets get through more noise. The
// answer says how many bytes were taken. While bytes from the other board are not consumed here, it
// is not asked for more. So nothing is lost or doubled, and each end may hold back the other.
//
// WaitClocks must be longer than the other end may be silent before it answers, and than the pause
// that ends a packet there. When the other board shows another identity, or says that it was reset
// meanwhile, nothing more is asked and `met_o` is low.

`default_nettype none

module hw_link_ask #(
  parameter int unsigned GapClocks  = 4096,
  parameter int unsigned WaitClocks = 8192,
  parameter logic [63:0] Ident      = 64'h0
) (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  // Bytes from and to the line.
  input  wire logic       rx_valid_i,
  input  wire logic [7:0] rx_data_i,
  output logic            tx_valid_o,
  input  wire logic       tx_ready_i,
  output logic      [7:0] tx_data_o,
  // Bytes for the other board.
  input  wire logic       valid_i,
  output logic            ready_o,
  input  wire logic [7:0] data_i,
  // Bytes from the other board.
  output logic            valid_o,
  input  wire logic       ready_i,
  output logic      [7:0] data_o,
  // High once the other board has answered with the right identity.
  output logic            met_o
);

  if (GapClocks < 1 || WaitClocks <= GapClocks) begin : gen_illegal
    $error("hw_link_ask: a pause lasts a cycle or more, and an answer is waited for longer");
  end

  localparam logic [7:0] KindExchange = 8'h01;
  localparam logic [7:0] KindHello    = 8'h02;
  localparam logic [7:0] KindTaken    = 8'h81;
  localparam logic [7:0] KindMet      = 8'h82;
  localparam logic [7:0] KindLost     = 8'h83;

  localparam logic [7:0] Most        = 8'd255;  // bytes of a payload
  localparam logic [7:0] IdentLength = 8'd8;

  localparam logic [2:0] StStart  = 3'd0;
  localparam logic [2:0] StSend   = 3'd1;
  localparam logic [2:0] StListen = 3'd2;
  localparam logic [2:0] StNext   = 3'd3;
  localparam logic [2:0] StStop   = 3'd4;

  localparam int unsigned WaitBits = $clog2(WaitClocks + 1);
  typedef logic [WaitBits-1:0] wait_t;

  logic [2:0] state_q;
  logic       met_q;
  logic [7:0] number_q;   // of the request
  logic [7:0] length_q;   // bytes that it brings
  logic [7:0] most_q;     // bytes that its answer may bring
  logic [7:0] arrived_q;  // bytes that the answer before brought

  assign met_o = met_q && (state_q != StStop);

  // --- Packets -----------------------------------------------------------------------------------

  logic       listening, sending, write, done, held, draining;
  logic [7:0] write_address, write_data, kind, number, taken, length, out_address;
  logic [7:0] unused_channels, unused_received;

  // This end listens or sends, so one check serves both.
  logic       rx_crc_clear, rx_crc_valid, tx_crc_clear, tx_crc_valid, unused_busy;
  logic [1:0] rx_crc_index, tx_crc_index;
  logic [7:0] crc_check;

  logic       rx_valid_q;
  logic [7:0] rx_data_q;
  always_ff @(posedge clk_i) begin
    rx_valid_q <= rx_valid_i && rst_ni;
    rx_data_q  <= rx_data_i;
  end

  assign listening = (state_q == StListen);

  hw_crc32 u_crc (
    .clk_i,
    .rst_ni,
    .clear_i(listening ? rx_crc_clear : tx_crc_clear),
    .valid_i(listening ? rx_crc_valid : tx_crc_valid),
    .data_i(listening ? rx_data_q : tx_data_o),
    .busy_o(unused_busy),
    .index_i(listening ? rx_crc_index : tx_crc_index),
    .check_o(crc_check)
  );

  hw_link_rx #(
    .GapClocks(GapClocks)
  ) u_rx (
    .clk_i,
    .rst_ni,
    .listen_i(listening),
    .crc_clear_o(rx_crc_clear),
    .crc_valid_o(rx_crc_valid),
    .crc_index_o(rx_crc_index),
    .crc_check_i(crc_check),
    .valid_i(rx_valid_q),
    .data_i(rx_data_q),
    .hold_i(draining),
    .write_o(write),
    .address_o(write_address),
    .data_o(write_data),
    .done_o(done),
    .held_o(held),
    .kind_o(kind),
    .sequence_o(number),
    .channels_o(unused_channels),
    .most_o(taken),
    .received_o(unused_received),
    .length_o(length)
  );

  logic [7:0] payload_q;

  hw_link_tx u_tx (
    .clk_i,
    .rst_ni,
    .start_i(state_q == StStart),
    .busy_o(sending),
    .kind_i(met_q ? KindExchange : KindHello),
    .sequence_i(number_q),
    .channels_i(8'h00),
    .taken_i(most_q),
    .received_i(arrived_q),
    .length_i(length_q),
    .address_o(out_address),
    .payload_i(payload_q),
    .valid_o(tx_valid_o),
    .ready_i(tx_ready_i),
    .data_o(tx_data_o),
    .crc_clear_o(tx_crc_clear),
    .crc_valid_o(tx_crc_valid),
    .crc_index_o(tx_crc_index),
    .crc_check_i(crc_check)
  );

  // --- Requests ----------------------------------------------------------------------------------

  logic [8:0] waiting_q;  // bytes that were not taken yet
  logic       other_q;    // the identity that comes in is another one
  logic       answer, met, moved, lost, again;
  wait_t      wait_q;

  // A payload that there was no place for does not count, and so its answer does not.
  assign answer = listening && done && (number == number_q) && !(held && length != 8'd0);
  assign met    = answer && !met_q && (kind == KindMet) && (length == IdentLength);
  assign moved  = answer && met_q && (kind == KindTaken);
  assign lost   = listening && done && met_q && (kind == KindLost);
  assign again  = listening && (wait_q == '0);

  always_ff @(posedge clk_i) begin
    if (write) begin
      other_q <= (write_address != 8'd0 && other_q)
                 || (write_data != Ident[{write_address[2:0], 3'b000} +: 8]);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StStart;
      met_q   <= 1'b0;
    end else begin
      case (state_q)
        StStart: state_q <= StSend;
        StSend:  if (!sending) state_q <= StListen;
        StListen: begin
          if (lost || (met && other_q)) state_q <= StStop;
          else if (met || moved)        state_q <= StNext;
          else if (again)               state_q <= StStart;
        end
        StNext:  state_q <= StStart;
        default: state_q <= StStop;
      endcase
      if (met && !other_q) met_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      number_q  <= 8'd0;
      length_q  <= 8'd0;
      most_q    <= IdentLength;
      arrived_q <= 8'd0;
    end else if (met || moved) begin
      arrived_q <= length;
    end else if (state_q == StNext) begin
      number_q <= number_q + 8'd1;
      length_q <= (waiting_q > 9'(Most)) ? Most : waiting_q[7:0];
      most_q   <= draining ? 8'd0 : Most;
    end else if (again && met_q) begin
      if (length_q[7:4] != 4'd0) length_q <= length_q >> 1;
      if (most_q[7:4] != 4'd0)   most_q   <= most_q >> 1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!listening || rx_valid_q) wait_q <= wait_t'(WaitClocks);
    else if (wait_q != '0)        wait_q <= wait_q - wait_t'(1);
  end

  // --- Bytes for the other board -----------------------------------------------------------------

  // A ring: while 255 bytes are on their way, as many others gather. None is sent as it is written.
  (* no_rw_check *) logic [7:0] ring [512];
  logic [8:0] first_q, last_q;
  logic       push;

  assign ready_o = (waiting_q != 9'd511);
  assign push    = valid_i && ready_o;

  always_ff @(posedge clk_i) begin
    if (push) ring[last_q] <= data_i;
    payload_q <= ring[first_q + 9'(out_address)];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q   <= 9'd0;
      last_q    <= 9'd0;
      waiting_q <= 9'd0;
    end else begin
      if (push)  last_q  <= last_q + 9'd1;
      if (moved) first_q <= first_q + 9'(taken);
      waiting_q <= waiting_q + 9'(push) - (moved ? 9'(taken) : 9'd0);
    end
  end

  // --- Bytes from the other board ----------------------------------------------------------------

  hw_link_drain u_drain (
    .clk_i,
    .rst_ni,
    .write_i(write),
    .address_i(write_address),
    .data_i(write_data),
    .take_i(moved && length != 8'd0),
    .length_i(length),
    .busy_o(draining),
    .valid_o,
    .ready_i,
    .data_o
  );

endmodule

`default_nettype wire
