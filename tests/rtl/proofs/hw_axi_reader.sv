// What must hold in hw_axi_reader, before the line that `//@` names.
//@endmodule
  // The memory brings beats that were asked for, and base_i stays; then every beat has a place
  // (hw_credit_fifo asserts it), and bursts are the pieces of the image.
  localparam int unsigned FBits = RoomBits + 2;
  localparam int unsigned AWide = AddressBits + 2;

  logic [FBits-1:0] f_coming_q;  // beats of bursts that the memory has taken
  logic [FBits-1:0] f_stored_q, f_shown;
  logic [AWide-1:0] f_from;      // where the burst that is shown begins in the image
  logic             f_past_q;

  assign f_shown = valid_q ? FBits'(length_q) + 1'b1 : '0;
  assign f_from = AWide'(AddressBits'(address_q - base_i));

  initial f_past_q = 1'b0;
  always_ff @(posedge clk_i) f_past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      f_coming_q <= '0;
      f_stored_q <= '0;
    end else begin
      f_coming_q <= f_coming_q + (arready_i ? f_shown : '0) - FBits'(rvalid_i);
      f_stored_q <= f_stored_q + FBits'(rvalid_i) - FBits'(pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!f_past_q) assume (!rst_ni);
    if (f_past_q) begin
      assume (base_i == $past(base_i));
      assume (!rvalid_i || (f_coming_q != '0 && rst_ni));
      assert (FBits'(room_q) + f_shown + f_coming_q + f_stored_q == Depth);
      if (valid_q) begin
        assert (f_from % BurstBytes == 0);
        assert (f_from + AWide'(f_shown) * BeatBytes <= Rows * BeatBytes);
        assert (f_shown == BurstBeats || f_from + AWide'(f_shown) * BeatBytes == Rows * BeatBytes);
      end
      if ($past(f_past_q && rst_ni && valid_q && !arready_i) && rst_ni)
        assert (valid_q && address_q == $past(address_q) && length_q == $past(length_q));
      if ($past(f_past_q && rst_ni && (error_o || (rvalid_i && rresp_i[1])))) assert (error_o);
    end
    cover (f_past_q && rst_ni && f_stored_q == Depth);
    cover (f_past_q && rst_ni && valid_q && f_from == '0 && f_stored_q != '0);
  end
