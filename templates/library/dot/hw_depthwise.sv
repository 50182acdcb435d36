// Weighted sums over taps, for every channel with its own constant weights, Pe channels at a time.
//
// A pixel arrives as Taps vectors of Words words of Pe channels each; every step takes one word.
// The sums of all channels are kept; the steps of the last tap start one output word each. So a
// pixel takes Taps * Words cycles and pixels follow each other without a gap. Row
// tap * Words + word of the weight memory holds the weight of lane p at p; with Shared, row tap
// does, for all words.
//
// Handshake: in0 by valid/ready; a word is started only while out_ok_i is high, nothing stalls
// behind out_start_o. Latency from out_start_o to out_valid_o: Operands cycles and two (products,
// sums). With Operands = 2, what the weight memory gives passes another register.
//
// A sum starts from the constant part of its dot product (see hw_dot): from Start, or with
// StartBits above zero from row `word` of the start memory, where lane p is at p. With Doubled the
// sums of hw_dot count twice.
//
// With CodeBits, a weight is stored as a place in the code book; see hw_codebook.
//
// Only in the last word of a vector may fewer lanes than Pe be meaningful. Lanes from KeptLanes on,
// which make something of inputs that are zero, are cleared then.

`default_nettype none

module hw_depthwise #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Words = 1,
  parameter int unsigned Taps = 2,
  parameter int unsigned KeptLanes = 1,
  parameter int unsigned Operands = 1,
  parameter bit          Shared = 1'b0,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned CodeBits = 0,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter bit          Doubled = 1'b0,
  parameter int unsigned OutBits = 5,
  parameter int          Start = 0,
  parameter int unsigned StartBits = 0,
  parameter WeightFile = "",
  parameter CodeFile = "",
  parameter StartFile = ""
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  // Input stream
  input  wire logic                  in0_valid_i,
  output logic                       in0_ready_o,
  input  wire logic [Pe*XBits-1:0]   in0_data_i,
  // Output words
  input  wire logic                  out_ok_i,
  output logic                       out_start_o,
  output logic                       out_valid_o,
  output logic      [Pe*OutBits-1:0] out_data_o
);

  if (Pe < 1 || Words < 1 || Taps < 1) begin : gen_illegal
    $error("hw_depthwise: Pe, Words and Taps must be at least 1");
  end
  if (KeptLanes < 1 || KeptLanes > Pe) begin : gen_illegal1
    $error("hw_depthwise: between 1 and Pe lanes are kept");
  end
  if (Operands < 1 || Operands > 2) begin : gen_illegal2
    $error("hw_depthwise: one or two registers for operands");
  end

  localparam int unsigned StoredBits = (CodeBits > 0) ? CodeBits : WBits;
  localparam int unsigned Depth = Shared ? Taps : Taps * Words;
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned TapBits = (Taps > 1) ? $clog2(Taps) : 1;
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1;

  // ---- Control: which word of which tap, and whether it is taken in this cycle ----

  logic [WordBits-1:0] word_q;
  logic [TapBits-1:0] tap_q;
  logic [AddressBits-1:0] addr_q;
  logic last_word, first_tap, last_tap, fire;

  assign last_word = word_q == WordBits'(Words - 1);
  assign first_tap = tap_q == '0;
  assign last_tap = tap_q == TapBits'(Taps - 1);
  assign fire = in0_valid_i && (!last_tap || out_ok_i);
  assign in0_ready_o = fire;
  assign out_start_o = fire && last_tap;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q <= '0;
      tap_q <= '0;
      addr_q <= '0;
    end else if (fire) begin
      word_q <= last_word ? '0 : word_q + 1'b1;
      if (last_word) tap_q <= last_tap ? '0 : tap_q + 1'b1;
      if (!Shared || last_word) begin
        addr_q <= (addr_q == AddressBits'(Depth - 1)) ? '0 : addr_q + 1'b1;
      end
    end
  end

  // ---- Operands, then products; the flags of a step travel alongside (`2` is a stage later) ----

  localparam int unsigned TermBits = (ProductBits < OutBits) ? ProductBits : OutBits;
  logic [Pe*StoredBits-1:0] stored;
  logic [Pe*WBits-1:0] weights, w_operands;
  logic [Pe*XBits-1:0] x_q, x;
  logic [Pe*TermBits-1:0] product;
  logic [WordBits-1:0] index_q, index_q2;
  logic valid_q, valid_q2, first_q, first_q2, last_q, last_q2, ragged_q, ragged_q2;

  // What the operand registers take.
  logic [WordBits-1:0] index;
  logic valid, first, last, ragged;

  hw_weight_rom #(
    .Width(Pe*StoredBits), .Depth(Depth), .AddressBits(AddressBits), .WeightFile(WeightFile)
  ) i_weights (
    .clk_i, .addr_i(addr_q), .data_o(stored)
  );

  hw_codebook #(
    .Lanes(Pe), .CodeBits(CodeBits), .Bits(WBits), .CodeFile(CodeFile)
  ) i_codes (
    .codes_i(stored), .numbers_o(weights)
  );

  hw_dot #(
    .Encoding(Encoding), .Rows(Pe), .Terms(1), .WBits(WBits), .WSigned(WSigned), .XBits(XBits),
    .XSigned(XSigned), .ProductBits(ProductBits), .SumBits(TermBits)
  ) i_products (
    .clk_i, .w_i(w_operands), .x_i(x_q), .sum_o(product)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) {valid_q2, valid_q} <= '0;
    else {valid_q2, valid_q} <= {valid_q, valid};
    {first_q2, first_q} <= {first_q, first};
    {last_q2, last_q} <= {last_q, last};
    {ragged_q2, ragged_q} <= {ragged_q, ragged};
    {index_q2, index_q} <= {index_q, index};
    x_q <= x;
  end

  if (Operands > 1) begin : gen_later
    always_ff @(posedge clk_i) begin
      if (!rst_ni) valid <= 1'b0;
      else valid <= fire;
      first <= first_tap;
      last <= last_tap;
      ragged <= last_word;
      index <= word_q;
      x <= in0_data_i;
    end
    if (Depth > 1) begin : gen_weights
      always_ff @(posedge clk_i) w_operands <= weights;
    end else begin : gen_constant
      assign w_operands = weights;
    end
  end else begin : gen_now
    assign valid = fire;
    assign first = first_tap;
    assign last = last_tap;
    assign ragged = last_word;
    assign index = word_q;
    assign x = in0_data_i;
    assign w_operands = weights;
  end

  // ---- Sums: one read and one write of the kept sums per step ----

  logic [Pe*OutBits-1:0] start;

  if (StartBits > 0) begin : gen_starts
    logic [Pe*StartBits-1:0] start_row;

    hw_weight_rom #(
      .Width(Pe*StartBits), .Depth(Words), .AddressBits(WordBits), .WeightFile(StartFile)
    ) i_starts (
      .clk_i, .addr_i(index_q), .data_o(start_row)
    );

    always_comb begin
      for (int unsigned p = 0; p < Pe; p++) begin
        start[p*OutBits +: OutBits] = OutBits'($signed(start_row[p*StartBits +: StartBits]));
      end
    end
  end else begin : gen_constant
    assign start = {Pe{OutBits'(Start)}};
  end

  localparam bit Ragged = KeptLanes < Pe;

  logic [Pe*OutBits-1:0] kept, sum;
  logic [Pe*OutBits-1:0] sum_q;
  logic out_ragged_q;

  always_comb begin
    for (int unsigned p = 0; p < Pe; p++) begin
      sum[p*OutBits +: OutBits] =
          (first_q2 ? start[p*OutBits +: OutBits] : kept[p*OutBits +: OutBits])
          + (OutBits'($signed(product[p*TermBits +: TermBits])) << Doubled);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) out_valid_o <= 1'b0;
    else out_valid_o <= valid_q2 && last_q2;
    out_ragged_q <= ragged_q2;
    if (valid_q2) sum_q <= sum;
  end

  if (Words == 1) begin : gen_register
    // The sum of the step before is the kept one.
    logic unused;
    assign unused = ^{index_q, index_q2};
    assign kept = sum_q;
  end else begin : gen_memory
    // A step reads while its products are made and writes one cycle later. With two or more words
    // the step that reads the same place comes at least two cycles after, so it sees the write.
    logic [Pe*OutBits-1:0] sums [Words];
    logic [Pe*OutBits-1:0] kept_q;

    always_ff @(posedge clk_i) begin
      kept_q <= sums[index_q];
      if (valid_q2) sums[index_q2] <= sum;
    end
    assign kept = kept_q;
  end

  always_comb begin
    for (int unsigned p = 0; p < Pe; p++) begin
      out_data_o[p*OutBits +: OutBits] =
          (Ragged && p >= KeptLanes && out_ragged_q) ? '0 : sum_q[p*OutBits +: OutBits];
    end
  end

endmodule

`default_nettype wire
