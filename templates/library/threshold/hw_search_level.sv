// One level of a pipelined binary search, for all lanes: reads the middle threshold, compares.
//
// path_i holds the Level decisions made so far, the last in the lowest bit; path_o, Stages cycles
// later, holds one more: 1 when x is greater than the limit found at {group, path}. A lane's limits
// are signed numbers of InWidth + 1 bits; Groups << Level rows, one slice per lane, one with
// Shared.
//
// Latency: Stages for every output. One: the memory; two: the comparison ends in a register, too;
// three: what the memory gives passes another register in front of it.

`default_nettype none

module hw_search_level #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned InWidth = 8,
  parameter bit InSigned = 1'b1,
  parameter int unsigned PathWidth = 3,
  parameter int unsigned Level = 1,
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
  parameter int unsigned Stages = 1,
  parameter File = "",
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1
) (
  input  wire logic                          clk_i,
  input  wire logic [GroupBits-1:0]          group_i,
  input  wire logic [Parallel*InWidth-1:0]   data_i,
  input  wire logic [Parallel*PathWidth-1:0] path_i,
  output logic      [GroupBits-1:0]          group_o,
  output logic      [Parallel*InWidth-1:0]   data_o,
  output logic      [Parallel*PathWidth-1:0] path_o
);

  if (Level >= PathWidth) begin : gen_illegal
    $error("hw_search_level: PathWidth must hold Level + 1 decisions");
  end
  if (Stages < 1 || Stages > 3) begin : gen_illegal1
    $error("hw_search_level: one to three stages");
  end

  localparam int unsigned Depth = Groups << Level;
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned LimitWidth = InWidth + 1;

  // Beside what the memory gives, beside what is compared, and beside the decision.
  logic [GroupBits-1:0]           group_q, group_x;
  logic [Parallel*InWidth-1:0]    data_q, data_x;
  logic [Parallel*PathWidth-1:0]  path_q, path_x, path;
  logic [Parallel*LimitWidth-1:0] limits, limits_x;

  always_ff @(posedge clk_i) begin
    group_q <= group_i;
    data_q <= data_i;
    path_q <= path_i;
  end

  if (Stages > 2) begin : gen_later
    always_ff @(posedge clk_i) begin
      group_x <= group_q;
      data_x <= data_q;
      path_x <= path_q;
      limits_x <= limits;
    end
  end else begin : gen_now
    assign group_x = group_q;
    assign data_x = data_q;
    assign path_x = path_q;
    assign limits_x = limits;
  end

  if (Stages > 1) begin : gen_decided
    always_ff @(posedge clk_i) begin
      group_o <= group_x;
      data_o <= data_x;
      path_o <= path;
    end
  end else begin : gen_deciding
    assign group_o = group_x;
    assign data_o = data_x;
    assign path_o = path;
  end

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [AddressBits-1:0] address;
    logic signed [LimitWidth-1:0] x, limit;
    logic greater;

    assign address = (AddressBits'(group_i) << Level)
        | AddressBits'(path_i[lane*PathWidth +: PathWidth]);
    hw_slice_rom #(
      .Depth(Depth),
      .Width(LimitWidth),
      .Slices(Shared ? 1 : Parallel),
      .Slice(Shared ? 0 : lane),
      .File(File)
    ) u_limits (
      .clk_i,
      .addr_i(address),
      .data_o(limits[lane*LimitWidth +: LimitWidth])
    );

    assign x = {InSigned && data_x[lane*InWidth+InWidth-1], data_x[lane*InWidth +: InWidth]};
    assign limit = limits_x[lane*LimitWidth +: LimitWidth];
    assign greater = x > limit;
    assign path[lane*PathWidth +: PathWidth] =
        PathWidth'({path_x[lane*PathWidth +: PathWidth], greater});
  end

endmodule

`default_nettype wire
