// An addition that is brought back into a range: what an accumulator does that saturates.
//
// A sum below -Lowest or above Highest becomes that end, or 0 with ToZero. No registers.
`default_nettype none

module hw_limited_add #(
  parameter int unsigned InBits = 4,
  parameter bit InSigned = 1'b1,
  // Holds every sum that is kept.
  parameter int unsigned OutBits = 6,
  parameter bit OutSigned = 1'b1,
  parameter logic [OutBits-1:0] Lowest = OutBits'(32),
  parameter logic [OutBits-1:0] Highest = OutBits'(31),
  parameter bit ToZero = 1'b0
) (
  input  wire logic [InBits-1:0] term_i,
  input  wire logic [OutBits-1:0] sum_i,
  output logic [OutBits-1:0] sum_o
);

  if (InBits < 1 || OutBits < 1) begin : gen_illegal
    $error("hw_limited_add: widths must be at least 1");
  end
  if (!OutSigned && Lowest != '0) begin : gen_illegal1
    $error("hw_limited_add: a sum without sign is not below 0");
  end

  // Holds an input plus a sum, with a sign.
  localparam int unsigned Wider = (InBits > OutBits) ? InBits : OutBits;
  localparam int unsigned Width = Wider + 2;
  localparam logic signed [Width-1:0] Low = -$signed({{(Width - OutBits){1'b0}}, Lowest});
  localparam logic signed [Width-1:0] High = $signed({{(Width - OutBits){1'b0}}, Highest});

  logic signed [Width-1:0] operand, start, total, fitted;

  assign operand = $signed({{(Width - InBits){InSigned & term_i[InBits-1]}}, term_i});
  assign start = $signed({{(Width - OutBits){OutSigned & sum_i[OutBits-1]}}, sum_i});
  assign total = operand + start;
  always_comb begin
    fitted = total;
    if (total < Low) fitted = ToZero ? '0 : Low;
    if (total > High) fitted = ToZero ? '0 : High;
  end
  assign sum_o = fitted[OutBits-1:0];

  logic unused_sign;
  assign unused_sign = &{1'b0, fitted[Width-1:OutBits]};

endmodule

`default_nettype wire
