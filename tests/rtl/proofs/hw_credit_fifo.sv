// What must hold in hw_credit_fifo: parts before the lines of the module that `//@` names, and the
// last one at its end. A proof of a module around this one must show that it keeps the rules.
`ifndef HW_CREDIT_FIFO_REQUIRE
`define HW_CREDIT_FIFO_REQUIRE assert
`endif
//@  assign ok_o = ok_q;
  // One word, chosen by the solver when it is pushed, is followed until it leaves.
  logic [CountW-1:0] f_stored;   // words pushed and not yet taken, as the branch below sees it
  logic [CountW-1:0] f_ahead_q;  // words that must leave before the followed one
  logic f_follow_q, f_past_q;
  logic [Width-1:0] f_word_q;
//@  end else if (!Block && Depth == 2) begin : gen_two
    assign f_stored = CountW'(valid_q);
    always_ff @(posedge clk_i) begin
      if (f_past_q && f_follow_q) assert (data_q == f_word_q);
    end
//@  end else begin : gen_memory
    assign f_stored = CountW'(head_valid_q) + CountW'(tail_valid_q);
    always_ff @(posedge clk_i) begin
      if (f_past_q) assert (head_valid_q || !tail_valid_q);
      if (f_past_q && f_follow_q) assert ((f_ahead_q == '0 ? head_q : tail_q) == f_word_q);
    end
//@    if (Block) begin : gen_block
    // Where the followed word lies: `f_offset` rows behind the oldest word in the memory.
    logic f_shown;  // the word at the output has left the memory
    logic [CountW-1:0] f_offset;
    logic [CountW:0] f_row, f_from, f_to;
    logic [PtrW-1:0] f_place;
    logic [CountW-1:0] f_kept;  // words in the memory

    assign f_from = (CountW + 1)'(read_q);
    assign f_to = (CountW + 1)'(write_q) + (write_q > read_q ? '0 : (CountW + 1)'(Depth));
    assign f_kept = some_q ? CountW'(f_to - f_from) : '0;
    assign f_stored = f_kept + CountW'(f_shown);
    assign f_offset = f_ahead_q - CountW'(f_shown);
    assign f_row = f_from + (CountW + 1)'(f_offset);
    assign f_place = PtrW'(f_row < Depth ? f_row : f_row - Depth);

    always_ff @(posedge clk_i) begin
      if (f_past_q) begin
        assert (read_q <= LAST);
        assert (write_q <= LAST);
        assert (some_q || read_q == write_q);
      end
    end
    if (!Block) begin : gen_nothing_shown
      assign f_shown = 1'b0;
    end
//@    end else begin : gen_lut
      assign f_shown = valid_q;
      always_ff @(posedge clk_i) begin
        if (f_past_q && f_follow_q && !(f_shown && f_ahead_q == '0))
          assert (mem[f_place] == f_word_q);
        // Or what is read would depend on the kind of memory.
        if (f_past_q) assert (!(push_i && take && write_q == read_q) || !rst_ni);
        if (f_past_q && f_follow_q && valid_q && f_ahead_q == '0) assert (data_q == f_word_q);
        // Two cycles after the push at the latest, if nothing is in front.
        if (f_past_q && $past(f_past_q && rst_ni && some_q)) assert (valid_o);
      end
//@      assign take = pop;
      always_ff @(posedge clk_i) begin
        if (f_past_q && f_follow_q) assert (mem[f_place] == f_word_q);
      end
//@endmodule
  (* anyseq *) logic f_pick;
  logic [CountW-1:0] f_count_q;  // words pushed minus words taken
  logic [CountW:0] f_credit_q;   // places reserved minus words taken

  initial f_past_q = 1'b0;
  always_ff @(posedge clk_i) f_past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      f_count_q <= '0;
      f_credit_q <= '0;
      f_follow_q <= 1'b0;
    end else begin
      f_credit_q <= f_credit_q + (CountW + 1)'(reserve_i) - (CountW + 1)'(pop);
      f_count_q <= f_count_q + CountW'(push_i) - CountW'(pop);
      if (!f_follow_q && push_i && f_pick) begin
        f_follow_q <= 1'b1;
        f_word_q <= data_i;
        f_ahead_q <= f_count_q - CountW'(pop);
      end else if (f_follow_q && pop) begin
        f_follow_q <= (f_ahead_q != '0);
        f_ahead_q <= f_ahead_q - CountW'(1);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!f_past_q) assume (!rst_ni);
    if (f_past_q) begin
      `HW_CREDIT_FIFO_REQUIRE (ok_o || !reserve_i || !rst_ni);
      `HW_CREDIT_FIFO_REQUIRE (!push_i || reserve_i || f_count_q < reserved_q || !rst_ni);
      // Occupancy: nothing lost, nothing doubled, never more than the capacity.
      assert (f_stored == f_count_q);
      assert (f_count_q <= reserved_q);
      assert (f_credit_q == (CountW + 1)'(reserved_q));
      assert (reserved_q <= CountW'(Depth));
      assert (ok_o == (reserved_q < CountW'(Depth)));
      assert (f_count_q != '0 || !valid_o);
      if (!Block) assert (valid_o == (f_count_q != '0));
      // Order: the followed word is stored, and is shown when nothing is ahead of it.
      if (f_follow_q) assert (f_ahead_q < f_count_q);
      if (f_follow_q && f_ahead_q == '0 && valid_o) assert (data_o == f_word_q);
      // A word that is not taken stays.
      if ($past(f_past_q && rst_ni && valid_o && !ready_i))
        assert (valid_o && data_o == $past(data_o));
    end
    cover (f_past_q && rst_ni && f_count_q == CountW'(Depth) && !ok_o);
    cover (f_past_q && rst_ni && f_follow_q && f_ahead_q == '0 && pop);
  end
