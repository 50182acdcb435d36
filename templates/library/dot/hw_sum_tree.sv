// Pipelined tree of adders: Rows independent sums of Terms two's complement numbers each.
//
// Every level adds up to four numbers in one cycle (hw_sum_level), so the latency is
// ceil(log4(Terms)) cycles and the throughput one set of sums per cycle; no handshake, no reset.
// Term t of row r is in_i[(r * Terms + t) * InBits +: InBits]. Numbers grow from level to level and
// wrap at OutBits, which is harmless as long as the final sums fit.

`default_nettype none

module hw_sum_tree #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 4,
  parameter int unsigned InBits = 8,
  parameter int unsigned Radix = 4,
  parameter int unsigned OutBits = 10
) (
  input  wire logic                         clk_i,
  input  wire logic [Rows*Terms*InBits-1:0] in_i,
  output logic      [Rows*OutBits-1:0]      out_o
);

  if (Rows < 1 || Terms < 1 || InBits < 1 || OutBits < 1) begin : gen_illegal
    $error("hw_sum_tree: Rows, Terms and widths must be at least 1");
  end

  if (Terms == 1) begin : gen_done
    logic unused;
    assign unused = clk_i;

    always_comb begin
      for (int unsigned r = 0; r < Rows; r++) begin
        out_o[r*OutBits +: OutBits] = OutBits'($signed(in_i[r*InBits +: InBits]));
      end
    end
  end else begin : gen_level
    localparam int unsigned Sums = (Terms + Radix - 1) / Radix;
    localparam int unsigned Grown = InBits + ((Terms > 2 && Radix > 2) ? 2 : 1);
    localparam int unsigned SumBits = (Grown < OutBits) ? Grown : OutBits;
    logic [Rows*Sums*SumBits-1:0] sum;

    hw_sum_level #(
      .Rows(Rows), .Terms(Terms), .InBits(InBits), .OutBits(SumBits), .Radix(Radix)
    ) i_level (
      .clk_i, .in_i, .sum_o(sum)
    );

    hw_sum_tree #(
      .Rows(Rows), .Terms(Sums), .InBits(SumBits), .OutBits(OutBits), .Radix(Radix)
    ) i_rest (
      .clk_i, .in_i(sum), .out_o
    );
  end

endmodule

`default_nettype wire
