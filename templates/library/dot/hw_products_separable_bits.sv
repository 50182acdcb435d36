// First sums of dot products, bipolar inputs by kernels of signs that are a column times a row.
//
// A pair is a code and the Side x Side inputs of a channel. The code is {sign of every row,
// pattern}, of Side and Side - 1 bits; a set bit is -1. All rows of the kernel are the same Side
// signs or their opposites: bit c of the pattern is the sign of column c + 1, and column 0 is +1
// or, where Side is odd, what makes the number of -1 even. A row counts the inputs that are +1
// times its pattern, and its complement is taken where the row is -1; a pair adds the counts of
// its rows.
// Dot product: 2 * sum - (number of inputs) - 2 * (2**n - 1 - Side) * (number of rows -1), where n
// is the width of a row's count.
//
// Rows share weights and inputs as in hw_dot. Code t of a row is at t of its own; input (row r,
// column c) of pair t is at ((r * Side + c) * Terms + t) of its vector. What pair t of row r adds
// is at [(r * Terms + t)] of first_o, in two's complement, and wraps at FirstBits.
// Latency: 1.

`default_nettype none

module hw_products_separable_bits #(
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 5,
  parameter bit          WSigned = 1'b0,
  parameter int unsigned XBits = 9,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 5,
  parameter int unsigned FirstBits = 5
) (
  input  wire logic                              clk_i,
  input  wire logic [WeightRows*Terms*WBits-1:0] w_i,
  input  wire logic [Vectors*Terms*XBits-1:0]    x_i,
  output logic      [Rows*((Terms+Group-1)/Group)*FirstBits-1:0] first_o
);

  localparam int unsigned Side = (WBits + 1) / 2;
  localparam int unsigned Sharing = Rows / Vectors;  // rows that share a vector

  if (WBits < 3 || WBits % 2 == 0 || XBits != Side * Side || Group != 1) begin : gen_illegal
    $error("hw_products_separable_bits: a code of 2 n - 1 bits, n x n bits, one pair at a time");
  end

  localparam int unsigned RowBits = $clog2(Side + 1);

  // Counts of three rows of three: full adders, whose sums do not depend on the pattern, because
  // its parity is even.
  function automatic logic [3:0] count_3(input logic [4:0] w, input logic [8:0] x);
    logic [2:0] odd, carry;
    logic [1:0] ones, twos;
    logic second, differ, both;
    for (int unsigned r = 0; r < 3; r++) begin
      odd[r] = x[3*r] ^ x[3*r + 1] ^ x[3*r + 2] ^ w[2 + r];
      second = x[3*r + 1] ^ w[0] ^ w[2 + r];
      // When the second and the third bit differ, the parity says what the first one is.
      differ = (x[3*r + 1] ^ x[3*r + 2]) ^ (w[0] ^ w[1]);
      carry[r] = differ ? ~odd[r] : second;
    end
    ones = {(odd[0] & odd[1]) | (odd[2] & (odd[0] ^ odd[1])), ^odd};
    twos = {(carry[0] & carry[1]) | (carry[2] & (carry[0] ^ carry[1])), ^carry};
    both = ones[1] & twos[0];
    count_3 = {twos[1] & both, twos[1] ^ both, ones[1] ^ twos[0], ones[0]};
  endfunction

  function automatic logic [ProductBits-1:0] count(
    input logic [WBits-1:0] w, input logic [XBits-1:0] x
  );
    logic [Side-1:0] pattern;
    logic [RowBits-1:0] found;
    pattern = {w[Side-2:0], (Side % 2 == 1) && (^w[Side-2:0])};
    count = '0;
    for (int unsigned r = 0; r < Side; r++) begin
      found = '0;
      for (int unsigned c = 0; c < Side; c++) begin
        found = found + RowBits'(x[r*Side + c] ^ pattern[c]);
      end
      count = count + ProductBits'(found ^ {RowBits{w[Side - 1 + r]}});
    end
  endfunction

  function automatic logic [Terms*ProductBits-1:0] row_counts(
    input logic [Terms*WBits-1:0] w, input logic [Terms*XBits-1:0] x
  );
    logic [XBits-1:0] inputs;
    for (int unsigned t = 0; t < Terms; t++) begin
      for (int unsigned i = 0; i < XBits; i++) inputs[i] = x[i*Terms + t];
      if (Side == 3) begin
        row_counts[t*ProductBits +: ProductBits] =
            ProductBits'(count_3(5'(w[t*WBits +: WBits]), 9'(inputs)));
      end else begin
        row_counts[t*ProductBits +: ProductBits] = count(w[t*WBits +: WBits], inputs);
      end
    end
  endfunction

  logic [Rows*Terms*ProductBits-1:0] counts;

  // Rows stay a loop in the simulator, which else would become a program too large to compile soon.
  always_comb begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      counts[r*Terms*ProductBits +: Terms*ProductBits] =
          row_counts(w_i[(r % WeightRows)*Terms*WBits +: Terms*WBits],
                     x_i[(r / Sharing)*Terms*XBits +: Terms*XBits]);
    end
  end

  hw_sum_level #(
    .Rows(Rows*Terms), .Terms(1), .InBits(ProductBits), .OutBits(FirstBits)
  ) i_first (
    .clk_i, .in_i(counts), .sum_o(first_o)
  );

  // Parameters that other encodings need.
  logic unused;
  assign unused = &{1'b0, WSigned, XSigned};

endmodule

`default_nettype wire
