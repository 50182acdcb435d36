// Table look-up by two operands: hw_table with the address {operand 1, operand 0} in every lane.
//
// data_i is {word of operand 1, word of operand 0}. One table serves all lanes.
//
// Latency: Stages, 1 or 2.

`default_nettype none

module hw_pair_table #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned InWidth0 = 3,
  parameter int unsigned InWidth1 = 2,
  parameter int unsigned OutWidth = 8,
  parameter int unsigned Stages = 1,
  parameter TableFile = ""
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_ni,
  input  wire logic                                    valid_i,
  input  wire logic [Parallel*(InWidth0+InWidth1)-1:0] data_i,
  output logic                                         valid_o,
  output logic      [Parallel*OutWidth-1:0]            data_o
);

  if (InWidth0 < 1 || InWidth1 < 1) begin : gen_illegal
    $error("hw_pair_table: widths must be at least 1");
  end

  localparam int unsigned PairWidth = InWidth0 + InWidth1;
  logic [Parallel*PairWidth-1:0] pairs;

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    assign pairs[lane*PairWidth +: PairWidth] = {
      data_i[Parallel*InWidth0 + lane*InWidth1 +: InWidth1],
      data_i[lane*InWidth0 +: InWidth0]
    };
  end

  hw_table #(
    .Parallel(Parallel),
    .Words(Words),
    .Tail(Tail),
    .InWidth(PairWidth),
    .OutWidth(OutWidth),
    .Groups(1),
    .Shared(1'b1),
    .Stages(Stages),
    .TableFile(TableFile)
  ) u_table (
    .clk_i,
    .rst_ni,
    .valid_i,
    .data_i(pairs),
    .valid_o,
    .data_o
  );

endmodule

`default_nettype wire
