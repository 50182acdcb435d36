// First sums of dot products, agreements of bits counted.
//
// w and x are bipolar bits; a pair counts 1 when the bits agree.
// Dot product: 2 * sum - (number of pairs). Other pairs must disagree.
//
// Pair t of row r is at [(r * Terms + t)] of w_i and x_i; sum s of row r, over pairs s * Group and
// the Group - 1 after it, is at [(r * Sums + s)] of first_o, in two's complement, and wraps at
// FirstBits. ProductBits is the width of what one pair adds. Latency: 1.

`default_nettype none

module hw_products_agree #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 1,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 1,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter int unsigned FirstBits = 4
) (
  input  wire logic                        clk_i,
  input  wire logic [Rows*Terms*WBits-1:0] w_i,
  input  wire logic [Rows*Terms*XBits-1:0] x_i,
  output logic      [Rows*((Terms+Group-1)/Group)*FirstBits-1:0] first_o
);

  if (WBits != 1 || XBits != 1) begin : gen_illegal
    $error("hw_products_agree: weights and inputs have one bit");
  end

  localparam int unsigned Sums = (Terms + Group - 1) / Group;
  localparam int unsigned Pairs = Sums * Group;
  logic [Rows*Sums*FirstBits-1:0] count_q;

  // The braces keep the xnor at its own width: a cast would widen its operands first, and the
  // padding bits would come out as ones.
  always_ff @(posedge clk_i) begin
    for (int unsigned r = 0; r < Rows; r++) begin
      for (int unsigned s = 0; s < Sums; s++) begin
        count_q[(r*Sums + s)*FirstBits +: FirstBits] <= FirstBits'($countones(
            Group'(Pairs'({w_i[r*Terms +: Terms] ~^ x_i[r*Terms +: Terms]}) >> (s * Group))));
      end
    end
  end
  assign first_o = count_q;

  // Parameters that other encodings need.
  logic unused;
  assign unused = &{1'b0, WSigned, XSigned, ProductBits[0]};

endmodule

`default_nettype wire
