// Rows dot products of Terms pairs (w, x) each, in the arithmetic of an encoding of weights.
//
// The dot product is `sum_o * (1 or 2) + constant`, where the constant belongs to the weights; the
// modules hw_products_* say which for every encoding, and make the first sums of Group pairs.
//
// Rows may share weights and inputs: WeightRows rows of weights are used again and again, and each
// of Vectors vectors goes to as many rows in succession as the others, Sharing of them. So weight t
// of row r is at [(r % WeightRows) * Terms + t] of w_i, and input t at [(r / Sharing) * Terms + t]
// of x_i. sum_o is two's complement and wraps at SumBits. ProductBits is the width of what one pair
// adds, in two's complement.
// Latency: one cycle for the products and the first sums (two or three with SeparableSums), then
// that of hw_sum_tree. With Pack above one, rows share their inputs, and Pack of them a
// multiplication; that takes a cycle more, and weights are stored as hw_dot_packed says. With
// Later, the first sums pass another register.
// Purely a pipeline: one set of dot products per cycle, no handshake, no reset.

`default_nettype none

module hw_dot #(
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned Radix = 4,  // of hw_sum_tree
  parameter int unsigned Pack = 1,
  parameter bit          Later = 1'b0,  // not with Pack
  parameter int unsigned Overlap = 0,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter int unsigned SumBits = 4
) (
  input  wire logic                              clk_i,
  input  wire logic [WeightRows*Terms*WBits-1:0] w_i,
  input  wire logic [Vectors*Terms*XBits-1:0]    x_i,
  output logic      [Rows*SumBits-1:0]           sum_o
);

  if (Rows < 1 || Terms < 1 || Group < 1 || ProductBits < 1 || SumBits < 1) begin : gen_illegal
    $error("hw_dot: Rows, Terms, Group and widths must be at least 1");
  end
  if (WeightRows < 1 || Vectors < 1 || Rows % WeightRows + Rows % Vectors > 0) begin : gen_illegal1
    $error("hw_dot: rows share weights and inputs evenly");
  end

  if (Later && Pack > 1) begin : gen_illegal2
    $error("hw_dot: rows that share a multiplication have no register Later");
  end

  if (Pack > 1) begin : gen_packed
    hw_dot_packed #(
      .Rows(Rows), .Terms(Terms), .Pack(Pack), .Overlap(Overlap), .WBits(WBits), .XBits(XBits),
      .XSigned(XSigned), .ProductBits(ProductBits), .SumBits(SumBits)
    ) i_packed (
      .clk_i, .w_i, .x_i(x_i[Terms*XBits-1:0]), .sum_o
    );

    // Rows share their inputs.
    logic unused;
    assign unused = ^x_i;
  end else begin : gen_lanes
    localparam int unsigned Own = (Group < Terms) ? Group : Terms;
    localparam int unsigned Sums = (Terms + Own - 1) / Own;
    localparam int unsigned Grown = ProductBits + $clog2(Own);
    localparam int unsigned FirstBits = (Grown < SumBits) ? Grown : SumBits;

    logic [Rows*Sums*FirstBits-1:0] first, summed;

    hw_products #(
      .Encoding(Encoding), .Rows(Rows), .WeightRows(WeightRows), .Vectors(Vectors), .Terms(Terms),
      .Group(Own), .WBits(WBits), .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned),
      .ProductBits(ProductBits), .FirstBits(FirstBits)
    ) i_products (
      .clk_i, .w_i, .x_i, .first_o(first)
    );

    if (Later) begin : gen_later
      always_ff @(posedge clk_i) summed <= first;
    end else begin : gen_now
      assign summed = first;
    end

    hw_sum_tree #(
      .Rows(Rows), .Terms(Sums), .InBits(FirstBits), .OutBits(SumBits), .Radix(Radix)
    ) i_tree (
      .clk_i, .in_i(summed), .out_o(sum_o)
    );
  end

endmodule

`default_nettype wire
