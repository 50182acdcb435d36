// hw_window with an input word that is followed: the solver chooses its number and all that comes.

`default_nettype none

module prove_window #(
  parameter int unsigned Height = 2,
  parameter int unsigned Width = 2,
  parameter int unsigned Groups = 1,
  parameter int unsigned GroupWords = 1,
  parameter int unsigned KernelHeight = 2,
  parameter int unsigned KernelWidth = 1,
  parameter int unsigned StrideHeight = 1,
  parameter int unsigned StrideWidth = 1,
  parameter int unsigned PadTop = 0,
  parameter int unsigned PadLeft = 0,
  parameter int unsigned OutHeight = 1,
  parameter int unsigned OutWidth = 2,
  parameter int unsigned Bits = 2,
  parameter int unsigned PadCode = 1,
  parameter int unsigned Depth = 4
) (
  input wire logic            clk_i,
  input wire logic            rst_ni,
  input wire logic            in0_valid_i,
  input wire logic [Bits-1:0] in0_data_i,
  input wire logic            out_ok_i
);

  logic ready, start, valid;
  logic [Bits-1:0] data;

  hw_window #(
    .Shape({
      32'(Height), 32'(Width), 32'(Groups), 32'(GroupWords), 32'(KernelHeight), 32'(KernelWidth),
      32'(StrideHeight), 32'(StrideWidth), 32'd1, 32'd1, 32'(PadTop), 32'(PadLeft),
      32'(OutHeight), 32'(OutWidth)
    }),
    .InBits(Bits), .OutBits(Bits), .PadCode(Bits'(PadCode)), .Depth(Depth)
  ) u_core (
    .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o(ready), .in0_data_i, .out_ok_i,
    .out_start_o(start), .out_valid_o(valid), .out_data_o(data)
  );

  (* anyconst *) logic [5:0] followed;
  logic [7:0] taken_q, frame_q, given_q;  // words, frames, words of the frame's output
  logic past_q, seen_q, start_q;
  logic [Bits-1:0] value_q;

  // Which word the reference gives next: from the number of the output word, outermost loop first.
  localparam int unsigned Kernel = KernelHeight * KernelWidth * GroupWords;
  localparam int unsigned Given = OutHeight * OutWidth * Groups * Kernel;
  logic signed [15:0] row, col;
  logic [15:0] word, window, group, tap, place;
  logic inside;

  assign word = given_q % GroupWords;
  assign tap = (given_q % Kernel) / GroupWords;
  assign group = (given_q / Kernel) % Groups;
  assign window = given_q / (Kernel * Groups);
  assign row = $signed(16'((window / OutWidth) * StrideHeight + tap / KernelWidth - PadTop));
  assign col = $signed(16'((window % OutWidth) * StrideWidth + tap % KernelWidth - PadLeft));
  assign inside = !row[15] && !col[15] && row < Height && col < Width;
  assign place = 16'(((frame_q * Height + 16'(row)) * Width + 16'(col)) * (Groups * GroupWords)
                     + group * GroupWords + word);

  initial past_q = 1'b0;
  always_ff @(posedge clk_i) past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {taken_q, frame_q, given_q} <= '0;
      {seen_q, start_q} <= '0;
    end else begin
      start_q <= start;
      if (ready) begin
        taken_q <= taken_q + 8'd1;
        if (taken_q == followed) begin
          seen_q <= 1'b1;
          value_q <= in0_data_i;
        end
      end
      if (valid) begin
        given_q <= (given_q == Given - 1) ? '0 : given_q + 8'd1;
        if (given_q == Given - 1) frame_q <= frame_q + 8'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!past_q) assume (!rst_ni);
    if (past_q && rst_ni) begin
      assert (in0_valid_i || !ready);
      assert (out_ok_i || !start);
      assert (valid == start_q);
      if (valid && !inside) assert (data == Bits'(PadCode));
      if (valid && inside && place == followed) begin
        assert (seen_q);
        assert (data == value_q);
      end
      // The first word of a frame waits for the frame.
      if (valid) assert (taken_q > frame_q * Height * Width * Groups * GroupWords);
      // Nothing waits when both sides are willing.
      if (in0_valid_i && out_ok_i) assert (ready || start);
    end
    cover (past_q && rst_ni && valid && inside && place == followed && frame_q == 8'd1);
  end

endmodule

`default_nettype wire
