// Weighted sums over taps, for every channel with its own constant weights, all taps in one cycle.
//
// A pixel arrives as Depth words; each holds the taps of Pe channels, tap after tap: the input of
// channel p for tap t is at (t * Pe + p). Every word gives an output word of Pe sums. Row `word` of
// the weight memory holds the weight of channel p for tap t at (p * Taps + t).
//
// Or, with Depth = 1, a word holds Pixels pixels, one after the other; their lanes share weights.
// A vector of the output then is a row of the map in Words words. In the last of them only Tail
// lanes are in use, those of pixels behind the end are cleared; 0 where all words are full.
//
// Handshake: in0 by valid/ready; a word is started only while out_ok_i is high, nothing stalls
// behind out_start_o. Latency from out_start_o to out_valid_o, and the start of sums: see
// module hw_word_sums.

`default_nettype none

module hw_depthwise_parallel #(
  parameter int unsigned Pixels = 1,
  parameter int unsigned Pe = 1,
  parameter int unsigned Depth = 1,
  parameter int unsigned Words = 1,
  parameter int unsigned Tail = 0,
  parameter int unsigned Taps = 2,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter bit          Doubled = 1'b0,
  parameter int unsigned SumBits = 5,
  parameter int unsigned OutBits = 5,
  parameter int          Start = 0,
  parameter int unsigned StartBits = 0,
  parameter WeightFile = "",
  parameter StartFile = ""
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  // Input stream
  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Pixels*Taps*Pe*XBits-1:0] in0_data_i,
  // Output words
  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Pixels*Pe*OutBits-1:0] out_data_o
);

  if (Pixels < 1 || Pe < 1 || Depth < 1 || Taps < 1 || Group < 1) begin : gen_illegal
    $error("hw_depthwise_parallel: Pixels, Pe, Depth, Taps and Group must be at least 1");
  end
  if (Pixels > 1 && Depth > 1) begin : gen_illegal1
    $error("hw_depthwise_parallel: a word of several pixels holds all of their channels");
  end

  logic fire;
  logic [Pixels*Pe*Taps*XBits-1:0] operands;
  logic [Pixels*Pe*OutBits-1:0] sum;

  assign fire = in0_valid_i && out_ok_i;
  assign in0_ready_o = fire;
  assign out_start_o = fire;

  // Channel by channel.
  always_comb begin
    for (int unsigned q = 0; q < Pixels; q++) begin
      for (int unsigned p = 0; p < Pe; p++) begin
        for (int unsigned t = 0; t < Taps; t++) begin
          operands[((q*Pe + p)*Taps + t)*XBits +: XBits] =
              in0_data_i[((q*Taps + t)*Pe + p)*XBits +: XBits];
        end
      end
    end
  end

  hw_word_sums #(
    .Rows(Pixels*Pe), .WeightRows(Pe), .Terms(Taps), .Depth(Depth), .Encoding(Encoding),
    .Group(Group), .WBits(WBits), .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned),
    .ProductBits(ProductBits), .Doubled(Doubled), .SumBits(SumBits), .OutBits(OutBits),
    .Start(Start), .StartBits(StartBits), .WeightFile(WeightFile), .StartFile(StartFile)
  ) i_sums (
    .clk_i, .rst_ni, .valid_i(fire), .x_i(operands), .valid_o(out_valid_o), .sum_o(sum)
  );

  hw_tail_mask #(
    .Parallel(Pixels*Pe), .Width(OutBits), .Words(Words), .Tail(Tail)
  ) i_tail (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .data_i(sum), .data_o(out_data_o)
  );

endmodule

`default_nettype wire
