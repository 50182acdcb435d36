// Rows dot products of Terms pairs (w, x) each, in the arithmetic that the number formats allow.
//
// The dot product is `sum_o * (1 or 2) + constant`, where the constant belongs to the weights:
//
// Style 0, agree:    w and x are bipolar bits; a pair counts 1 when the bits agree.
//                    Dot product: 2 * sum_o - (number of pairs). Other pairs must disagree.
// Style 1, select w: w is bipolar (WBits = 1), or -1, 0 or +1 (WBits = 2). Instead of -x, which is
//                    ~x + 1, a pair adds ~x. Dot product: sum_o + (number of weights -1).
// Style 2, select x: x is a bipolar bit; a pair adds w when it is set.
//                    Dot product: 2 * sum_o - (sum of the weights).
// Style 3, lut:      products, kept out of DSP blocks. Dot product: sum_o.
// Style 4, multiply: products registered on their own, so that DSP blocks can take them.
//
// Pair t of row r is at [(r * Terms + t)] of w_i and x_i. sum_o is two's complement and wraps at
// SumBits. ProductBits is the width of what one pair adds, in two's complement (2 for style 0).
// Latency: one cycle for the products and the first sums of `Group` pairs, then hw_sum_tree.
// Rows stay a loop in the simulator, which else would become a program too large to compile soon.
// Purely a pipeline: one set of dot products per cycle, no handshake, no reset.

`default_nettype none

module hw_dot #(
  parameter int unsigned Style = 4,
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 1,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter int unsigned SumBits = 4
) (
  input  wire logic                        clk_i,
  input  wire logic [Rows*Terms*WBits-1:0] w_i,
  input  wire logic [Rows*Terms*XBits-1:0] x_i,
  output logic      [Rows*SumBits-1:0]     sum_o
);

  if (Style > 4) begin : gen_illegal
    $error("hw_dot: there are styles 0 to 4");
  end
  if (Rows < 1 || Terms < 1 || ProductBits < 1 || SumBits < 1) begin : gen_illegal1
    $error("hw_dot: Rows, Terms and widths must be at least 1");
  end
  if ((Style == 0 && (WBits != 1 || XBits != 1)) || (Style == 1 && WBits > 2)
      || (Style == 2 && XBits != 1)) begin : gen_illegal2
    $error("hw_dot: the style takes no weights or inputs of this width");
  end

  localparam int unsigned Wished = (Style == 0) ? 16 : (Style == 4) ? 1 : 4;
  localparam int unsigned Group = (Wished < Terms) ? Wished : Terms;
  localparam int unsigned Sums = (Terms + Group - 1) / Group;
  localparam int unsigned Grown = ProductBits + $clog2(Group);
  localparam int unsigned FirstBits = (Grown < SumBits) ? Grown : SumBits;

  // What one pair adds, for every style but the first.
  function automatic logic signed [ProductBits-1:0] product(
    input logic [WBits-1:0] w, input logic [XBits-1:0] x
  );
    logic signed [ProductBits-1:0] wide_w, wide_x;
    wide_w = ProductBits'($signed({WSigned & w[WBits-1], w}));
    wide_x = ProductBits'($signed({XSigned & x[XBits-1], x}));
    if (Style == 1) begin
      // Bit 0 of -1 and +1 is set; a bipolar weight has no bit for zero, and -1 is 0.
      if (WBits == 1) product = wide_x ^ {ProductBits{~w[0]}};
      else product = (wide_x & {ProductBits{w[0]}}) ^ {ProductBits{w[WBits-1]}};
    end else if (Style == 2) begin
      product = wide_w & {ProductBits{x[0]}};
    end else begin
      product = wide_w * wide_x;
    end
  endfunction

  // The products of one row; those that are not summed in their own cycle wrap at once.
  localparam int unsigned TermBits = (Style == 4) ? FirstBits : ProductBits;
  function automatic logic [Terms*TermBits-1:0] row_products(
    input logic [Terms*WBits-1:0] w, input logic [Terms*XBits-1:0] x
  );
    for (int unsigned t = 0; t < Terms; t++) begin
      row_products[t*TermBits +: TermBits] =
          TermBits'(product(w[t*WBits +: WBits], x[t*XBits +: XBits]));
    end
  endfunction

  logic [Rows*Sums*FirstBits-1:0] first;

  if (Style == 0) begin : gen_agree
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
    assign first = count_q;
  end else if (Style == 4) begin : gen_multiply
    (* use_dsp = "yes" *) logic [Rows*Sums*FirstBits-1:0] product_q;

    always_ff @(posedge clk_i) begin
      /* verilator unroll_disable */
      for (int unsigned r = 0; r < Rows; r++) begin
        product_q[r*Terms*TermBits +: Terms*TermBits] <=
            row_products(w_i[r*Terms*WBits +: Terms*WBits], x_i[r*Terms*XBits +: Terms*XBits]);
      end
    end
    assign first = product_q;
  end else begin : gen_logic
    (* use_dsp = "no" *) logic [Rows*Terms*ProductBits-1:0] products;

    always_comb begin
      /* verilator unroll_disable */
      for (int unsigned r = 0; r < Rows; r++) begin
        products[r*Terms*TermBits +: Terms*TermBits] =
            row_products(w_i[r*Terms*WBits +: Terms*WBits], x_i[r*Terms*XBits +: Terms*XBits]);
      end
    end

    hw_sum_level #(
      .Rows(Rows), .Terms(Terms), .InBits(ProductBits), .OutBits(FirstBits)
    ) i_first (
      .clk_i, .in_i(products), .sum_o(first)
    );
  end

  hw_sum_tree #(
    .Rows(Rows), .Terms(Sums), .InBits(FirstBits), .OutBits(SumBits)
  ) i_tree (
    .clk_i, .in_i(first), .out_o(sum_o)
  );

endmodule

`default_nettype wire
