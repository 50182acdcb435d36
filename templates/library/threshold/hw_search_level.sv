// One level of a pipelined binary search, for all lanes: reads the middle threshold, compares.
//
// path_i holds the Level decisions made so far, the last in the lowest bit; path_o, one cycle
// later, holds one more: 1 when x is greater than the limit found at {group, path}. A lane's limits
// are signed numbers of InWidth + 1 bits; Groups << Level rows, one slice per lane, one with
// Shared.
//
// Latency: 1 for every output.

`default_nettype none

module hw_search_level #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned InWidth = 8,
  parameter bit InSigned = 1'b1,
  parameter int unsigned PathWidth = 3,
  parameter int unsigned Level = 1,
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
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

  localparam int unsigned Depth = Groups << Level;
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned LimitWidth = InWidth + 1;

  logic [Parallel*PathWidth-1:0] path_q;

  always_ff @(posedge clk_i) begin
    group_o <= group_i;
    data_o <= data_i;
    path_q <= path_i;
  end

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [AddressBits-1:0] address;
    logic [LimitWidth-1:0] limit;
    logic signed [LimitWidth-1:0] x;
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
      .data_o(limit)
    );

    assign x = {InSigned && data_o[lane*InWidth+InWidth-1], data_o[lane*InWidth +: InWidth]};
    assign greater = x > $signed(limit);
    assign path_o[lane*PathWidth +: PathWidth] =
        PathWidth'({path_q[lane*PathWidth +: PathWidth], greater});
  end

endmodule

`default_nettype wire
