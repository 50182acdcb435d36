// A number times a factor of a gate, rounded twice: half_away(half_up(x * m / 2^first) / 2^second).
//
// Each of Gates gates has a mantissa m of 31 bits and two numbers of digits that are dropped, first
// of 1 to 31 and second of 0 to 31. |x * m / 2^first| is below 2^31.
//
// Latency: 3 (product, first rounding, second rounding).

`default_nettype none

module hw_rescale_by_gate #(
  parameter int unsigned Gates = 2,
  parameter int unsigned InBits = 8,
  parameter logic [Gates*32-1:0] Mantissas = {32'd3, 32'd5},
  parameter logic [Gates*32-1:0] Firsts = {32'd2, 32'd1},
  parameter logic [Gates*32-1:0] Seconds = {32'd0, 32'd1},
  localparam int unsigned GateBits = (Gates > 1) ? $clog2(Gates) : 1
) (
  input  wire logic                     clk_i,
  input  wire logic [GateBits-1:0]      gate_i,
  input  wire logic signed [InBits-1:0] x_i,
  output logic signed [31:0]            y_o
);

  if (Gates < 1 || InBits < 1 || InBits > 32) begin : gen_illegal
    $error("hw_rescale_by_gate: Gates is at least 1, and InBits from 1 to 32");
  end

  localparam int unsigned ProductBits = InBits + 32;

  logic signed [31:0] mantissa;
  logic [GateBits-1:0] gate_q, gate_q2;
  logic signed [ProductBits-1:0] product_q;
  logic signed [31:0] whole [Gates];
  logic signed [31:0] rest [Gates];
  logic signed [31:0] whole_q;

  assign mantissa = Mantissas[gate_i*32 +: 32];

  for (genvar g = 0; g < Gates; g++) begin : gen_gate
    localparam int unsigned First = Firsts[g*32 +: 32];
    localparam int unsigned Second = Seconds[g*32 +: 32];
    logic signed [ProductBits:0] raised;

    assign raised = (ProductBits+1)'(product_q) + (ProductBits+1)'(64'd1 << (First - 1));
    assign whole[g] = 32'(raised >>> First);

    if (Second == 0) begin : gen_all
      assign rest[g] = whole_q;
    end else begin : gen_rounded
      logic signed [32:0] above;

      assign above = 33'(whole_q) + $signed(33'(64'd1 << (Second - 1)))
          - $signed({32'd0, whole_q[31]});
      assign rest[g] = 32'(above >>> Second);
    end
  end

  always_ff @(posedge clk_i) begin
    gate_q <= gate_i;
    gate_q2 <= gate_q;
    product_q <= x_i * mantissa;
    whole_q <= whole[gate_q];
    y_o <= rest[gate_q2];
  end

endmodule

`default_nettype wire
