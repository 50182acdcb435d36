// Sums of groups of terms: Rows independent sums of Terms two's complement numbers each.
//
// Every level adds up to Radix numbers in one cycle, so the latency is ceil(log_Radix(Terms))
// cycles and the throughput one set of sums per cycle. Purely a pipeline: no handshake, no reset.
// Term t of row r is in_i[(r * Terms + t) * InBits +: InBits]. Numbers grow from level to level and
// wrap at OutBits, which is harmless as long as the final sums fit.
`default_nettype none

module hw_sum_tree #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 4,
  parameter int unsigned InBits = 8,
  parameter int unsigned OutBits = 10,
  parameter int unsigned Radix = 4
) (
  input  wire logic                          clk_i,
  input  wire logic [Rows*Terms*InBits-1:0]  in_i,
  output logic      [Rows*OutBits-1:0]       out_o
);

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
    localparam int unsigned Grown = InBits + $clog2((Terms < Radix) ? Terms : Radix);
    localparam int unsigned SumBits = (Grown < OutBits) ? Grown : OutBits;

    // Sum of group `group`; the last group of a row may be short.
    function automatic logic [SumBits-1:0] group_sum(
      input logic [Terms*InBits-1:0] row, input int unsigned group
    );
      group_sum = '0;
      for (int unsigned i = 0; i < Radix; i++) begin
        if (group * Radix + i < Terms) begin
          group_sum = group_sum + SumBits'($signed(row[(group*Radix + i)*InBits +: InBits]));
        end
      end
    endfunction

    logic [Rows*Sums*SumBits-1:0] sum_q;

    always_ff @(posedge clk_i) begin
      for (int unsigned r = 0; r < Rows; r++) begin
        for (int unsigned s = 0; s < Sums; s++) begin
          sum_q[(r*Sums + s)*SumBits +: SumBits] <=
              group_sum(in_i[r*Terms*InBits +: Terms*InBits], s);
        end
      end
    end

    hw_sum_tree #(
      .Rows(Rows), .Terms(Sums), .InBits(SumBits), .OutBits(OutBits), .Radix(Radix)
    ) i_rest (
      .clk_i, .in_i(sum_q), .out_o
    );
  end

endmodule

`default_nettype wire
