// Finds packets in a stream of bytes that may be damaged:
//
//   8'ha5, kind, sequence, channels, length, `length` bytes of payload, CRC-16 (high, low)
//
// The check covers everything after the first byte. A packet whose check fails is dropped. Inside
// a packet a pause of GapClocks ends it: a lost byte or a false start costs no more than that.
//
// The payload is written out as it arrives, before its check is known; `done_o` is high for one
// cycle when the packet was intact, and the header then stands on the outputs. While `hold_i` is
// high at the start of a payload, that payload is not written and `held_o` says so.

`default_nettype none

module hw_link_rx #(
  parameter int unsigned GapClocks = 4096
) (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  input  wire logic       valid_i,
  input  wire logic [7:0] data_i,
  input  wire logic       hold_i,
  output logic            write_o,
  output logic      [7:0] address_o,
  output logic      [7:0] data_o,
  output logic            done_o,
  output logic            held_o,
  output logic      [7:0] kind_o,
  output logic      [7:0] sequence_o,
  output logic      [7:0] channels_o,
  output logic      [7:0] length_o
);

  localparam int unsigned GapBits = $clog2(GapClocks + 1);
  typedef logic [GapBits-1:0] gap_t;

  localparam logic [7:0] SyncByte = 8'ha5;

  localparam logic [2:0] StSync     = 3'd0;
  localparam logic [2:0] StKind     = 3'd1;
  localparam logic [2:0] StSequence = 3'd2;
  localparam logic [2:0] StChannels = 3'd3;
  localparam logic [2:0] StLength   = 3'd4;
  localparam logic [2:0] StPayload  = 3'd5;
  localparam logic [2:0] StCheckHi  = 3'd6;
  localparam logic [2:0] StCheckLo  = 3'd7;

  logic  [2:0] state_q;
  logic [15:0] crc_q, crc;
  gap_t        gap_q;
  logic  [7:0] kind_q, sequence_q, channels_q, length_q, count_q;
  logic        held_q;

  hw_crc16 u_crc (
    .crc_i(crc_q),
    .data_i,
    .crc_o(crc)
  );

  logic pause;
  assign pause = (gap_q == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StSync;
    end else if (valid_i) begin
      case (state_q)
        StSync:     if (data_i == SyncByte) state_q <= StKind;
        StKind:     state_q <= StSequence;
        StSequence: state_q <= StChannels;
        StChannels: state_q <= StLength;
        StLength:   state_q <= (data_i == 8'd0) ? StCheckHi : StPayload;
        StPayload:  if (count_q + 8'd1 == length_q) state_q <= StCheckHi;
        StCheckHi:  state_q <= StCheckLo;
        default:    state_q <= StSync;
      endcase
    end else if (pause) begin
      state_q <= StSync;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i)     gap_q <= gap_t'(GapClocks);
    else if (!pause) gap_q <= gap_q - gap_t'(1);
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      crc_q <= (state_q == StSync) ? 16'hffff : crc;
      if (state_q == StKind)     kind_q     <= data_i;
      if (state_q == StSequence) sequence_q <= data_i;
      if (state_q == StChannels) channels_q <= data_i;
      if (state_q == StLength) begin
        length_q <= data_i;
        held_q   <= hold_i;
      end
      count_q <= (state_q == StPayload) ? count_q + 8'd1 : 8'd0;
    end
  end

  assign write_o   = valid_i && (state_q == StPayload) && !held_q;
  assign address_o = count_q;
  assign data_o    = data_i;

  assign done_o     = valid_i && (state_q == StCheckLo) && (crc == 16'h0000);
  assign held_o     = held_q;
  assign kind_o     = kind_q;
  assign sequence_o = sequence_q;
  assign channels_o = channels_q;
  assign length_o   = length_q;

endmodule

`default_nettype wire
