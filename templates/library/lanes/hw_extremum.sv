// The greater (Greatest = 1) or the smaller of two operands.
//
// data_i is {word of operand 1, word of operand 0}. A bipolar operand (bit 0 means -1) is compared
// as -1 or 1; give two of them as plain bits.
//
// Latency: 1.

`default_nettype none

module hw_extremum #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned OutWidth = 6,
  parameter bit Greatest = 1'b1,
  parameter int unsigned InWidth0 = 6,
  parameter bit InSigned0 = 1'b1,
  parameter bit Bipolar0 = 1'b0,
  parameter int unsigned InWidth1 = 5,
  parameter bit InSigned1 = 1'b0,
  parameter bit Bipolar1 = 1'b0
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_ni,
  input  wire logic                                    valid_i,
  input  wire logic [Parallel*(InWidth0+InWidth1)-1:0] data_i,
  output logic                                         valid_o,
  output logic      [Parallel*OutWidth-1:0]            data_o
);

  if ((Bipolar0 && InWidth0 != 1) || (Bipolar1 && InWidth1 != 1)) begin : gen_illegal
    $error("hw_extremum: a bipolar operand has one bit");
  end
  if (Bipolar0 && Bipolar1) begin : gen_illegal1
    $error("hw_extremum: two bipolar operands are given as plain bits");
  end

  // Holds either operand and the result.
  localparam int unsigned Wider = (InWidth0 > InWidth1) ? InWidth0 : InWidth1;
  localparam int unsigned Width = ((Wider > OutWidth) ? Wider : OutWidth) + 1;

  logic [Parallel*OutWidth-1:0] result_q;

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [InWidth0-1:0] bits0;
    logic [InWidth1-1:0] bits1;
    logic signed [InWidth0:0] narrow0;
    logic signed [InWidth1:0] narrow1;
    logic signed [Width-1:0] x0, x1;

    assign bits0 = data_i[lane*InWidth0 +: InWidth0];
    assign bits1 = data_i[Parallel*InWidth0 + lane*InWidth1 +: InWidth1];
    assign narrow0 = {InSigned0 && bits0[InWidth0-1], bits0};
    assign narrow1 = {InSigned1 && bits1[InWidth1-1], bits1};
    // 2 * p - 1 for a bipolar bit p.
    assign x0 = Bipolar0 ? {{(Width-1){!bits0[0]}}, 1'b1} : Width'(narrow0);
    assign x1 = Bipolar1 ? {{(Width-1){!bits1[0]}}, 1'b1} : Width'(narrow1);
    always_ff @(posedge clk_i) begin
      result_q[lane*OutWidth +: OutWidth] <=
          ((x0 > x1) == Greatest) ? x0[OutWidth-1:0] : x1[OutWidth-1:0];
    end
  end

  hw_valid_pipe #(.Stages(1)) u_valid (
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
