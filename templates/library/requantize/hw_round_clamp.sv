// Divides a signed number by 2**Shift and clamps it to [Low, High]; combinational.
//
// With HalfUp a half is added first; with HalfEven, too, but a tie goes to the even neighbour; else
// the division rounds down. result_o holds the lowest OutBits bits of the result.

`default_nettype none

module hw_round_clamp #(
  parameter int unsigned InBits = 16,
  parameter int unsigned Shift = 4,
  parameter bit HalfUp = 1'b1,
  parameter bit HalfEven = 1'b0,
  parameter int Low = -128,
  parameter int High = 127,
  parameter int unsigned OutBits = 8
) (
  input  wire logic signed [InBits-1:0]  value_i,
  output logic             [OutBits-1:0] result_o
);

  if (Low > High) begin : gen_illegal
    $error("hw_round_clamp: Low must not be greater than High");
  end
  if (InBits < 1 || OutBits < 1) begin : gen_illegal1
    $error("hw_round_clamp: widths must be at least 1");
  end

  // Wide enough for the value with the half added, and for both limits.
  localparam int unsigned Sum = (InBits > Shift) ? InBits + 1 : Shift + 2;
  localparam int unsigned Bits = (Sum > 33) ? Sum : 33;
  localparam logic signed [Bits-1:0] HALF =
    ((HalfUp || HalfEven) && Shift != 0) ? Bits'(1) <<< ((Shift != 0) ? Shift - 1 : 0) : '0;

  logic signed [Bits-1:0] shifted, clamped;

  if (HalfEven && Shift != 0) begin : gen_even
    logic signed [Bits-1:0] sum, up;

    assign sum = Bits'(value_i) + HALF;
    assign up = sum >>> Shift;
    assign shifted = {up[Bits-1:1], up[0] && (sum[Shift-1:0] != '0)};
  end else begin : gen_up
    assign shifted = (Bits'(value_i) + HALF) >>> Shift;
  end

  always_comb begin
    clamped = shifted;
    if (shifted < Bits'(Low)) clamped = Bits'(Low);
    if (shifted > Bits'(High)) clamped = Bits'(High);
  end

  assign result_o = clamped[OutBits-1:0];

  logic unused;
  assign unused = &{1'b0, clamped};

endmodule

`default_nettype wire
