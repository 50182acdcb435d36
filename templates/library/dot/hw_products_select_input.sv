// First sums of dot products, weights added where the input is +1.
//
// x is a bipolar bit; a pair adds w when it is set. Dot product: 2 * sum - (sum of the weights).
//
// Rows share weights and inputs as in hw_dot; weight and input t of a row are at t in theirs. Sum s
// of row r, over pairs s * Group and the Group - 1 after it, is at [(r * Sums + s)] of first_o, in
// two's complement, and wraps at FirstBits. ProductBits is the width of what one pair adds.
// Latency: 1.

`default_nettype none

module hw_products_select_input #(
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 1,
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

  if (XBits != 1 || (Group != 1 && Group != ((Terms < 4) ? Terms : 4))) begin : gen_illegal
    $error("hw_products_select_input: inputs of one bit, one pair or four at a time");
  end

  function automatic logic signed [ProductBits-1:0] product(
    input logic [WBits-1:0] w, input logic [XBits-1:0] x
  );
    logic signed [ProductBits-1:0] wide_w;
    wide_w = ProductBits'($signed({WSigned & w[WBits-1], w}));
    product = wide_w & {ProductBits{x[0]}};
  endfunction

  function automatic logic [Terms*ProductBits-1:0] row_products(
    input logic [Terms*WBits-1:0] w, input logic [Terms*XBits-1:0] x
  );
    for (int unsigned t = 0; t < Terms; t++) begin
      row_products[t*ProductBits +: ProductBits] =
          product(w[t*WBits +: WBits], x[t*XBits +: XBits]);
    end
  endfunction

  (* use_dsp = "no" *) logic [Rows*Terms*ProductBits-1:0] products;

  // Rows stay a loop in the simulator, which else would become a program too large to compile soon.
  always_comb begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      products[r*Terms*ProductBits +: Terms*ProductBits] =
          row_products(w_i[(r % WeightRows)*Terms*WBits +: Terms*WBits],
                       x_i[(r / Sharing)*Terms*XBits +: Terms*XBits]);
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
  assign unused = &{1'b0, XSigned};

endmodule

`default_nettype wire
