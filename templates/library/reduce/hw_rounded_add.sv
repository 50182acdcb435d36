// An addition that is rounded to Digits significant binary digits, to nearest, ties to even:
// float32's, when there are 24 and the integers count steps that all summands are made of.
//
// No registers.
`default_nettype none

module hw_rounded_add #(
  // At least 1.
  parameter int unsigned Digits = 3,
  parameter int unsigned InBits = 4,
  // Holds every sum before and after rounding; at least InBits.
  parameter int unsigned OutBits = 6,
  parameter bit Signed = 1'b1
) (
  input  wire logic [InBits-1:0] term_i,
  input  wire logic [OutBits-1:0] sum_i,
  output logic [OutBits-1:0] sum_o
);

  if (Digits < 1) begin : gen_illegal
    $error("hw_rounded_add: Digits must be at least 1");
  end
  if (OutBits < InBits || OutBits < 2) begin : gen_illegal1
    $error("hw_rounded_add: a result must be as wide as an input, and two bits");
  end

  // Digits of the largest magnitude, and how many of them are dropped.
  localparam int unsigned Width = Signed ? OutBits - 1 : OutBits;
  localparam int unsigned Dropped = (Width > Digits) ? Width - Digits : 0;

  logic [OutBits-1:0] operand, total;

  if (OutBits > InBits) begin : gen_extend
    assign operand = {{(OutBits - InBits){Signed & term_i[InBits-1]}}, term_i};
  end else begin : gen_same
    assign operand = term_i;
  end

  assign total = operand + sum_i;

  if (Dropped > 0) begin : gen_round
    logic [Width-1:Digits] magnitude;
    // Ones at the digits to drop; a single one at the last digit to keep, if any is dropped.
    logic [Dropped-1:0] low;
    logic [Dropped:0] last;
    logic odd;
    logic [OutBits-1:0] raised;

    // Of a negative number one less, which has as many digits unless it is a power of two;
    // that one rounds to itself wherever it is rounded.
    assign magnitude = total[Width-1:Digits] ^ {Dropped{Signed & total[OutBits-1]}};
    for (genvar d = 0; d < Dropped; d++) begin : gen_low
      assign low[d] = |magnitude[Width-1:Digits+d];
    end
    assign last = {low, 1'b0} & ~{1'b0, low};
    assign odd = |(total[Dropped:0] & last);
    // One less than half of the last digit, and the one where the tie goes up.
    assign raised = total + OutBits'(low >> 1) + OutBits'(odd);
    assign sum_o = {raised[OutBits-1:Dropped], raised[Dropped-1:0] & ~low};
  end else begin : gen_exact
    assign sum_o = total;
  end

endmodule

`default_nettype wire
