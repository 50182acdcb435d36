// What must hold in hw_fifo, before the line that `//@` names.
//@endmodule
  // Order, loss and occupancy are proved inside hw_credit_fifo. Here, beside its rules, a bounded
  // check that the stream at the input is stopped when the FIFO is full and never earlier.
  logic f_past_q;
  int unsigned f_count_q;

  initial f_past_q = 1'b0;
  always_ff @(posedge clk_i) f_past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) f_count_q <= 0;
    else f_count_q <= f_count_q + 32'(valid_i && ready_o) - 32'(valid_o && ready_i);
  end

  always_ff @(posedge clk_i) begin
    if (f_past_q) begin
      assert (ready_o == (f_count_q < Depth));
      if (!Block) assert (valid_o == (f_count_q != 0));
    end
    cover (f_past_q && rst_ni && !ready_o);
  end
