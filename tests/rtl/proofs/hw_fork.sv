// What must hold in hw_fork, before the line that `//@` names.
//@endmodule
  logic f_past_q;
  logic [2:0] f_taken_q;  // words taken from the input, modulo 8

  initial f_past_q = 1'b0;
  always_ff @(posedge clk_i) f_past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) f_taken_q <= '0;
    else if (valid_i && ready_o) f_taken_q <= f_taken_q + 3'd1;
  end

  always_ff @(posedge clk_i) begin
    if (!f_past_q) assume (!rst_ni);
    if (f_past_q && $past(f_past_q && rst_ni && valid_i && !ready_o)) begin
      assume (valid_i && data_i == $past(data_i));
    end
    if (f_past_q) begin
      assert (valid_i || done_q == '0);
      assert (done_q != {Outputs{1'b1}});
      assert (data_o == data_i);
    end
    cover (f_past_q && rst_ni && valid_i && ready_o && done_q != '0);
  end

  for (genvar i = 0; i < Outputs; i++) begin : gen_formal
    logic [2:0] f_given_q;  // words given to this output, modulo 8

    always_ff @(posedge clk_i) begin
      if (!rst_ni) f_given_q <= '0;
      else if (valid_o[i] && ready_i[i]) f_given_q <= f_given_q + 3'd1;
    end

    always_ff @(posedge clk_i) begin
      if (f_past_q) begin
        // Every word exactly once: an output is never behind, and ahead only by the present word.
        assert (f_given_q == f_taken_q + 3'(done_q[i]));
        // A word that is not taken stays.
        if ($past(f_past_q && rst_ni && valid_o[i] && !ready_i[i])) begin
          assert (valid_o[i] && data_o == $past(data_o));
        end
      end
    end
  end
