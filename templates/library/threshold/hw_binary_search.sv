// Staircase by pipelined binary search: a threshold memory per level, one word per cycle.
//
// A row has 2**Levels - 1 limits, the greatest number for those that are never exceeded.
// LevelFiles names a file for each level, that of level 0 last and all names equally long; that of
// level l holds 2**l limits per row (see hw_search_level). OffsetFile holds, per lane, the output
// for a count of zero and above it a bit that says that the output falls with the count.
//
// Latency: Stages (see hw_search_level) for every level, and one.

`default_nettype none

module hw_binary_search #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned InWidth = 8,
  parameter bit InSigned = 1'b1,
  parameter int unsigned OutWidth = 3,
  parameter int unsigned Levels = 3,  // at most 16
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
  parameter int unsigned Stages = 1,
  parameter OffsetFile = "",
  parameter LevelFiles = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*InWidth-1:0]  data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  if (Levels < 1 || Levels > 16) begin : gen_illegal
    $error("hw_binary_search: there are 1 to 16 levels");
  end
  if (InWidth < 1 || OutWidth < 1) begin : gen_illegal1
    $error("hw_binary_search: widths must be at least 1");
  end

  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int unsigned LaneWidth = OutWidth + 1;
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;

  // Without any file, every name is an empty one.
  localparam int unsigned NameBits =
      ($bits(LevelFiles) >= 8 * Levels) ? 8 * ($bits(LevelFiles) / (8 * Levels)) : 8;
  localparam int unsigned AllBits = Levels * NameBits;
  localparam logic [AllBits-1:0] NAMES = AllBits'(LevelFiles);

  // What enters each level; entry Levels leaves the last one.
  logic [GroupBits-1:0]         group [Levels+1];
  logic [Parallel*InWidth-1:0]  data  [Levels+1];
  logic [Parallel*Levels-1:0]   path  [Levels+1];
  logic [RowWidth-1:0]          row, read_row;
  logic [Parallel*OutWidth-1:0] result_q;

  hw_group_counter #(.Groups(Groups)) u_group (
    .clk_i,
    .rst_ni,
    .step_i(valid_i),
    .group_o(group[0])
  );
  assign data[0] = data_i;
  assign path[0] = '0;

  for (genvar level = 0; level < Levels; level++) begin : gen_level
    localparam logic [NameBits-1:0] File = NAMES[level*NameBits +: NameBits];

    hw_search_level #(
      .Parallel(Parallel),
      .InWidth(InWidth),
      .InSigned(InSigned),
      .PathWidth(Levels),
      .Level(level),
      .Groups(Groups),
      .Shared(Shared),
      .Stages(Stages),
      .File(File)
    ) u_level (
      .clk_i,
      .group_i(group[level]),
      .data_i(data[level]),
      .path_i(path[level]),
      .group_o(group[level+1]),
      .data_o(data[level+1]),
      .path_o(path[level+1])
    );
  end

  // The offsets are read beside the last level and meet the complete path.
  hw_slice_rom #(
    .Depth(Groups),
    .Width(RowWidth),
    .File(OffsetFile)
  ) u_offsets (
    .clk_i,
    .addr_i(group[Levels-1]),
    .data_o(read_row)
  );

  if (Stages == 1 || Groups == 1) begin : gen_row_now
    assign row = read_row;
  end else begin : gen_row_later
    logic [RowWidth-1:0] rows_q [Stages-1];
    always_ff @(posedge clk_i) begin
      rows_q[0] <= read_row;
      for (int unsigned s = 1; s < Stages - 1; s++) rows_q[s] <= rows_q[s-1];
    end
    assign row = rows_q[Stages-2];
  end

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [LaneWidth-1:0] offset;
    logic [OutWidth-1:0] count;
    assign offset = row[(Shared ? 0 : lane)*LaneWidth +: LaneWidth];
    assign count = OutWidth'(path[Levels][lane*Levels +: Levels]);
    always_ff @(posedge clk_i) begin
      result_q[lane*OutWidth +: OutWidth] <=
          offset[OutWidth] ? offset[OutWidth-1:0] - count : offset[OutWidth-1:0] + count;
    end
  end

  logic unused;
  assign unused = &{1'b0, group[Levels], data[Levels]};

  hw_valid_pipe #(.Stages(Levels * Stages + 1)) u_valid (
    .clk_i,
    .rst_ni,
    .valid_i,
    .valid_o
  );
  hw_tail_mask #(
    .Parallel(Parallel),
    .Width(OutWidth),
    .Words(Words),
    .Tail(Tail)
  ) u_mask (
    .clk_i,
    .rst_ni,
    .valid_i(valid_o),
    .data_i(result_q),
    .data_o
  );

endmodule

`default_nettype wire
