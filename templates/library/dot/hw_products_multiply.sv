// First sums of dot products, products that DSP blocks can take.
//
// They are registered on their own (Group = 1). Dot product: the sum.
//
// Rows share weights and inputs as in hw_dot; weight and input t of a row are at t in theirs. Sum s
// of row r, over pairs s * Group and the Group - 1 after it, is at [(r * Sums + s)] of first_o, in
// two's complement, and wraps at FirstBits. ProductBits is the width of what one pair adds.
// Latency: 1.

`default_nettype none

module hw_products_multiply #(
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

  if (Group != 1) begin : gen_illegal
    $error("hw_products_multiply: products are registered one by one");
  end

  function automatic logic signed [ProductBits-1:0] product(
    input logic [WBits-1:0] w, input logic [XBits-1:0] x
  );
    logic signed [ProductBits-1:0] wide_w, wide_x;
    wide_w = ProductBits'($signed({WSigned & w[WBits-1], w}));
    wide_x = ProductBits'($signed({XSigned & x[XBits-1], x}));
    product = wide_w * wide_x;
  endfunction

  // Products that are not summed in their own cycle wrap at once.
  function automatic logic [Terms*FirstBits-1:0] row_products(
    input logic [Terms*WBits-1:0] w, input logic [Terms*XBits-1:0] x
  );
    for (int unsigned t = 0; t < Terms; t++) begin
      row_products[t*FirstBits +: FirstBits] =
          FirstBits'(product(w[t*WBits +: WBits], x[t*XBits +: XBits]));
    end
  endfunction

  (* use_dsp = "yes" *) logic [Rows*Terms*FirstBits-1:0] product_q;

  // Rows stay a loop in the simulator, which else would become a program too large to compile soon.
  always_ff @(posedge clk_i) begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      product_q[r*Terms*FirstBits +: Terms*FirstBits] <=
          row_products(w_i[(r % WeightRows)*Terms*WBits +: Terms*WBits],
                       x_i[(r / Sharing)*Terms*XBits +: Terms*XBits]);
    end
  end
  assign first_o = product_q;

endmodule

`default_nettype wire
