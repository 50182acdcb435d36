// Sum of the taps of a vector, channel by channel, rounded after every addition.
//
// Takes the words of tap 0, then those of tap 1, and so on (`hw_by_tap`). Every sum keeps its first
// `Digits` significant binary digits, to nearest, ties to even: float32's addition, when there are
// 24 and the integers count steps that all summands are made of.
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o). One word per cycle; only words of the
// last tap wait for room in the output. Latency: out_valid_o comes one cycle after out_start_o.
`default_nettype none

module hw_rounded_sum #(
  // At least 1.
  parameter int unsigned Digits = 3,
  parameter int unsigned Taps = 4,
  // Words of one tap.
  parameter int unsigned Words = 1,
  parameter int unsigned Parallel = 1,
  parameter int unsigned InBits = 4,
  // Holds every sum before and after rounding; at least InBits.
  parameter int unsigned OutBits = 6,
  parameter bit Signed = 1'b1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,

  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Parallel*InBits-1:0] in0_data_i,

  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Parallel*OutBits-1:0] out_data_o
);

  if (Digits < 1 || Taps < 1 || Words < 1 || Parallel < 1) begin : gen_illegal
    $error("hw_rounded_sum: Digits, Taps, Words and Parallel must be at least 1");
  end
  if (OutBits < InBits || OutBits < 2) begin : gen_illegal1
    $error("hw_rounded_sum: a result must be as wide as an input, and two bits");
  end

  logic first_tap, last_word;
  logic [Parallel*OutBits-1:0] stored, result;

  hw_by_tap #(
    .Taps(Taps),
    .Words(Words),
    .Bits(Parallel * OutBits)
  ) u_taps (
    .clk_i,
    .rst_ni,
    .in0_valid_i,
    .in0_ready_o,
    .first_tap_o(first_tap),
    .last_word_o(last_word),
    .stored_o(stored),
    .result_i(result),
    .out_ok_i,
    .out_start_o,
    .out_valid_o,
    .out_data_o
  );

  logic unused;
  assign unused = &{1'b0, last_word};

  // ---------------------------------------------------------------------------------------------
  // Addition and rounding

  for (genvar l = 0; l < Parallel; l++) begin : gen_lane
    hw_rounded_add #(
      .Digits(Digits), .InBits(InBits), .OutBits(OutBits), .Signed(Signed)
    ) i_add (
      .term_i(in0_data_i[l*InBits +: InBits]),
      .sum_i(first_tap ? '0 : stored[l*OutBits +: OutBits]),
      .sum_o(result[l*OutBits +: OutBits])
    );
  end

endmodule

`default_nettype wire
