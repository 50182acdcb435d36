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
// behind out_start_o. Latency from out_start_o to out_valid_o: 2 cycles (operands, sums) plus the
// latency of hw_dot.
//
// A sum starts from the constant part of its dot product (see hw_dot): from Start, or with
// StartBits above zero from row `word` of the start memory, where channel p is at p. With Doubled
// the sums of hw_dot count twice.

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

  localparam int unsigned WordBits = (Depth > 1) ? $clog2(Depth) : 1;

  // ---- Control: every word is a step ----

  logic [WordBits-1:0] word_q;
  logic fire;

  assign fire = in0_valid_i && out_ok_i;
  assign in0_ready_o = fire;
  assign out_start_o = fire;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) word_q <= '0;
    else if (fire) word_q <= (word_q == WordBits'(Depth - 1)) ? '0 : word_q + 1'b1;
  end

  // ---- Operands, channel by channel; then dot products ----

  logic [Pe*Taps*WBits-1:0] weights;
  logic [Pixels*Taps*Pe*XBits-1:0] x_q;
  logic [Pixels*Pe*Taps*XBits-1:0] operands;
  logic [Pixels*Pe*SumBits-1:0] sum;

  hw_weight_rom #(
    .Width(Pe*Taps*WBits), .Depth(Depth), .AddressBits(WordBits), .WeightFile(WeightFile)
  ) i_weights (
    .clk_i, .addr_i(word_q), .data_o(weights)
  );

  always_ff @(posedge clk_i) x_q <= in0_data_i;

  always_comb begin
    for (int unsigned q = 0; q < Pixels; q++) begin
      for (int unsigned p = 0; p < Pe; p++) begin
        for (int unsigned t = 0; t < Taps; t++) begin
          operands[((q*Pe + p)*Taps + t)*XBits +: XBits] =
              x_q[((q*Taps + t)*Pe + p)*XBits +: XBits];
        end
      end
    end
  end

  hw_dot #(
    .Encoding(Encoding), .Rows(Pixels*Pe), .WeightRows(Pe), .Terms(Taps), .Group(Group),
    .WBits(WBits), .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned), .ProductBits(ProductBits),
    .SumBits(SumBits)
  ) i_dot (
    .clk_i, .w_i(weights), .x_i(operands), .sum_o(sum)
  );

  // Of hw_dot: the first sums, then a stage for every four that are left.
  localparam int unsigned DotStages = 1 + ($clog2((Taps + Group - 1) / Group) + 1) / 2;
  localparam int unsigned Delay = DotStages + 1;
  logic [Delay-1:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Delay-2:0], fire};
  end

  // ---- Sums; a start memory is read one cycle before its sum arrives ----

  logic [Pe*OutBits-1:0] start;
  logic [Pixels*Pe*OutBits-1:0] sum_q;

  if (StartBits > 0) begin : gen_starts
    logic [WordBits-1:0] start_addr_q;
    logic [Pe*StartBits-1:0] start_row;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) start_addr_q <= '0;
      else if (valid_q[Delay-2]) begin
        start_addr_q <= (start_addr_q == WordBits'(Depth - 1)) ? '0 : start_addr_q + 1'b1;
      end
    end

    hw_weight_rom #(
      .Width(Pe*StartBits), .Depth(Depth), .AddressBits(WordBits), .WeightFile(StartFile)
    ) i_starts (
      .clk_i, .addr_i(start_addr_q), .data_o(start_row)
    );

    always_comb begin
      for (int unsigned p = 0; p < Pe; p++) begin
        start[p*OutBits +: OutBits] = OutBits'($signed(start_row[p*StartBits +: StartBits]));
      end
    end
  end else begin : gen_constant
    assign start = {Pe{OutBits'(Start)}};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) out_valid_o <= 1'b0;
    else out_valid_o <= valid_q[Delay-1];
    for (int unsigned q = 0; q < Pixels; q++) begin
      for (int unsigned p = 0; p < Pe; p++) begin
        sum_q[(q*Pe + p)*OutBits +: OutBits] <= start[p*OutBits +: OutBits]
            + (OutBits'($signed(sum[(q*Pe + p)*SumBits +: SumBits])) << Doubled);
      end
    end
  end

  hw_tail_mask #(
    .Parallel(Pixels*Pe), .Width(OutBits), .Words(Words), .Tail(Tail)
  ) i_tail (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .data_i(sum_q), .data_o(out_data_o)
  );

endmodule

`default_nettype wire
