// Product of two operands. data_i is {word of operand 1, word of operand 0}.
//
// A bipolar operand (bit 0 means -1) negates the other one; two of them are an xnor, and the result
// is bipolar. Otherwise the product is taken modulo 2**OutWidth.
//
// Latency: 2, or 1 with a bipolar operand.

`default_nettype none

module hw_product #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned OutWidth = 12,
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
    $error("hw_product: a bipolar operand has one bit");
  end
  if (Bipolar0 && Bipolar1 && OutWidth != 1) begin : gen_illegal1
    $error("hw_product: a bipolar result has one bit");
  end

  localparam int unsigned Stages = (Bipolar0 || Bipolar1) ? 1 : 2;

  logic [Parallel*OutWidth-1:0] result_q;

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [InWidth0-1:0] bits0;
    logic [InWidth1-1:0] bits1;
    logic signed [InWidth0:0] x0;
    logic signed [InWidth1:0] x1;

    assign bits0 = data_i[lane*InWidth0 +: InWidth0];
    assign bits1 = data_i[Parallel*InWidth0 + lane*InWidth1 +: InWidth1];
    assign x0 = {InSigned0 && bits0[InWidth0-1], bits0};
    assign x1 = {InSigned1 && bits1[InWidth1-1], bits1};

    if (Bipolar0 && Bipolar1) begin : gen_xnor
      logic unused;
      assign unused = &{1'b0, x0, x1};
      always_ff @(posedge clk_i) result_q[lane*OutWidth +: OutWidth] <= OutWidth'(bits0 ~^ bits1);
    end else if (Bipolar0) begin : gen_negate1
      logic unused;
      assign unused = &{1'b0, x0};
      always_ff @(posedge clk_i) begin
        result_q[lane*OutWidth +: OutWidth] <= bits0[0] ? OutWidth'(x1) : -(OutWidth'(x1));
      end
    end else if (Bipolar1) begin : gen_negate0
      logic unused;
      assign unused = &{1'b0, x1};
      always_ff @(posedge clk_i) begin
        result_q[lane*OutWidth +: OutWidth] <= bits1[0] ? OutWidth'(x0) : -(OutWidth'(x0));
      end
    end else begin : gen_multiply
      logic [OutWidth-1:0] product_q;
      always_ff @(posedge clk_i) begin
        product_q <= OutWidth'(x0) * OutWidth'(x1);
        result_q[lane*OutWidth +: OutWidth] <= product_q;
      end
    end
  end

  hw_valid_pipe #(.Stages(Stages)) u_valid (
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
