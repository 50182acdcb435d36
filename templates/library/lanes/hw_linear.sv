// Weighted sum of one or two operands with constant factors: z = +-Factor0 * x0 +- Factor1 * x1 +
// Offset.
//
// Arithmetic is modulo 2**OutWidth. data_i is {word of operand 1, word of operand 0}.
//
// Latency: Stages, 1 to 3 (with 2 the products are registered, with 3 twice).

`default_nettype none

module hw_linear #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned Operands = 2,
  parameter int unsigned OutWidth = 10,
  parameter int unsigned InWidth0 = 8,
  parameter bit InSigned0 = 1'b1,
  parameter logic [OutWidth-1:0] Factor0 = 3,
  parameter bit Negate0 = 1'b0,
  parameter int unsigned InWidth1 = 6,
  parameter bit InSigned1 = 1'b0,
  parameter logic [OutWidth-1:0] Factor1 = 1,
  parameter bit Negate1 = 1'b1,
  parameter logic [OutWidth-1:0] Offset = 0,
  parameter int unsigned Stages = 2,
  localparam int unsigned LaneBits = InWidth0 + ((Operands > 1) ? InWidth1 : 0)
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*LaneBits-1:0] data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  if (Operands < 1 || Operands > 2 || Stages < 1 || Stages > 3) begin : gen_illegal
    $error("hw_linear: there are 1 or 2 operands, and 1 to 3 stages");
  end
  if (InWidth0 < 1 || InWidth1 < 1 || OutWidth < 1) begin : gen_illegal1
    $error("hw_linear: widths must be at least 1");
  end

  logic [Parallel*OutWidth-1:0] result_q;

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic signed [InWidth0:0] x0;
    logic [OutWidth-1:0] product0, product1, term0, term1;

    assign x0 = {
      InSigned0 && data_i[lane*InWidth0+InWidth0-1], data_i[lane*InWidth0 +: InWidth0]
    };
    // A bit that is 0 or 1 only lets the factor through, and no tool may multiply there.
    assign product0 = (InWidth0 == 1 && !InSigned0) ? Factor0 & {OutWidth{x0[0]}}
        : OutWidth'(x0) * Factor0;

    if (Operands > 1) begin : gen_second
      localparam int unsigned First = Parallel * InWidth0 + lane * InWidth1;
      logic signed [InWidth1:0] x1;
      assign x1 = {InSigned1 && data_i[First+InWidth1-1], data_i[First +: InWidth1]};
      assign product1 = (InWidth1 == 1 && !InSigned1) ? Factor1 & {OutWidth{x1[0]}}
          : OutWidth'(x1) * Factor1;
    end else begin : gen_no_second
      assign product1 = '0;
    end

    if (Stages > 2) begin : gen_registers
      logic [OutWidth-1:0] product0_q, product1_q;
      always_ff @(posedge clk_i) begin
        product0_q <= product0;
        product1_q <= product1;
        term0 <= product0_q;
        term1 <= product1_q;
      end
    end else if (Stages > 1) begin : gen_register
      always_ff @(posedge clk_i) begin
        term0 <= product0;
        term1 <= product1;
      end
    end else begin : gen_wire
      assign term0 = product0;
      assign term1 = product1;
    end

    always_ff @(posedge clk_i) begin
      result_q[lane*OutWidth +: OutWidth] <=
          (Negate0 ? -term0 : term0) + (Negate1 ? -term1 : term1) + Offset;
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
