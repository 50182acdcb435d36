// What must hold in hw_skid_buffer, before the line that `//@` names.
//@endmodule
  // One word, chosen by the solver when it enters, is followed until it leaves.
  (* anyseq *) logic f_pick;
  logic f_past_q, f_follow_q, f_behind_q;  // behind: one word must leave before the followed one
  logic [Width-1:0] f_word_q;
  logic [1:0] f_count_q;
  logic pop;

  assign pop = valid_o && ready_i;

  initial f_past_q = 1'b0;
  always_ff @(posedge clk_i) f_past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      f_count_q <= '0;
      f_follow_q <= 1'b0;
    end else begin
      f_count_q <= f_count_q + 2'(push) - 2'(pop);
      if (!f_follow_q && push && f_pick) begin
        f_follow_q <= 1'b1;
        f_word_q <= data_i;
        f_behind_q <= (f_count_q != 2'(pop));
      end else if (f_follow_q && pop) begin
        f_follow_q <= f_behind_q;
        f_behind_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!f_past_q) assume (!rst_ni);
    if (f_past_q) begin
      assert (valid_q || !skid_valid_q);
      assert (f_count_q == 2'(valid_q) + 2'(skid_valid_q));
      assert (valid_o == (f_count_q != '0));
      assert (ready_o == (f_count_q != 2'd2));
      if (f_follow_q) begin
        assert (f_count_q > 2'(f_behind_q));
        assert ((f_behind_q ? skid_q : data_q) == f_word_q);
        if (!f_behind_q) assert (valid_o && data_o == f_word_q);
      end
      if ($past(f_past_q && rst_ni && valid_o && !ready_i)) begin
        assert (valid_o && data_o == $past(data_o));
      end
    end
    cover (f_past_q && rst_ni && !ready_o);
    cover (f_past_q && rst_ni && f_follow_q && !f_behind_q && $past(f_behind_q) && pop);
  end
