// hw_gather with an input word that is followed: the solver chooses its number and all that comes.
// The reference reads the program, too, and multiplies where the core adds.

`default_nettype none

module prove_gather #(
  parameter int unsigned Bits = 2,
  parameter int unsigned Fill = 2,
  parameter int unsigned Capacity = 8,
  parameter int unsigned InWords = 4,
  parameter int unsigned Rows = 3,
  parameter int unsigned Periods = 2,
  parameter int unsigned Stride = 2,
  parameter int unsigned WordWidth = 1,
  parameter int unsigned ReleaseWidth = 2,
  parameter int unsigned FinalRelease = 2
) (
  input wire logic            clk_i,
  input wire logic            rst_ni,
  input wire logic            in0_valid_i,
  input wire logic [Bits-1:0] in0_data_i,
  input wire logic            out_ok_i
);

  logic ready, start, valid;
  logic [Bits-1:0] data;

  hw_gather #(
    .Lanes(1), .InWidth(Bits), .OutWidth(Bits), .Fill(Bits'(Fill)), .Capacity(Capacity),
    .InWords(InWords), .Rows(Rows), .Periods(Periods), .Stride(Stride), .WordWidth(WordWidth),
    .ReleaseWidth(ReleaseWidth), .FinalRelease(FinalRelease), .ProgramFile("program.mem")
  ) u_core (
    .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o(ready), .in0_data_i, .out_ok_i,
    .out_start_o(start), .out_valid_o(valid), .out_data_o(data)
  );

  logic [ReleaseWidth+WordWidth:0] program_mem [Rows];
  logic [ReleaseWidth+WordWidth:0] line;
  initial $readmemh("program.mem", program_mem);

  (* anyconst *) logic [5:0] followed;
  logic [7:0] taken_q, frame_q, row_q, period_q, place;
  logic past_q, seen_q, start_q, start_q2;
  logic [Bits-1:0] value_q;

  assign line = program_mem[row_q];
  assign place = frame_q * InWords + period_q * Stride + 8'(line[WordWidth:1]);

  initial past_q = 1'b0;
  always_ff @(posedge clk_i) past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {taken_q, frame_q, row_q, period_q} <= '0;
      {seen_q, start_q, start_q2} <= '0;
    end else begin
      start_q <= start;
      start_q2 <= start_q;
      if (ready) begin
        taken_q <= taken_q + 8'd1;
        if (taken_q == followed) begin
          seen_q <= 1'b1;
          value_q <= in0_data_i;
        end
      end
      if (valid) begin
        row_q <= (row_q == Rows - 1) ? '0 : row_q + 8'd1;
        if (row_q == Rows - 1) begin
          period_q <= (period_q == Periods - 1) ? '0 : period_q + 8'd1;
          if (period_q == Periods - 1) frame_q <= frame_q + 8'd1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!past_q) assume (!rst_ni);
    if (past_q && rst_ni) begin
      assert (in0_valid_i || !ready);
      assert (out_ok_i || !start);
      assert (valid == start_q2);
      if (valid && line[0]) assert (data == Bits'(Fill));
      if (valid && !line[0] && place == followed) begin
        assert (seen_q);
        assert (data == value_q);
      end
      // The first word of a frame waits for its first word, the last one for its last.
      if (valid) assert (taken_q > frame_q * InWords);
      if (valid && row_q == Rows - 1 && period_q == Periods - 1)
        assert (taken_q >= (frame_q + 8'd1) * InWords);
      // Nothing waits when both sides are willing.
      if (in0_valid_i && out_ok_i) assert (ready || start);
    end
    cover (past_q && rst_ni && valid && !line[0] && place == followed && frame_q == 8'd1);
  end

endmodule

`default_nettype wire
