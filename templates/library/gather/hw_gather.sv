// Reads the words of a frame from a circular buffer in any order, frames overlapping.
//
// A row of the program is {release [ReleaseWidth], word [WordWidth], blank}: start an output word
// that is the constant Fill in all lanes if `blank` is set, and else word number `word` + Stride *
// (period of the frame), recoded by hw_recode; then release the `release` oldest words of the
// buffer. A frame of InWords words is read in `Periods` periods of `Rows` reads. A read waits until
// the furthest word read so far in the frame has been written (the first word in any case, the last
// word for the last read, which releases FinalRelease words).
//
// Handshake: a core with an independent writer, which takes a word per cycle while a word of the
// buffer is free. out_valid_o comes two cycles after out_start_o. A word written in cycle t can be
// read in t + 1, a word released in t overwritten in t + 1.

`default_nettype none

module hw_gather #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned InWidth = 3,
  parameter int unsigned OutWidth = 5,
  parameter hw_recoding_pkg::recoding_e Recoding = hw_recoding_pkg::Zeros,
  parameter logic [OutWidth-1:0] Fill = '0,
  parameter int unsigned Capacity = 16,
  parameter int unsigned InWords = 12,
  parameter int unsigned Rows = 6,
  parameter int unsigned Periods = 3,
  parameter int unsigned Stride = 4,
  parameter int unsigned WordWidth = 3,
  parameter int unsigned ReleaseWidth = 2,
  parameter int unsigned FinalRelease = 1,
  parameter ProgramFile = ""
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  // Input stream
  input  wire logic                      in0_valid_i,
  output logic                           in0_ready_o,
  input  wire logic [Lanes*InWidth-1:0]  in0_data_i,
  // Output to a credit FIFO
  input  wire logic                      out_ok_i,
  output logic                           out_start_o,
  output logic                           out_valid_o,
  output logic      [Lanes*OutWidth-1:0] out_data_o
);

  localparam int unsigned RowWidth = ReleaseWidth + WordWidth + 1;
  localparam int unsigned IndexWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned AddressWidth = $clog2(Capacity);
  // Counts words from the beginning of the frame that is read to the newest in the buffer.
  localparam int unsigned CountWidth = $clog2(InWords + Capacity + 1);
  localparam logic [IndexWidth-1:0] LAST = IndexWidth'(Rows - 1);

  if (Capacity < 2 || (Capacity & (Capacity - 1)) != 0) begin : gen_illegal
    $error("hw_gather: Capacity is a power of two, at least 2");
  end
  if (InWords < 1 || Rows < 1 || Periods < 1 || FinalRelease > InWords) begin : gen_illegal1
    $error("hw_gather: a frame has words and reads, and releases InWords at most");
  end

  // ---------------------------------------------------------------- writer
  logic [Lanes*InWidth-1:0] word_mem [Capacity];
  logic [AddressWidth-1:0]  write_q;
  logic [CountWidth-1:0]    used_q, written_q;
  logic                     write, fire;

  assign write = in0_valid_i && (used_q != CountWidth'(Capacity));
  assign in0_ready_o = write;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) write_q <= '0;
    else if (write) write_q <= write_q + AddressWidth'(1);
  end

  always_ff @(posedge clk_i) begin
    if (write) word_mem[write_q] <= in0_data_i;
  end

  // ---------------------------------------------------------------- program
  // The row in row_q is that of index_q; during reset the first row is read.
  logic [RowWidth-1:0]   program_mem [Rows];
  logic [RowWidth-1:0]   row_q;
  logic [IndexWidth-1:0] index_q, index_d;
  logic                  advance, row_last, period_last, final_row;

  initial begin
    if (ProgramFile != "") $readmemh(ProgramFile, program_mem);
  end

  assign row_last = index_q == LAST;
  assign final_row = row_last && period_last;

  hw_wrap #(
    .Count(Periods)
  ) u_period (
    .clk_i,
    .rst_ni,
    .step_i(advance && row_last),
    .last_o(period_last)
  );

  always_comb begin
    index_d = index_q;
    if (!rst_ni) index_d = '0;
    else if (advance) index_d = row_last ? '0 : index_q + IndexWidth'(1);
  end

  always_ff @(posedge clk_i) begin
    row_q <= program_mem[index_d];
    index_q <= index_d;
  end

  // ---------------------------------------------------------------- next read
  // What the next read needs is known a cycle ahead, so only a comparison is left to do then.
  logic                    blank, valid_q, blank_q, final_q;
  logic [CountWidth-1:0]   place, reach, furthest_q, base_q, need_q, release_row, release_q;
  logic [AddressWidth-1:0] frame_q, address_q;

  assign blank = row_q[0];
  assign release_row = CountWidth'(row_q[RowWidth-1:WordWidth+1]);
  assign place = base_q + CountWidth'(row_q[WordWidth:1]);
  assign reach = (!blank && (place >= furthest_q)) ? place + CountWidth'(1) : furthest_q;
  assign advance = !valid_q || fire;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      base_q <= '0;
      frame_q <= '0;
      furthest_q <= CountWidth'(1);
    end else if (advance) begin
      valid_q <= 1'b1;
      furthest_q <= reach;
      if (row_last) base_q <= base_q + CountWidth'(Stride);
      if (final_row) begin
        base_q <= '0;
        frame_q <= frame_q + AddressWidth'(InWords);
        furthest_q <= CountWidth'(1);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (advance) begin
      blank_q <= blank;
      final_q <= final_row;
      address_q <= frame_q + AddressWidth'(place);
      need_q <= final_row ? CountWidth'(InWords) : reach;
      release_q <= final_row ? CountWidth'(FinalRelease) : release_row;
    end
  end

  // ---------------------------------------------------------------- reader
  assign fire = valid_q && out_ok_i && (written_q >= need_q);
  assign out_start_o = fire;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      used_q <= '0;
      written_q <= '0;
    end else begin
      used_q <= used_q + CountWidth'(write) - (fire ? release_q : '0);
      written_q <= written_q + CountWidth'(write) - ((fire && final_q) ? CountWidth'(InWords) : '0);
    end
  end

  // ---------------------------------------------------------------- data
  logic [Lanes*InWidth-1:0]  word_q;
  logic [Lanes*OutWidth-1:0] recoded;
  logic                      read_q, empty_q;

  always_ff @(posedge clk_i) begin
    if (fire) word_q <= word_mem[address_q];
  end

  hw_recode #(
    .Lanes(Lanes),
    .InWidth(InWidth),
    .OutWidth(OutWidth),
    .Recoding(Recoding)
  ) u_recode (
    .data_i(word_q),
    .data_o(recoded)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      read_q <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      read_q <= fire;
      out_valid_o <= read_q;
    end
  end

  always_ff @(posedge clk_i) begin
    empty_q <= blank_q;
    out_data_o <= empty_q ? {Lanes{Fill}} : recoded;
  end

endmodule

`default_nettype wire
