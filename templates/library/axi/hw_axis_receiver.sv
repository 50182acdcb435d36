// Brings frames from a byte-wide AXI4-Stream, such as that of a DMA engine, into a design.
//
// On the bus a frame is `Words` beats of `Bytes` bytes; its elements lie from bit 0 of each beat
// upwards. A gearbox (parameters as in `hw_gearbox`, input side the bus) cuts them into the words
// of the design, `OutFrame` of them a frame. tlast may come after any whole number of frames.
//
// A beat is an error when a byte that holds elements has no tkeep, or when its tlast is not at the
// end of a frame. The beat is used nevertheless; only a reset finds the frames again. All ports
// come from registers, except that tready_o is low during reset.

`default_nettype none

module hw_axis_receiver #(
  parameter int unsigned Bytes = 4,
  parameter int unsigned Words = 4,
  parameter int unsigned FullBytes = Bytes,  // bytes in use in a beat
  parameter int unsigned LastBytes = Bytes,  // in the last beat of a frame
  parameter int unsigned UnitWidth = 8,
  parameter int unsigned InUnits = 4,
  parameter int unsigned InLast = InUnits,
  parameter int unsigned InWords = 1,
  parameter int unsigned OutUnits = 1,
  parameter int unsigned OutLast = OutUnits,
  parameter int unsigned OutWords = 1,
  parameter int unsigned OutFrame = 16
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  // AXI4-Stream
  input  wire logic [8*Bytes-1:0]            tdata_i,
  input  wire logic [Bytes-1:0]              tkeep_i,
  input  wire logic                          tvalid_i,
  output logic                               tready_o,
  input  wire logic                          tlast_i,
  // words of the design
  output logic                               valid_o,
  input  wire logic                          ready_i,
  output logic      [OutUnits*UnitWidth-1:0] data_o,
  output logic                               last_o,
  // status: whole frames, cycles without a beat inside a frame, errors, inside a frame
  output logic      [31:0]                   frames_o,
  output logic      [31:0]                   starved_o,
  output logic      [31:0]                   errors_o,
  output logic                               inside_o
);

  if (LastBytes < 1 || LastBytes > Bytes || FullBytes < 1 || FullBytes > Bytes) begin : gen_illegal
    $error("hw_axis_receiver: a beat, also the last, has between 1 and all bytes in use");
  end
  if (Words < 1 || OutFrame < 1 || InUnits * UnitWidth > 8 * Bytes) begin : gen_illegal1
    $error("hw_axis_receiver: the elements of a beat must fit into its bytes");
  end

  localparam int unsigned InWidth = InUnits * UnitWidth;

  // ---------------------------------------------------------------- beats
  logic room, transfer, frame_last, frame_done, missing, error;

  assign tready_o = room && rst_ni;
  assign transfer = tvalid_i && tready_o;
  assign frame_done = transfer && frame_last;

  hw_axis_last #(
    .Words(Words)
  ) u_beat (
    .clk_i,
    .rst_ni,
    .transfer_i(transfer),
    .last_o(frame_last)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni)       inside_o <= 1'b0;
    else if (transfer) inside_o <= !frame_last;
  end

  assign missing = !(frame_last ? &tkeep_i[LastBytes-1:0] : &tkeep_i[FullBytes-1:0]);
  assign error = transfer && (missing || (tlast_i && !frame_last));

  if (FullBytes != Bytes) begin : gen_unused_keep
    logic unused;
    assign unused = &{1'b0, tkeep_i[Bytes-1:FullBytes]};
  end
  if (InWidth != 8 * Bytes) begin : gen_unused_data
    logic unused;
    assign unused = &{1'b0, tdata_i[8*Bytes-1:InWidth]};
  end

  // ---------------------------------------------------------------- words
  logic beat_valid, beat_ready;
  logic [InWidth-1:0] beat_data;

  hw_skid_buffer #(
    .Width(InWidth)
  ) u_skid (
    .clk_i,
    .rst_ni,
    .valid_i(transfer),
    .ready_o(room),
    .data_i(tdata_i[InWidth-1:0]),
    .valid_o(beat_valid),
    .ready_i(beat_ready),
    .data_o(beat_data)
  );

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
    .valid_i(beat_valid),
    .ready_o(beat_ready),
    .data_i(beat_data),
    .valid_o,
    .ready_i,
    .data_o
  );

  hw_axis_last #(
    .Words(OutFrame)
  ) u_word (
    .clk_i,
    .rst_ni,
    .transfer_i(valid_o && ready_i),
    .last_o
  );

  // ---------------------------------------------------------------- counters
  hw_event_counter u_frames (
    .clk_i,
    .rst_ni,
    .event_i(frame_done),
    .count_o(frames_o)
  );

  hw_event_counter u_starved (
    .clk_i,
    .rst_ni,
    .event_i(inside_o && tready_o && !tvalid_i),
    .count_o(starved_o)
  );

  hw_event_counter u_errors (
    .clk_i,
    .rst_ni,
    .event_i(error),
    .count_o(errors_o)
  );

endmodule

`default_nettype wire
