// Sum of the taps of a vector, channel by channel, brought back into a range after every addition,
// all taps in one cycle: see `hw_limited_add`.
//
// Words and latency are those of `hw_by_stage`: all taps in one word, a stage for each.
`default_nettype none

module hw_limited_parallel #(
  // At least 2.
  parameter int unsigned Taps = 4,
  parameter int unsigned Pixels = 1,
  parameter int unsigned Parallel = 1,
  parameter int unsigned Words = 1,
  parameter int unsigned Tail = 0,
  parameter int unsigned InBits = 4,
  parameter bit InSigned = 1'b1,
  // Holds every sum that is kept.
  parameter int unsigned OutBits = 6,
  parameter bit OutSigned = 1'b1,
  parameter logic [OutBits-1:0] Lowest = OutBits'(32),
  parameter logic [OutBits-1:0] Highest = OutBits'(31),
  parameter bit ToZero = 1'b0
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,

  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Pixels*Taps*Parallel*InBits-1:0] in0_data_i,

  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Pixels*Parallel*OutBits-1:0] out_data_o
);

  if (Taps < 2 || Pixels < 1 || Parallel < 1) begin : gen_illegal
    $error("hw_limited_parallel: Taps must be at least 2, Pixels and Parallel at least 1");
  end

  localparam int unsigned Adders = Taps * Pixels * Parallel;

  logic [Adders*InBits-1:0] terms;
  logic [Adders*OutBits-1:0] earlier, later;

  hw_by_stage #(
    .Taps(Taps), .Pixels(Pixels), .Parallel(Parallel), .Words(Words), .Tail(Tail), .InBits(InBits),
    .OutBits(OutBits)
  ) i_stages (
    .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o, .in0_data_i, .terms_o(terms), .before_o(earlier),
    .after_i(later), .out_ok_i, .out_start_o, .out_valid_o, .out_data_o
  );

  for (genvar a = 0; a < Adders; a++) begin : gen_adder
    hw_limited_add #(
      .InBits(InBits), .InSigned(InSigned), .OutBits(OutBits), .OutSigned(OutSigned),
      .Lowest(Lowest), .Highest(Highest), .ToZero(ToZero)
    ) i_add (
      .term_i(terms[a*InBits +: InBits]),
      .sum_i(earlier[a*OutBits +: OutBits]),
      .sum_o(later[a*OutBits +: OutBits])
    );
  end

endmodule

`default_nettype wire
