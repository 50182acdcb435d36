// Sends one packet in the format of `hw_link_rx`. It starts when `start_i` is high and `busy_o`
// low; the header must stay until `busy_o` falls. The payload is fetched from a memory that answers
// one cycle after its address.

`default_nettype none

module hw_link_tx (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  input  wire logic       start_i,
  output logic            busy_o,
  input  wire logic [7:0] kind_i,
  input  wire logic [7:0] sequence_i,
  input  wire logic [7:0] channels_i,
  input  wire logic [7:0] length_i,
  output logic      [7:0] address_o,
  input  wire logic [7:0] payload_i,
  output logic            valid_o,
  input  wire logic       ready_i,
  output logic      [7:0] data_o
);

  localparam logic [2:0] StSync     = 3'd0;
  localparam logic [2:0] StKind     = 3'd1;
  localparam logic [2:0] StSequence = 3'd2;
  localparam logic [2:0] StChannels = 3'd3;
  localparam logic [2:0] StLength   = 3'd4;
  localparam logic [2:0] StPayload  = 3'd5;
  localparam logic [2:0] StCheckHi  = 3'd6;
  localparam logic [2:0] StCheckLo  = 3'd7;

  logic        busy_q;
  logic        fetch_q;  // the memory answers in the next cycle
  logic  [2:0] state_q;
  logic  [7:0] count_q;
  logic [15:0] crc_q, crc;
  logic  [7:0] data;

  always_comb begin
    case (state_q)
      StSync:     data = 8'ha5;
      StKind:     data = kind_i;
      StSequence: data = sequence_i;
      StChannels: data = channels_i;
      StLength:   data = length_i;
      StPayload:  data = payload_i;
      StCheckHi:  data = crc_q[15:8];
      default:    data = crc_q[7:0];
    endcase
  end

  hw_crc16 u_crc (
    .crc_i(crc_q),
    .data_i(data),
    .crc_o(crc)
  );

  logic moves;
  assign valid_o   = busy_q && !fetch_q;
  assign moves     = valid_o && ready_i;
  assign data_o    = data;
  assign busy_o    = busy_q;
  assign address_o = count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
    end else if (!busy_q) begin
      busy_q <= start_i;
    end else if (moves && state_q == StCheckLo) begin
      busy_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!busy_q) begin
      state_q <= StSync;
      count_q <= 8'd0;
      fetch_q <= 1'b0;
    end else if (moves) begin
      fetch_q <= (state_q == StPayload);
      case (state_q)
        StLength:  state_q <= (length_i == 8'd0) ? StCheckHi : StPayload;
        StPayload: begin
          count_q <= count_q + 8'd1;
          if (count_q + 8'd1 == length_i) state_q <= StCheckHi;
        end
        default:   state_q <= state_q + 3'd1;
      endcase
    end else begin
      fetch_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (moves) begin
      if (state_q == StSync)         crc_q <= 16'hffff;
      else if (state_q != StCheckHi) crc_q <= crc;
    end
  end

endmodule

`default_nettype wire
