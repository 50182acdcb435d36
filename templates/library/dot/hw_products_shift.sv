// First sums of dot products, inputs shifted by weights that are sums of Powers powers of two.
//
// A weight has Powers terms side by side, term 0 lowest, of {negative, field} each. A field of zero
// is no term; else a term is 2**(Powers - 1 - its number + ~field), negated if negative, so that a
// field with all bits set is the least power of two. Dot product: the sum.
//
// The negative of an input is made once for all rows that share it, and a term is a choice between
// both and nothing, with a shifter behind.
//
// Rows share weights and inputs as in hw_dot; weight and input t of a row are at t in theirs. Sum s
// of row r, over pairs s * Group and the Group - 1 after it, is at [(r * Sums + s)] of first_o, in
// two's complement, and wraps at FirstBits. ProductBits is the width of what one pair adds.
// Latency: 1.

`default_nettype none

module hw_products_shift #(
  parameter int unsigned Powers = 1,
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 2 * Powers,
  parameter bit          WSigned = 1'b0,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter int unsigned FirstBits = 4
) (
  input  wire logic                              clk_i,
  input  wire logic [WeightRows*Terms*WBits-1:0] w_i,
  input  wire logic [Vectors*Terms*XBits-1:0]    x_i,
  output logic      [Rows*((Terms+Group-1)/Group)*FirstBits-1:0] first_o
);

  localparam int unsigned Sharing = Rows / Vectors;  // rows that share a vector

  if (Powers < 1 || WBits < 2 * Powers || WBits % Powers != 0) begin : gen_illegal
    $error("hw_products_shift: a term of a weight is a sign and a field");
  end
  if (Group != 1 && Group != ((Terms < 4) ? Terms : 4)) begin : gen_illegal1
    $error("hw_products_shift: one pair or four at a time");
  end

  localparam int unsigned TermBits = WBits / Powers;
  localparam int unsigned Field = TermBits - 1;
  localparam int unsigned XWide = XBits + 1;  // holds the negative, too

  function automatic logic [ProductBits-1:0] product(
    input logic [WBits-1:0] w, input logic [XWide-1:0] x, input logic [XWide-1:0] minus
  );
    logic [TermBits-1:0] part;
    logic signed [XWide-1:0] chosen;
    product = '0;
    for (int unsigned n = 0; n < Powers; n++) begin
      part = w[n*TermBits +: TermBits];
      chosen = (part[Field] ? minus : x) & {XWide{|part[Field-1:0]}};
      product = product
          + ((ProductBits'(chosen) << (Powers - 1 - n)) << (~part[Field-1:0]));
    end
  endfunction

  function automatic logic [Terms*ProductBits-1:0] row_products(
    input logic [Terms*WBits-1:0] w, input logic [Terms*XWide-1:0] x,
    input logic [Terms*XWide-1:0] minus
  );
    for (int unsigned t = 0; t < Terms; t++) begin
      row_products[t*ProductBits +: ProductBits] =
          product(w[t*WBits +: WBits], x[t*XWide +: XWide], minus[t*XWide +: XWide]);
    end
  endfunction

  logic [Vectors*Terms*XWide-1:0] wide;
  (* keep *) logic [Vectors*Terms*XWide-1:0] negative;  // once, and not in every row

  always_comb begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned t = 0; t < Vectors * Terms; t++) begin
      wide[t*XWide +: XWide] = {XSigned & x_i[t*XBits + XBits - 1], x_i[t*XBits +: XBits]};
      negative[t*XWide +: XWide] = -{XSigned & x_i[t*XBits + XBits - 1], x_i[t*XBits +: XBits]};
    end
  end

  (* use_dsp = "no" *) logic [Rows*Terms*ProductBits-1:0] products;

  // Rows stay a loop in the simulator, which else would become a program too large to compile soon.
  always_comb begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      products[r*Terms*ProductBits +: Terms*ProductBits] =
          row_products(w_i[(r % WeightRows)*Terms*WBits +: Terms*WBits],
                       wide[(r / Sharing)*Terms*XWide +: Terms*XWide],
                       negative[(r / Sharing)*Terms*XWide +: Terms*XWide]);
    end
  end

  hw_sum_level #(
    .Rows((Group == 1) ? Rows * Terms : Rows), .Terms((Group == 1) ? 1 : Terms),
    .InBits(ProductBits), .OutBits(FirstBits)
  ) i_first (
    .clk_i, .in_i(products), .sum_o(first_o)
  );

  // A parameter that other encodings need.
  logic unused;
  assign unused = &{1'b0, WSigned};

endmodule

`default_nettype wire
