// First sums of dot products, products kept out of DSP blocks.
//
// Dot product: the sum.
//
// Rows share weights and inputs as in hw_dot; weight and input t of a row are at t in theirs. Sum s
// of row r, over pairs s * Group and the Group - 1 after it, is at [(r * Sums + s)] of first_o, in
// two's complement, and wraps at FirstBits. ProductBits is the width of what one pair adds.
// Latency: 1.

`default_nettype none

module hw_products_lut #(
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
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

  if (Group != 1 && Group != ((Terms < 4) ? Terms : 4)) begin : gen_illegal
    $error("hw_products_lut: one pair or four at a time");
  end

  // Numbers of the two factors, with a sign; of the one with fewer steps, two bits make a digit
  // from -2 to 2 (Booth), and every digit adds so many times the other one.
  localparam int unsigned WWide = WBits + (WSigned ? 0 : 1);
  localparam int unsigned XWide = XBits + (XSigned ? 0 : 1);
  localparam bit ByWeight = (WWide + 1) / 2 * (XWide + 3) <= (XWide + 1) / 2 * (WWide + 3);
  localparam int unsigned Digits = ((ByWeight ? WWide : XWide) + 1) / 2;
  localparam int unsigned Partial = (ByWeight ? XWide : WWide) + 2;

  // Up to six bits together are a table each; single bits only choose.
  localparam bit Direct = WBits + XBits <= 6 || WBits == 1 || XBits == 1;

  // One carry chain per digit. A negative multiple is the complement, and one more by a carry.
  function automatic logic [2*Digits+Partial-1:0] by_digits(
    input logic [2*Digits-1:0] digits, input logic [Partial-1:0] other
  );
    logic [2*Digits:0] bits;
    logic [2:0] digit;
    logic [Partial-1:0] multiple, sum;
    bits = {digits, 1'b0};
    by_digits = '0;
    for (int unsigned d = 0; d < Digits; d++) begin
      digit = bits[2*d +: 3];
      multiple = (other & {Partial{digit[1] ^ digit[0]}})
          | ((other << 1) & {Partial{(digit == 3'b011) || (digit == 3'b100)}});
      sum = Partial'(({by_digits[2*Digits +: Partial], 1'b1}
          + {multiple ^ {Partial{digit[2]}}, digit[2]}) >> 1);
      by_digits[2*d +: 2] = sum[1:0];
      by_digits[2*Digits +: Partial] = Partial'($signed(sum[Partial-1:2]));
    end
  endfunction

  function automatic logic signed [ProductBits-1:0] product(
    input logic [WBits-1:0] w, input logic [XBits-1:0] x
  );
    logic signed [WWide-1:0] wide_w;
    logic signed [XWide-1:0] wide_x;
    wide_w = WWide'($signed({WSigned & w[WBits-1], w}));
    wide_x = XWide'($signed({XSigned & x[XBits-1], x}));
    // A bit that is 0 or 1 only lets the other factor through, and no tool may multiply there.
    if (WBits == 1 && !WSigned) begin
      product = ProductBits'(wide_x) & {ProductBits{w[0]}};
    end else if (XBits == 1 && !XSigned) begin
      product = ProductBits'(wide_w) & {ProductBits{x[0]}};
    end else if (Direct) begin
      product = ProductBits'(wide_w) * ProductBits'(wide_x);
    end else if (ByWeight) begin
      product = ProductBits'($signed(by_digits((2*Digits)'(wide_w), Partial'(wide_x))));
    end else begin
      product = ProductBits'($signed(by_digits((2*Digits)'(wide_x), Partial'(wide_w))));
    end
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

endmodule

`default_nettype wire
