// Finds packets in a stream of bytes that may be damaged:
//
//   8'ha5, kind, sequence, channels, most, received, length, `length` bytes of payload, CRC-32
//
// The check (see `hw_crc32`, lowest byte first) covers everything between the first byte and
// itself. A packet whose check fails is dropped. Inside a packet a pause of GapClocks ends it: a
// lost byte or a false start costs no more than that. Bytes come at least four cycles apart.
//
// The payload is written out as it arrives, before its check is known; `done_o` is high for one
// cycle, two after the last byte of an intact packet. The header then stands on the outputs, for as
// long as `listen_i` is low: nothing is received meanwhile, and the check can serve somebody else.
// While `hold_i` is high at the start of a payload, that payload is not written and `held_o` says
// so.

`default_nettype none

module hw_link_rx #(
  parameter int unsigned GapClocks = 4096
) (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  input  wire logic       listen_i,
  input  wire logic       valid_i,
  input  wire logic [7:0] data_i,
  input  wire logic       hold_i,
  // To and from `hw_crc32`.
  output logic            crc_clear_o,
  output logic            crc_valid_o,
  output logic      [1:0] crc_index_o,
  input  wire logic [7:0] crc_check_i,
  output logic            write_o,
  output logic      [7:0] address_o,
  output logic      [7:0] data_o,
  output logic            done_o,
  output logic            held_o,
  output logic      [7:0] kind_o,
  output logic      [7:0] sequence_o,
  output logic      [7:0] channels_o,
  output logic      [7:0] most_o,
  output logic      [7:0] received_o,
  output logic      [7:0] length_o
);

  if (GapClocks < 1) begin : gen_illegal
    $error("hw_link_rx: a pause lasts a cycle or more");
  end

  localparam int unsigned GapBits = $clog2(GapClocks + 1);
  typedef logic [GapBits-1:0] gap_t;

  localparam logic [7:0] SyncByte = 8'ha5;

  localparam logic [1:0] StSync    = 2'd0;
  localparam logic [1:0] StHeader  = 2'd1;
  localparam logic [1:0] StPayload = 2'd2;
  localparam logic [1:0] StCheck   = 2'd3;

  localparam logic [7:0] LastHeader = 8'd5;
  localparam logic [7:0] LastCheck  = 8'd3;

  logic [1:0] state_q;
  logic [7:0] count_q;  // bytes of this state that have come
  gap_t       gap_q;
  logic [7:0] kind_q, sequence_q, channels_q, most_q, received_q, length_q;
  logic       held_q;
  logic       wrong_q;  // a byte of the check was not the one expected
  logic       ends_q;   // the payload's last byte is next
  logic       checked_q, over_q;  // a byte of the check, and its last one, came a cycle ago
  logic       done_q;
  logic [7:0] expected_q, given_q;

  logic sync, header, payload, check, last_header;
  assign sync        = valid_i && (state_q == StSync);
  assign header      = valid_i && (state_q == StHeader);
  assign payload     = valid_i && (state_q == StPayload);
  assign check       = valid_i && (state_q == StCheck);
  assign last_header = header && (count_q == LastHeader);

  assign crc_clear_o = sync;
  assign crc_valid_o = header || payload;
  assign crc_index_o = count_q[1:0];

  logic pause;
  assign pause = (gap_q == '0);

  logic payload_ends, check_ends;
  assign payload_ends = payload && ends_q;
  assign check_ends   = check && (count_q == LastCheck);

  always_ff @(posedge clk_i) begin
    if (!rst_ni || !listen_i) begin
      state_q <= StSync;
    end else if (valid_i) begin
      if (sync && data_i == SyncByte) state_q <= StHeader;
      if (last_header)                state_q <= (data_i == 8'd0) ? StCheck : StPayload;
      if (payload_ends)               state_q <= StCheck;
      if (check_ends)                 state_q <= StSync;
    end else if (pause) begin
      state_q <= StSync;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i)     gap_q <= gap_t'(GapClocks);
    else if (!pause) gap_q <= gap_q - gap_t'(1);
  end

  always_ff @(posedge clk_i) begin
    if (sync || last_header || payload_ends) count_q <= 8'd0;
    else if (valid_i)                        count_q <= count_q + 8'd1;
  end

  always_ff @(posedge clk_i) begin
    if (header) begin
      case (count_q[2:0])
        3'd0:    kind_q     <= data_i;
        3'd1:    sequence_q <= data_i;
        3'd2:    channels_q <= data_i;
        3'd3:    most_q     <= data_i;
        3'd4:    received_q <= data_i;
        default: length_q   <= data_i;
      endcase
    end
    if (last_header) held_q <= hold_i;
  end

  // A byte is compared in the cycle after it came, so that neither the way to here nor that out of
  // the remainder counts.
  logic wrong;
  assign wrong = wrong_q || (checked_q && given_q != expected_q);

  always_ff @(posedge clk_i) begin
    ends_q     <= (count_q + 8'd1 == length_q);
    given_q    <= data_i;
    expected_q <= crc_check_i;
    checked_q  <= check;
    wrong_q    <= wrong && !sync;
    over_q     <= check_ends && rst_ni;
    done_q     <= over_q && !wrong;
  end

  assign write_o   = payload && !held_q;
  assign address_o = count_q;
  assign data_o    = data_i;

  assign done_o     = done_q;
  assign held_o     = held_q;
  assign kind_o     = kind_q;
  assign sequence_o = sequence_q;
  assign channels_o = channels_q;
  assign most_o     = most_q;
  assign received_o = received_q;
  assign length_o   = length_q;

endmodule

`default_nettype wire
