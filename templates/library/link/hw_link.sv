// The board's end of the host link. The host asks, the board answers; packets as in `hw_link_rx`.
//
//   kind  8'h01  exchange: the payload goes to input `channels[3:0]`; the answer (kind 8'h81) says
//                in the place of `most` how many of its bytes were taken: all, or none while
//                this input's earlier payload is not consumed. Every input has a place for one
//                payload, so that none waits for another. The answer brings at most `most` bytes of
//                output `channels[7:4]`.
//   kind  8'h02  hello: resets the design, and the next sequence number is one more than this one.
//                The answer (8'h82) brings the eight bytes of Ident, least significant first.
//
// An exchange counts only if its sequence number is one more than that of the packet before; it
// then says in `received` how many bytes the answer before brought to the host, and these are
// forgotten. An exchange with the number of the packet before is a repetition: nothing moves, and
// the same answer is sent again, but no more than `most` bytes of it, so that a host can ask for
// less on a line that lets only short packets through. What it leaves out comes with the next
// answer, which says in `channels` from which output that is. Any other number is answered by kind
// 8'h83: the two ends lost each other, and the host must say hello. So nothing is lost or doubled
// as long as no damaged packet passes its check.
//
// The answer to an exchange leaves when the output had no byte for IdleClocks.

`default_nettype none

module hw_link #(
  parameter int unsigned Inputs     = 1,
  parameter int unsigned GapClocks  = 4096,
  parameter int unsigned IdleClocks = 64,
  parameter logic [63:0] Ident      = 64'h0
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  // Bytes from and to the line.
  input  wire logic                rx_valid_i,
  input  wire logic          [7:0] rx_data_i,
  output logic                     tx_valid_o,
  input  wire logic                tx_ready_i,
  output logic               [7:0] tx_data_o,
  // Bytes to the inputs, and from the output that the packet names.
  output logic        [Inputs-1:0] in_valid_o,
  input  wire logic   [Inputs-1:0] in_ready_i,
  output logic      [8*Inputs-1:0] in_data_o,
  input  wire logic                out_valid_i,
  output logic                     out_ready_o,
  input  wire logic          [7:0] out_data_i,
  output logic               [3:0] out_channel_o,
  // Low while the design must be in reset.
  output logic                     design_rst_no,
  // High once the host has said hello.
  output logic                     met_o
);

  if (Inputs < 1 || Inputs > 16 || GapClocks < 1 || IdleClocks < 1) begin : gen_illegal
    $error("hw_link: 1 to 16 inputs, and pauses of a cycle or more");
  end

  localparam logic [7:0] KindExchange = 8'h01;
  localparam logic [7:0] KindHello    = 8'h02;
  localparam logic [7:0] KindTaken    = 8'h81;
  localparam logic [7:0] KindMet      = 8'h82;
  localparam logic [7:0] KindLost     = 8'h83;

  localparam logic [2:0] StListen  = 3'd0;
  localparam logic [2:0] StIdent   = 3'd1;
  localparam logic [2:0] StCollect = 3'd2;
  localparam logic [2:0] StStart   = 3'd3;
  localparam logic [2:0] StSend    = 3'd4;

  localparam int unsigned IdleBits = $clog2(IdleClocks + 1);
  typedef logic [IdleBits-1:0] idle_t;

  // --- Packets from the host ---------------------------------------------------------------------

  logic [2:0] state_q;
  logic       write, done, held, draining;
  logic [Inputs-1:0] addressed, busy;
  logic [7:0] write_address, write_data, kind, number, channels, most, received, length;

  // A board listens or answers, so one check serves both.
  logic       listening, rx_crc_clear, rx_crc_valid, tx_crc_clear, tx_crc_valid;
  logic [1:0] rx_crc_index, tx_crc_index;
  logic [7:0] crc_check;

  logic       rx_valid_q, unused_busy;
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
    .channels_o(channels),
    .most_o(most),
    .received_o(received),
    .length_o(length)
  );

  logic       met_q;
  logic [7:0] number_q;  // of the last packet that counted
  logic [7:0] waiting_q;  // bytes for the host that it has not said to have
  logic [7:0] remaining, remaining_q;  // of these, after this request
  logic       ahead, ahead_q;  // it says to have more than was sent
  logic       hello_q, exchange_q, same_q, follows_q;
  logic       hear, hello, exchange, again, next;

  assign {ahead, remaining} = {1'b0, waiting_q} - {1'b0, received};

  // The header is there long before its check, and what it is compared with does not change.
  always_ff @(posedge clk_i) begin
    ahead_q     <= ahead;
    remaining_q <= remaining;
    hello_q     <= (kind == KindHello);
    exchange_q  <= (kind == KindExchange);
    same_q      <= met_q && (number == number_q);
    follows_q   <= met_q && (number == number_q + 8'd1);
  end

  assign hear     = done && listening;
  assign hello    = hear && hello_q;
  assign exchange = hear && exchange_q;
  assign again    = exchange && same_q;
  assign next     = exchange && follows_q && !ahead_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni)    met_q <= 1'b0;
    else if (hello) met_q <= 1'b1;
    if (hello || next) number_q <= number;
  end

  assign met_o = met_q;

  // --- The design's reset ------------------------------------------------------------------------

  logic [3:0] reset_q;  // cycles of reset to come

  always_ff @(posedge clk_i) begin
    if (!rst_ni || hello)     reset_q <= 4'd15;
    else if (reset_q != 4'd0) reset_q <= reset_q - 4'd1;
  end

  assign design_rst_no = (reset_q == 4'd0);

  // --- Payloads to the design --------------------------------------------------------------------

  logic take;

  assign take     = next && !held && (length != 8'd0);
  assign draining = |(busy & addressed);

  // Bytes for an input that is not there are dropped.
  for (genvar i = 0; i < Inputs; i++) begin : gen_inputs
    assign addressed[i] = (channels[3:0] == 4'(i));

    hw_link_drain u_drain (
      .clk_i,
      .rst_ni(rst_ni && !hello),
      .write_i(write && addressed[i]),
      .address_i(write_address),
      .data_i(write_data),
      .take_i(take && addressed[i]),
      .length_i(length),
      .busy_o(busy[i]),
      .valid_o(in_valid_o[i]),
      .ready_i(in_ready_i[i]),
      .data_o(in_data_o[8*i +: 8])
    );
  end

  // --- Answers -----------------------------------------------------------------------------------

  // A ring: `waiting_q` bytes for the host from `first_q` on. None is sent as it is written.
  (* no_rw_check *) logic [7:0] out_memory [256];
  logic [7:0] first_q, last_q;
  logic [7:0] out_data_q, out_address, out_length_q;
  logic [7:0] taken_q;
  logic [3:0] sink_q;
  idle_t      idle_q;
  logic       met_kind_q, lost_q, collect, ident, enough_q, start, sending, settled_q;

  // A byte is collected in every second cycle, as the comparison comes a cycle after the count.
  assign ident       = (state_q == StIdent);
  assign collect     = (state_q == StCollect) && out_valid_i && settled_q && !enough_q;
  assign out_ready_o = collect;
  assign start       = (state_q == StStart);

  always_ff @(posedge clk_i) begin
    enough_q     <= (waiting_q >= most);
    settled_q    <= (state_q == StCollect) && !collect;
    out_length_q <= lost_q ? 8'd0 : enough_q ? most : waiting_q;
  end

  assign out_channel_o = sink_q;
  always_ff @(posedge clk_i) begin
    if (collect)    out_memory[last_q] <= out_data_i;
    else if (ident) out_memory[last_q] <= Ident[{last_q[2:0], 3'b000} +: 8];
    out_data_q <= out_memory[first_q + out_address];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StListen;
    end else begin
      case (state_q)
        StListen: begin
          if (hello)         state_q <= StIdent;
          else if (next)     state_q <= StCollect;
          else if (exchange) state_q <= StStart;
        end
        StIdent:   if (last_q == 8'd7) state_q <= StStart;
        StCollect: begin
          if (settled_q && (enough_q || (!out_valid_i && idle_q == '0))) state_q <= StStart;
        end
        StStart:   state_q <= StSend;
        default:   if (!sending) state_q <= StListen;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (hello) begin
      first_q   <= 8'd0;
      last_q    <= 8'd0;
      waiting_q <= 8'd0;
    end else if (next) begin
      first_q   <= first_q + received;
      waiting_q <= remaining_q;
    end else if (ident || collect) begin
      last_q    <= last_q + 8'd1;
      waiting_q <= waiting_q + 8'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (hello || next) begin
      met_kind_q <= hello;
      taken_q    <= (hello || held) ? 8'd0 : length;
      // Bytes of another output wait until those that are left have gone.
      if (hello || remaining_q == 8'd0) sink_q <= channels[7:4];
    end
    if (hear) lost_q <= exchange && !again && !next;
    if (next || collect)   idle_q <= idle_t'(IdleClocks);
    else if (idle_q != '0) idle_q <= idle_q - idle_t'(1);
  end

  hw_link_tx u_tx (
    .clk_i,
    .rst_ni,
    .start_i(start),
    .busy_o(sending),
    .kind_i(lost_q ? KindLost : met_kind_q ? KindMet : KindTaken),
    .sequence_i(number_q),
    .channels_i({sink_q, channels[3:0]}),
    .taken_i(taken_q),
    .received_i(8'h00),
    .length_i(out_length_q),
    .address_o(out_address),
    .payload_i(out_data_q),
    .valid_o(tx_valid_o),
    .ready_i(tx_ready_i),
    .data_o(tx_data_o),
    .crc_clear_o(tx_crc_clear),
    .crc_valid_o(tx_crc_valid),
    .crc_index_o(tx_crc_index),
    .crc_check_i(crc_check)
  );

endmodule

`default_nettype wire
