// First sums of dot products, numbers by kernels of signs that are a column times a row.
//
// A pair is a code and the Side x Side inputs of a channel, as in hw_products_separable_bits. The
// sum of each row of a vector's inputs with each pattern is made and registered once, for all rows
// of weights; a row of a kernel chooses one of them. Instead of -sum a row that is -1 adds ~sum.
// Dot product: sum + (number of rows -1).
//
// Rows share weights and inputs as in hw_dot. Code t of a row is at t of its own; input (row r,
// column c) of pair t is at ((r * Side + c) * Terms + t) of its vector. What pair t of row r adds
// is at [(r * Terms + t)] of first_o, in two's complement, and wraps at FirstBits.
// Latency: 2, and a cycle more where Side is above 4.

`default_nettype none

module hw_products_separable_sums #(
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 5,
  parameter bit          WSigned = 1'b0,
  parameter int unsigned XBits = 18,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 6,
  parameter int unsigned FirstBits = 6
) (
  input  wire logic                              clk_i,
  input  wire logic [WeightRows*Terms*WBits-1:0] w_i,
  input  wire logic [Vectors*Terms*XBits-1:0]    x_i,
  output logic      [Rows*((Terms+Group-1)/Group)*FirstBits-1:0] first_o
);

  localparam int unsigned Side = (WBits + 1) / 2;
  localparam int unsigned Sharing = Rows / Vectors;  // rows that share a vector

  if (WBits < 3 || WBits % 2 == 0 || XBits % (Side * Side) > 0 || Group != 1) begin : gen_illegal
    $error("hw_products_separable_sums: a code of 2 n - 1 bits, n x n inputs, one pair at a time");
  end

  localparam int unsigned Bits = XBits / (Side * Side);  // of an input
  localparam int unsigned Patterns = 1 << (Side - 1);
  localparam int unsigned Grown = Bits + $clog2(Side + 1) + (XSigned ? 0 : 1);
  localparam int unsigned RowBits = (Grown < ProductBits) ? Grown : ProductBits;
  localparam int unsigned Sums = Side * Patterns * RowBits;  // bits of them for a pair

  // ---- Sums of rows with every pattern ----

  logic [Vectors*Terms*Sums-1:0] sums, sums_q;
  logic [WeightRows*Terms*WBits-1:0] w_q;

  for (genvar t = 0; t < Vectors*Terms; t++) begin : gen_pair
    logic [RowBits-1:0] wide [Side*Side];

    for (genvar i = 0; i < Side*Side; i++) begin : gen_input
      logic [Bits-1:0] x;

      assign x = x_i[((t / Terms)*Terms*Side*Side + i*Terms + t % Terms)*Bits +: Bits];
      assign wide[i] = RowBits'($signed({XSigned & x[Bits-1], x}));
    end

    for (genvar r = 0; r < Side; r++) begin : gen_row
      for (genvar p = 0; p < Patterns; p++) begin : gen_pattern
        localparam logic [Side-1:0] Others = Side'(p << 1);
        localparam logic [Side-1:0] Pattern = Others | Side'((Side % 2 == 1) && (^Others));
        logic [RowBits-1:0] sum;

        always_comb begin
          sum = '0;
          for (int unsigned c = 0; c < Side; c++) begin
            sum = Pattern[c] ? sum - wide[r*Side + c] : sum + wide[r*Side + c];
          end
        end
        assign sums[(t*Side*Patterns + r*Patterns + p)*RowBits +: RowBits] = sum;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    sums_q <= sums;
    w_q <= w_i;
  end

  // ---- Choices ----

  function automatic logic [Terms*Side*RowBits-1:0] chosen(
    input logic [Terms*WBits-1:0] w, input logic [Terms*Sums-1:0] made
  );
    logic [WBits-1:0] code;
    logic [Patterns*RowBits-1:0] left;
    for (int unsigned t = 0; t < Terms; t++) begin
      code = w[t*WBits +: WBits];
      for (int unsigned r = 0; r < Side; r++) begin
        left = made[(t*Side + r)*Patterns*RowBits +: Patterns*RowBits];
        for (int unsigned level = Side - 1; level > 0; level--) begin
          if (code[level - 1]) left = left >> ((RowBits << level) / 2);
        end
        chosen[(t*Side + r)*RowBits +: RowBits] =
            left[RowBits-1:0] ^ {RowBits{code[Side - 1 + r]}};
      end
    end
  endfunction

  logic [Rows*Terms*Side*RowBits-1:0] rows;

  // Rows stay a loop in the simulator, which else would become a program too large to compile soon.
  always_comb begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      rows[r*Terms*Side*RowBits +: Terms*Side*RowBits] =
          chosen(w_q[(r % WeightRows)*Terms*WBits +: Terms*WBits],
                 sums_q[(r / Sharing)*Terms*Sums +: Terms*Sums]);
    end
  end

  hw_sum_tree #(
    .Rows(Rows*Terms), .Terms(Side), .InBits(RowBits), .OutBits(FirstBits)
  ) i_first (
    .clk_i, .in_i(rows), .out_o(first_o)
  );

  // Parameters that other encodings need.
  logic unused;
  assign unused = &{1'b0, WSigned};

endmodule

`default_nettype wire
