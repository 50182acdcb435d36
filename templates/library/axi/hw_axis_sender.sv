// Brings frames from a design to a byte-wide AXI4-Stream, such as that of a DMA engine.
//
// The counterpart of `hw_axis_receiver`: a gearbox (parameters as in `hw_gearbox`, output side the
// bus) cuts the design's words into beats of `Bytes` bytes, `Words` beats a frame; what holds no
// element is zero, and all bytes are kept. tlast ends every `packet_frames_i` frames (0 is 1). All
// ports come from registers, except that tvalid_o is low during reset.

`default_nettype none

module hw_axis_sender #(
  parameter int unsigned Bytes = 4,
  parameter int unsigned Words = 4,
  parameter int unsigned UnitWidth = 8,
  parameter int unsigned InUnits = 1,
  parameter int unsigned InLast = InUnits,
  parameter int unsigned InWords = 1,
  parameter int unsigned OutUnits = 4,
  parameter int unsigned OutLast = OutUnits,
  parameter int unsigned OutWords = 1
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  // words of the design
  input  wire logic                         valid_i,
  output logic                              ready_o,
  input  wire logic [InUnits*UnitWidth-1:0] data_i,
  // AXI4-Stream
  output logic      [8*Bytes-1:0]           tdata_o,
  output logic      [Bytes-1:0]             tkeep_o,
  output logic                              tvalid_o,
  input  wire logic                         tready_i,
  output logic                              tlast_o,
  // must not change while a beat waits
  input  wire logic [31:0]                  packet_frames_i,
  // status: whole frames, cycles in which a beat waits, inside a frame
  output logic      [31:0]                  frames_o,
  output logic      [31:0]                  blocked_o,
  output logic                              inside_o
);

  if (Words < 1 || Bytes < 1 || OutUnits * UnitWidth > 8 * Bytes) begin : gen_illegal
    $error("hw_axis_sender: the elements of a beat must fit into its bytes");
  end

  localparam int unsigned OutWidth = OutUnits * UnitWidth;

  // ---------------------------------------------------------------- words
  logic word_valid, word_ready, beat_valid;
  logic [OutWidth-1:0] word_data, beat_data;

  hw_axis_gearbox #(
    .UnitWidth(UnitWidth),
    .InUnits(InUnits),
    .InLast(InLast),
    .InWords(InWords),
    .OutUnits(OutUnits),
    .OutLast(OutLast),
    .OutWords(OutWords)
  ) u_gearbox (
    .clk_i,
    .rst_ni,
    .valid_i,
    .ready_o,
    .data_i,
    .valid_o(word_valid),
    .ready_i(word_ready),
    .data_o(word_data)
  );

  hw_skid_buffer #(
    .Width(OutWidth)
  ) u_skid (
    .clk_i,
    .rst_ni,
    .valid_i(word_valid),
    .ready_o(word_ready),
    .data_i(word_data),
    .valid_o(beat_valid),
    .ready_i(tready_i),
    .data_o(beat_data)
  );

  // ---------------------------------------------------------------- beats
  logic transfer, frame_last, packet_last;
  logic [31:0] sent_q;  // whole frames of this packet

  assign tvalid_o = beat_valid && rst_ni;
  assign tdata_o = (8 * Bytes)'(beat_data);
  assign tkeep_o = '1;
  assign transfer = tvalid_o && tready_i;

  hw_axis_last #(
    .Words(Words)
  ) u_beat (
    .clk_i,
    .rst_ni,
    .transfer_i(transfer),
    .last_o(frame_last)
  );

  // Greater, too: the setting may shrink inside a packet.
  assign packet_last = (33'(sent_q) + 33'd1 >= 33'(packet_frames_i));
  assign tlast_o = frame_last && packet_last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sent_q <= '0;
      inside_o <= 1'b0;
    end else if (transfer) begin
      inside_o <= !frame_last;
      if (frame_last) sent_q <= packet_last ? '0 : sent_q + 32'd1;
    end
  end

  // ---------------------------------------------------------------- counters
  hw_event_counter u_frames (
    .clk_i,
    .rst_ni,
    .event_i(transfer && frame_last),
    .count_o(frames_o)
  );

  hw_event_counter u_blocked (
    .clk_i,
    .rst_ni,
    .event_i(tvalid_o && !tready_i),
    .count_o(blocked_o)
  );

endmodule

`default_nettype wire
