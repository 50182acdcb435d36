// One lane's end of a requantizer: shift an exact sum right, clamp it, add an offset.
//
// result_o = offset_i + clamp(sum_i >> Shift, Low, High), where offset_i comes one cycle after
// sum_i, or two with Apart, which adds it in a cycle of its own. With HalfEven, an odd
// sum_i >> Shift that drops nothing but zeros is one less: where half a step is part of the sum, a
// tie goes to its even neighbour.
//
// Latency: 2 with Clamp, 3 with Apart; without Clamp 1, and offset_i is not used. Bits above the
// result are dropped.

`default_nettype none

module hw_shift_clamp #(
  parameter int unsigned SumWidth = 24,
  parameter int unsigned Shift = 8,
  parameter bit HalfEven = 1'b0,
  parameter bit Clamp = 1'b1,
  parameter int Low = -128,
  parameter int High = 127,
  parameter bit Apart = 1'b0,
  parameter int unsigned OutWidth = 8
) (
  input  wire logic                       clk_i,
  input  wire logic signed [SumWidth-1:0] sum_i,
  input  wire logic        [OutWidth-1:0] offset_i,
  output logic             [OutWidth-1:0] result_o
);

  if (Shift >= SumWidth || OutWidth > SumWidth - Shift) begin : gen_illegal
    $error("hw_shift_clamp: the shifted sum must be as wide as the result");
  end
  if (Clamp && Low > High) begin : gen_illegal1
    $error("hw_shift_clamp: Low must not be greater than High");
  end
  if (Clamp && SumWidth - Shift < 32 && ((Low >>> (SumWidth - Shift - 1)) < -1
      || (High >>> (SumWidth - Shift - 1)) > 0)) begin : gen_illegal2
    $error("hw_shift_clamp: the shifted sum must be as wide as Low and High");
  end

  if (HalfEven && (!Clamp || Shift == 0)) begin : gen_illegal3
    $error("hw_shift_clamp: HalfEven needs Clamp and a Shift");
  end

  // Wide enough for the shifted sum, for both limits, and for the result.
  localparam int unsigned ValueWidth = SumWidth - Shift;

  logic signed [ValueWidth-1:0] value_q;
  always_ff @(posedge clk_i) value_q <= ValueWidth'(sum_i >>> Shift);

  if (Clamp) begin : gen_clamp
    logic [OutWidth-1:0] clamped;
    logic odd;

    if (HalfEven) begin : gen_even
      logic [Shift-1:0] dropped_q;
      always_ff @(posedge clk_i) dropped_q <= sum_i[Shift-1:0];
      assign odd = value_q[0] && (dropped_q != '0);
    end else begin : gen_down
      assign odd = value_q[0];
    end

    // A tie at Low becomes even below it, and Low again.
    always_comb begin
      clamped = value_q[OutWidth-1:0];
      clamped[0] = odd;
      if (value_q <= ValueWidth'(Low)) clamped = OutWidth'(Low);
      if (value_q > ValueWidth'(High)) clamped = OutWidth'(High);
    end
    if (Apart) begin : gen_apart
      logic [OutWidth-1:0] clamped_q;
      always_ff @(posedge clk_i) begin
        clamped_q <= clamped;
        result_o <= clamped_q + offset_i;
      end
    end else begin : gen_at_once
      always_ff @(posedge clk_i) result_o <= clamped + offset_i;
    end
  end else begin : gen_plain
    logic unused;
    assign unused = &{1'b0, offset_i, value_q};
    assign result_o = value_q[OutWidth-1:0];
  end

endmodule

`default_nettype wire
