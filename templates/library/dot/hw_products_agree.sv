// First sums of dot products, agreements of bits counted.
//
// w and x are bipolar bits; a pair counts 1 when the bits agree.
// Dot product: 2 * sum - (number of pairs). Other pairs must disagree.
//
// Of three pairs in a full adder, the sum bit is the parity of their six bits. Weights are stored
// such that it costs next to nothing: the parity of three weights stands in place of the first, and
// that of three inputs is the same for all rows. The adders of a group are cut from it in thirds,
// and up to two pairs are left over. Weights that are missing in the last group count as set. See
// `Agree.stored` in Python.
//
// Rows share weights and inputs as in hw_dot; weight and input t of a row are at t in theirs. Sum s
// of row r, over pairs s * Group and the Group - 1 after it, is at [(r * Sums + s)] of first_o, in
// two's complement, and wraps at FirstBits. ProductBits is the width of what one pair adds.
// Latency: 1.

`default_nettype none

module hw_products_agree #(
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 1,
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

  if (WBits != 1 || XBits != 1 || Group > 16) begin : gen_illegal
    $error("hw_products_agree: weights and inputs have one bit, at most 16 pairs at a time");
  end

  localparam int unsigned Sums = (Terms + Group - 1) / Group;
  localparam int unsigned Pairs = Sums * Group;
  localparam int unsigned Adders = Group / 3;
  localparam logic [15:0] First = 16'((1 << Adders) - 1);

  // How many of six bits are set. Each bit of the count is one table of six inputs; with tables of
  // four inputs, these are full adders. Carry chains would take more for counts so small.
  function automatic logic [2:0] count_6(input logic [5:0] bits);
    logic sum_a, sum_b, both, carry_a, carry_b;
    sum_a = bits[0] ^ bits[1] ^ bits[2];
    carry_a = (bits[0] & bits[1]) | (bits[2] & (bits[0] ^ bits[1]));
    sum_b = bits[3] ^ bits[4] ^ bits[5];
    carry_b = (bits[3] & bits[4]) | (bits[5] & (bits[3] ^ bits[4]));
    both = sum_a & sum_b;
    count_6 = {
      (carry_a & carry_b) | (both & (carry_a ^ carry_b)), carry_a ^ carry_b ^ both, sum_a ^ sum_b
    };
  endfunction

  // How many of a group of pairs agree, for weights as they are stored.
  function automatic logic [4:0] agreements(input logic [15:0] w, input logic [15:0] x);
    logic [15:0] second, third, left, odd;
    logic [2:0] ones, twos;
    logic to_fours, to_eights;
    second = ~(w ^ x) >> Adders;
    third = ~(w ^ x) >> 2*Adders;
    left = x ^ (x >> Adders) ^ (x >> 2*Adders);
    odd = w ^ left;
    // When the second and the third pair differ, the parity says what the first one is.
    twos = count_6(6'(((second & third) | ((second ^ third) & odd)) & First));
    ones = count_6(6'((~odd & First) | (third & ~First)));
    to_fours = ones[1] & twos[0];
    to_eights = (ones[2] & twos[1]) | (to_fours & (ones[2] ^ twos[1]));
    agreements = {
      twos[2] & to_eights, twos[2] ^ to_eights, ones[2] ^ twos[1] ^ to_fours, ones[1] ^ twos[0],
      ones[0]
    };
  endfunction

  // Places that have no pair are a weight that is set and an input that is not.
  function automatic logic [Sums*FirstBits-1:0] row_counts(
    input logic [Terms-1:0] w, input logic [Terms-1:0] x
  );
    logic [Pairs-1:0] wide_w, wide_x;
    logic [15:0] group_w, group_x;
    wide_w = '1;
    wide_w[Terms-1:0] = w;
    wide_x = '0;
    wide_x[Terms-1:0] = x;
    group_w = '1;
    group_x = '0;
    for (int unsigned s = 0; s < Sums; s++) begin
      group_w[Group-1:0] = wide_w[s*Group +: Group];
      group_x[Group-1:0] = wide_x[s*Group +: Group];
      row_counts[s*FirstBits +: FirstBits] = FirstBits'(agreements(group_w, group_x));
    end
  endfunction

  logic [Rows*Sums*FirstBits-1:0] count_q;

  // Rows stay a loop in the simulator, which else would become a program too large to compile soon.
  always_ff @(posedge clk_i) begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      count_q[r*Sums*FirstBits +: Sums*FirstBits] <=
          row_counts(w_i[(r % WeightRows)*Terms +: Terms], x_i[(r / Sharing)*Terms +: Terms]);
    end
  end
  assign first_o = count_q;

  // Parameters that other encodings need.
  logic unused;
  assign unused = &{1'b0, WSigned, XSigned, ProductBits[0]};

endmodule

`default_nettype wire
