// hw_gearbox with a unit that is followed: the solver chooses its number and all that comes in.

`default_nettype none

module prove_gearbox #(
  parameter int unsigned UnitWidth = 2,
  parameter int unsigned InUnits = 3,
  parameter int unsigned InLast = InUnits,
  parameter int unsigned InWords = 1,
  parameter int unsigned OutUnits = 2,
  parameter int unsigned OutLast = OutUnits,
  parameter int unsigned OutWords = 1
) (
  input wire logic                         clk_i,
  input wire logic                         rst_ni,
  input wire logic                         in0_valid_i,
  input wire logic [InUnits*UnitWidth-1:0] in0_data_i,
  input wire logic                         out_ok_i
);

  logic ready, start, valid;
  logic [OutUnits*UnitWidth-1:0] data;

  hw_gearbox #(
    .UnitWidth(UnitWidth), .InUnits(InUnits), .InLast(InLast), .InWords(InWords),
    .OutUnits(OutUnits), .OutLast(OutLast), .OutWords(OutWords)
  ) u_core (
    .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o(ready), .in0_data_i, .out_ok_i,
    .out_start_o(start), .out_valid_o(valid), .out_data_o(data)
  );

  (* anyconst *) logic [5:0] followed;
  logic [7:0] taken_q, given_q, into_q, outof_q;  // units, and words of the vectors
  logic [7:0] arriving, leaving;
  logic past_q, seen_q, start_q;
  logic [UnitWidth-1:0] value_q;

  assign arriving = (into_q == InWords - 1) ? InLast : InUnits;
  assign leaving = (outof_q == OutWords - 1) ? OutLast : OutUnits;

  initial past_q = 1'b0;
  always_ff @(posedge clk_i) past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {taken_q, given_q, into_q, outof_q} <= '0;
      {seen_q, start_q} <= '0;
    end else begin
      start_q <= start;
      if (ready) begin
        taken_q <= taken_q + arriving;
        into_q <= (into_q == InWords - 1) ? '0 : into_q + 8'd1;
        if (followed >= taken_q && followed < taken_q + arriving) begin
          seen_q <= 1'b1;
          value_q <= in0_data_i[(followed-taken_q)*UnitWidth +: UnitWidth];
        end
      end
      if (valid) begin
        given_q <= given_q + leaving;
        outof_q <= (outof_q == OutWords - 1) ? '0 : outof_q + 8'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!past_q) assume (!rst_ni);
    if (past_q && rst_ni) begin
      assert (in0_valid_i || !ready);
      assert (out_ok_i || !start);
      assert (valid == start_q);
      // Units leave in the order in which they came, each once.
      if (valid && followed >= given_q && followed < given_q + leaving) begin
        assert (seen_q);
        assert (data[(followed-given_q)*UnitWidth +: UnitWidth] == value_q);
      end
      for (int unsigned u = OutLast; u < OutUnits; u++) begin
        if (valid && outof_q == OutWords - 1) assert (data[u*UnitWidth +: UnitWidth] == '0);
      end
      // Nothing waits when both sides are willing.
      if (in0_valid_i && out_ok_i) assert (ready || start);
    end
    cover (past_q && rst_ni && valid && seen_q && followed >= given_q);
  end

endmodule

`default_nettype wire
