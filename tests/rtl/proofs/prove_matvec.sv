// hw_matvec with all words that the solver chooses: every sum is the reference's, in order.
// The reference reads the weights, too, and adds the products of a whole vector at once. With External
// rows of weights come in when the solver likes.

`default_nettype none

module prove_matvec #(
  parameter int unsigned Pe = 2,
  parameter int unsigned Simd = 2,
  parameter int unsigned Folds = 2,
  parameter int unsigned Steps = 2,
  parameter int unsigned Groups = 1,
  parameter int unsigned KeptLanes = 2,
  parameter int Start = 3,
  parameter bit External = 1'b0
) (
  input wire logic              clk_i,
  input wire logic              rst_ni,
  input wire logic              in0_valid_i,
  input wire logic [Simd*2-1:0] in0_data_i,
  input wire logic              weights_valid_i,
  input wire logic              out_ok_i
);

  localparam int unsigned Bits = 7;     // of a sum
  localparam int unsigned Latency = 4;  // operands, hw_dot of two terms, accumulator
  localparam int unsigned Banks = 4;    // vectors under way, and one

  logic ready, start, valid, weights_ready, there;
  logic [Pe*Simd*2-1:0] weights_row;
  logic [7:0] row_q;
  logic [Pe*Bits-1:0] data;

  hw_matvec #(
    .Pe(Pe), .Simd(Simd), .Folds(Folds), .Steps(Steps), .Groups(Groups), .KeptLanes(KeptLanes),
    .Sums({32'd1, 32'd0, 32'd1, 32'd0, 32'd5, 32'd0, 1'b0, 32'd0, External}),
    .OutBits(Bits), .Start(Start),
    .WeightFile("weights.mem")
  ) u_core (
    .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o(ready), .in0_data_i, .weights_valid_i,
    .weights_ready_o(weights_ready), .weights_data_i(weights_row), .out_ok_i,
    .out_start_o(start), .out_valid_o(valid), .out_data_o(data)
  );

  logic [Pe*Simd*2-1:0] weight_mem [Groups*Folds*Steps];
  initial $readmemh("weights.mem", weight_mem);
  assign weights_row = (External && weights_valid_i) ? weight_mem[row_q] : '0;
  assign there = !External || weights_valid_i;

  logic [Simd*2-1:0] x_q [Banks*Steps];
  logic [7:0] step_q, vector_q, fold_q, sums_q;  // words of a vector, vectors; likewise behind
  logic [7:0] idle_q;
  logic past_q;
  logic [Latency-1:0] start_q;

  logic signed [Bits-1:0] expected [Pe];
  logic signed [1:0] w, x;
  always_comb begin
    for (int unsigned p = 0; p < Pe; p++) begin
      expected[p] = Bits'(Start);
      for (int unsigned t = 0; t < Steps; t++) begin
        for (int unsigned s = 0; s < Simd; s++) begin
          w = weight_mem[((sums_q % Groups) * Folds + fold_q) * Steps + t][(p*Simd+s)*2 +: 2];
          x = x_q[(sums_q % Banks) * Steps + t][s*2 +: 2];
          expected[p] = expected[p] + Bits'(w) * Bits'(x);
        end
      end
    end
  end

  initial past_q = 1'b0;
  always_ff @(posedge clk_i) past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {step_q, vector_q, fold_q, sums_q, idle_q, row_q} <= '0;
      start_q <= '0;
    end else begin
      start_q <= {start_q[Latency-2:0], start};
      idle_q <= (ready || start) ? 8'd0 : idle_q + 8'(in0_valid_i && out_ok_i && there);
      if (weights_ready && weights_valid_i) begin
        row_q <= (row_q == Groups*Folds*Steps - 1) ? '0 : row_q + 8'd1;
      end
      if (ready) begin
        x_q[(vector_q % Banks) * Steps + step_q] <= in0_data_i;
        step_q <= (step_q == Steps - 1) ? '0 : step_q + 8'd1;
        if (step_q == Steps - 1) vector_q <= vector_q + 8'd1;
      end
      if (valid) begin
        fold_q <= (fold_q == Folds - 1) ? '0 : fold_q + 8'd1;
        if (fold_q == Folds - 1) sums_q <= sums_q + 8'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!past_q) assume (!rst_ni);
    if (past_q && rst_ni) begin
      assert (in0_valid_i || !ready);
      assert (out_ok_i || !start);
      assert (there || !(ready || start));
      assert (External || !weights_ready);
      assert (valid == start_q[Latency-1]);
      if (valid) assert (sums_q < vector_q);
      for (int unsigned p = 0; p < Pe; p++) begin
        if (valid) begin
          if (p < KeptLanes || fold_q != Folds - 1) assert (data[p*Bits +: Bits] == expected[p]);
          else assert (data[p*Bits +: Bits] == '0);
        end
      end
      // When both sides are willing, a sum is started every Steps cycles.
      assert (idle_q < Steps);
    end
    cover (past_q && rst_ni && valid && sums_q == 8'd1 && fold_q == Folds - 1);
  end

endmodule

`default_nettype wire
