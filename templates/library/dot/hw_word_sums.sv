// Dot products of words with constant weights, all of a word in every cycle, and their starts.
//
// A word holds Vectors vectors of Terms elements each; Rows sums leave for it, Rows / Vectors of
// every vector. There are WeightRows rows of weights, which the rows of sums use again and again
// (see hw_dot). Word w of every Depth words takes row w of the weight memory, where weight t of
// row r is at (r * Terms + t).
//
// A word is taken in every cycle in which valid_i is high; nothing stalls. Latency from valid_i to
// valid_o: 2 cycles (operands, sums) plus the latency of hw_dot.
//
// A sum starts from the constant part of its dot product (see hw_dot): from Start, or with
// StartBits above zero from the start memory, where that of row r is at r of the word's row. With
// Doubled the sums of hw_dot count twice.

`default_nettype none

module hw_word_sums #(
  parameter int unsigned Rows = 1,
  parameter int unsigned WeightRows = Rows,
  parameter int unsigned Vectors = Rows,
  parameter int unsigned Terms = 1,
  parameter int unsigned Depth = 1,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter bit          Doubled = 1'b0,
  parameter int unsigned SumBits = 4,
  parameter int unsigned OutBits = 4,
  parameter int          Start = 0,
  parameter int unsigned StartBits = 0,
  parameter WeightFile = "",
  parameter StartFile = ""
) (
  input  wire logic                           clk_i,
  input  wire logic                           rst_ni,
  input  wire logic                           valid_i,
  input  wire logic [Vectors*Terms*XBits-1:0] x_i,
  output logic                                valid_o,
  output logic      [Rows*OutBits-1:0]        sum_o
);

  if (Terms < 1 || Depth < 1 || Group < 1 || OutBits < 1) begin : gen_illegal
    $error("hw_word_sums: Terms, Depth, Group and widths must be at least 1");
  end

  localparam int unsigned WordBits = (Depth > 1) ? $clog2(Depth) : 1;

  // ---- Operands and dot products ----

  logic [WordBits-1:0] word_q;
  logic [WeightRows*Terms*WBits-1:0] weights;
  logic [Vectors*Terms*XBits-1:0] x_q;
  logic [Rows*SumBits-1:0] sum;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) word_q <= '0;
    else if (valid_i) word_q <= (word_q == WordBits'(Depth - 1)) ? '0 : word_q + 1'b1;
    x_q <= x_i;
  end

  hw_weight_rom #(
    .Width(WeightRows*Terms*WBits), .Depth(Depth), .AddressBits(WordBits), .WeightFile(WeightFile)
  ) i_weights (
    .clk_i, .addr_i(word_q), .data_o(weights)
  );

  hw_dot #(
    .Encoding(Encoding), .Rows(Rows), .WeightRows(WeightRows), .Vectors(Vectors), .Terms(Terms),
    .Group(Group), .WBits(WBits), .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned),
    .ProductBits(ProductBits), .SumBits(SumBits)
  ) i_dot (
    .clk_i, .w_i(weights), .x_i(x_q), .sum_o(sum)
  );

  // Of hw_dot: the first sums, then a stage for every four that are left.
  localparam int unsigned RowStages =  // sums of rows, and where there are many, of four of them
      (Encoding != hw_encoding_pkg::SeparableSums) ? 0 : (WBits > 7) ? 2 : 1;
  localparam int unsigned DotStages = 1 + ($clog2((Terms + Group - 1) / Group) + 1) / 2 + RowStages;
  localparam int unsigned Delay = DotStages + 1;
  logic [Delay-1:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Delay-2:0], valid_i};
  end

  // ---- Sums; a start memory is read one cycle before its sum arrives ----

  logic [WeightRows*OutBits-1:0] start;

  if (StartBits > 0) begin : gen_starts
    logic [WordBits-1:0] start_addr_q;
    logic [WeightRows*StartBits-1:0] start_row;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) start_addr_q <= '0;
      else if (valid_q[Delay-2]) begin
        start_addr_q <= (start_addr_q == WordBits'(Depth - 1)) ? '0 : start_addr_q + 1'b1;
      end
    end

    hw_weight_rom #(
      .Width(WeightRows*StartBits), .Depth(Depth), .AddressBits(WordBits), .WeightFile(StartFile)
    ) i_starts (
      .clk_i, .addr_i(start_addr_q), .data_o(start_row)
    );

    always_comb begin
      for (int unsigned r = 0; r < WeightRows; r++) begin
        start[r*OutBits +: OutBits] = OutBits'($signed(start_row[r*StartBits +: StartBits]));
      end
    end
  end else begin : gen_constant
    assign start = {WeightRows{OutBits'(Start)}};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_o <= 1'b0;
    else valid_o <= valid_q[Delay-1];
    for (int unsigned r = 0; r < Rows; r++) begin
      sum_o[r*OutBits +: OutBits] <= start[(r % WeightRows)*OutBits +: OutBits]
          + (OutBits'($signed(sum[r*SumBits +: SumBits])) << Doubled);
    end
  end

endmodule

`default_nettype wire
