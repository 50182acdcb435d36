// Matrix-vector products with constant weights, all of several groups or pixels in every cycle.
//
// A word holds Groups vectors of Terms elements each; every vector is multiplied with the weights
// of its group, Rows sums of it leave. Every word gives one output word. With Pixels = 1, a pixel
// arrives as Words words, each with other groups: row `word` of the weight memory holds the weight
// of group g of the word, row m and element t at (g * Rows + m) * Terms + t.
//
// Or a word holds Pixels pixels with all of their groups, one after the other; their lanes share
// the only row of the weight memory. A row of the map has Words words then. In the last of them
// only Tail lanes of the output are in use, those of pixels behind the end are cleared; 0 where
// all words are full.
//
// Handshake: in0 by valid/ready; a word is started only while out_ok_i is high, nothing stalls
// behind out_start_o. Latency from out_start_o to out_valid_o, and the start of sums: see
// module hw_word_sums.

`default_nettype none

module hw_matmul_parallel #(
  parameter int unsigned Pixels = 1,
  parameter int unsigned Groups = 1,
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 1,
  parameter int unsigned Words = 1,
  parameter int unsigned Tail = 0,
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
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Pixels*Groups*Terms*XBits-1:0] in0_data_i,
  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Pixels*Groups*Rows*OutBits-1:0] out_data_o
);

  if (Pixels < 1 || Groups < 1 || Rows < 1 || Terms < 1 || Words < 1 || Group < 1)
  begin : gen_illegal
    $error("hw_matmul_parallel: Pixels, Groups, Rows, Terms, Words and Group must be at least 1");
  end
  if (Pixels == 1 && Tail > 0) begin : gen_illegal1
    $error("hw_matmul_parallel: words of a single pixel are full");
  end

  localparam int unsigned Sums = Groups * Rows;  // of a pixel

  logic fire;
  logic [Pixels*Sums*OutBits-1:0] sum;

  assign fire = in0_valid_i && out_ok_i;
  assign in0_ready_o = fire;
  assign out_start_o = fire;

  hw_word_sums #(
    .Rows(Pixels*Sums), .WeightRows(Sums), .Vectors(Pixels*Groups), .Terms(Terms),
    .Depth((Pixels > 1) ? 1 : Words), .Encoding(Encoding), .Group(Group), .WBits(WBits),
    .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned), .ProductBits(ProductBits),
    .Doubled(Doubled), .SumBits(SumBits), .OutBits(OutBits), .Start(Start),
    .StartBits(StartBits), .WeightFile(WeightFile), .StartFile(StartFile)
  ) i_sums (
    .clk_i, .rst_ni, .valid_i(fire), .x_i(in0_data_i), .valid_o(out_valid_o), .sum_o(sum)
  );

  hw_tail_mask #(
    .Parallel(Pixels*Sums), .Width(OutBits), .Words(Words), .Tail(Tail)
  ) i_tail (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .data_i(sum), .data_o(out_data_o)
  );

endmodule

`default_nettype wire
