// One level of a tree of adders: Rows independent lists of Terms numbers become lists of
// ceil(Terms / Radix) numbers, each the sum of up to Radix neighbours: four, or two for a fast
// clock. Latency one cycle, no handshake.
//
// Numbers are two's complement; term t of row r is in_i[(r * Terms + t) * InBits +: InBits]. A sum
// of 3 or more (2, 1) numbers needs 2 (1, 0) bits more; wider OutBits extend, narrower wrap.

`default_nettype none

module hw_sum_level #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 4,
  parameter int unsigned InBits = 8,
  parameter int unsigned OutBits = 10,
  parameter int unsigned Radix = 4,
  localparam int unsigned Sums = (Terms + Radix - 1) / Radix
) (
  input  wire logic                         clk_i,
  input  wire logic [Rows*Terms*InBits-1:0] in_i,
  output logic      [Rows*Sums*OutBits-1:0] sum_o
);

  if (Rows < 1 || Terms < 1 || InBits < 1 || OutBits < 1) begin : gen_illegal
    $error("hw_sum_level: Rows, Terms and widths must be at least 1");
  end
  if (Radix != 2 && Radix != 4) begin : gen_illegal1
    $error("hw_sum_level: two or four numbers are added at a time");
  end

  localparam int unsigned Pairs = (Terms + 1) / 2;
  localparam int unsigned Grown = (InBits + 1 < OutBits) ? InBits + 1 : OutBits;
  localparam int unsigned PairBits = (Radix == 2) ? OutBits : Grown;

  // Kept as they are, because carry chains are cheaper than the carry-save adder of four numbers
  // that a synthesizer would make of the whole sum.
  (* keep *) logic [Rows*Pairs*PairBits-1:0] pair;

  function automatic logic [Pairs*PairBits-1:0] row_pairs(input logic [Terms*InBits-1:0] row);
    for (int unsigned p = 0; p < Pairs; p++) begin
      row_pairs[p*PairBits +: PairBits] = PairBits'($signed(row[2*p*InBits +: InBits]));
      if (2*p + 1 < Terms) begin
        row_pairs[p*PairBits +: PairBits] = PairBits'($signed(row[2*p*InBits +: InBits]))
            + PairBits'($signed(row[(2*p + 1)*InBits +: InBits]));
      end
    end
  endfunction

  function automatic logic [Sums*OutBits-1:0] row_sums(input logic [Pairs*PairBits-1:0] row);
    for (int unsigned s = 0; s < Sums; s++) begin
      row_sums[s*OutBits +: OutBits] =
          OutBits'($signed(row[((Radix == 2) ? s : 2*s)*PairBits +: PairBits]));
      if (Radix == 4 && 2*s + 1 < Pairs) begin
        row_sums[s*OutBits +: OutBits] = OutBits'($signed(row[2*s*PairBits +: PairBits]))
            + OutBits'($signed(row[(2*s + 1)*PairBits +: PairBits]));
      end
    end
  endfunction

  always_comb begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      pair[r*Pairs*PairBits +: Pairs*PairBits] = row_pairs(in_i[r*Terms*InBits +: Terms*InBits]);
    end
  end

  always_ff @(posedge clk_i) begin
`ifdef HW_ROLLED
    /* verilator unroll_disable */
`endif
    for (int unsigned r = 0; r < Rows; r++) begin
      sum_o[r*Sums*OutBits +: Sums*OutBits] <= row_sums(pair[r*Pairs*PairBits +: Pairs*PairBits]);
    end
  end

endmodule

`default_nettype wire
