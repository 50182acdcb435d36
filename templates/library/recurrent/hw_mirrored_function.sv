// A function of 16 bits that mirrors itself, f(-x) = Mirror - f(x), from those of 0 to 2^15 - 1.
//
// Between every 2^Digits of these numbers it is a line, and what the line misses is looked up: a
// row of SampleFile has {slope, beginning}, SlopeBits and 15 bits, and one of RestFile a number of
// RestBits bits with a sign, for each x. -2^15 is taken as the number above it.
//
// Latency: 5 (magnitude, memories, product, sum, sign).

`default_nettype none

module hw_mirrored_function #(
  parameter int unsigned Digits = 7,
  parameter int unsigned SlopeBits = 10,
  parameter int unsigned RestBits = 5,
  parameter int unsigned Mirror = 0,
  parameter SampleFile = "",
  parameter RestFile = ""
) (
  input  wire logic               clk_i,
  input  wire logic signed [15:0] x_i,
  output logic signed [15:0]      y_o
);

  if (Digits < 1 || Digits > 14 || SlopeBits < 2 || RestBits < 1 || Mirror > 32767)
  begin : gen_illegal
    $error("hw_mirrored_function: no such lines");
  end

  localparam int unsigned LineBits = SlopeBits + Digits + 1;
  localparam int unsigned SumBits = ((LineBits > 15 + Digits) ? LineBits : 15 + Digits) + 2;

  logic [14:0] size_q, start_q;
  logic [SlopeBits+14:0] sample;
  logic signed [RestBits-1:0] rest, rest_q;
  logic [Digits-1:0] place_q;
  logic signed [LineBits-1:0] line_q;
  logic signed [SumBits-1:0] sum;
  logic signed [15:0] found_q;
  logic [3:0] below_q;

  hw_slice_rom #(.Depth(1 << (15 - Digits)), .Width(SlopeBits + 15), .File(SampleFile)) i_samples (
    .clk_i, .addr_i(size_q[14:Digits]), .data_o(sample)
  );
  hw_slice_rom #(.Depth(1 << 15), .Width(RestBits), .File(RestFile)) i_rests (
    .clk_i, .addr_i(size_q), .data_o(rest)
  );

  assign sum = $signed(SumBits'({1'b0, start_q}) << Digits) + SumBits'(line_q)
      + $signed(SumBits'(1) << (Digits - 1));

  always_ff @(posedge clk_i) begin
    below_q <= {below_q[2:0], x_i[15]};
    if (!x_i[15]) size_q <= x_i[14:0];
    else if (x_i == 16'sh8000) size_q <= '1;
    else size_q <= 15'(-x_i);
    place_q <= size_q[Digits-1:0];
    line_q <= $signed(sample[SlopeBits+14:15]) * $signed({1'b0, place_q});
    start_q <= sample[14:0];
    rest_q <= rest;
    found_q <= 16'(sum >>> Digits) + 16'(rest_q);
    y_o <= below_q[3] ? 16'(Mirror) - found_q : found_q;
  end

endmodule

`default_nettype wire
