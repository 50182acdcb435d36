// Sliding window over a padded map, one word of a window per cycle, from a circular line buffer.
//
// The writer stores an input word whenever the buffer has a free place. The reader walks
// (window row, window column, group, tap row, tap column, word of the group); it starts an output
// word in every cycle in which the output has room and the word it needs has been stored. Taps in
// the padding read nothing and give PadCode in every lane; but the first word of a frame, padding
// or not, waits for the first input word of that frame. Frames follow each other without a gap.
//
// Words are numbered as they arrive, frame after frame, modulo 2**NumberBits; a word's place in the
// buffer is its number modulo Depth. After the last word of a window, everything before the next
// window's first tap is free; after the last window of a frame, the whole frame is, even words that
// have not arrived yet (no window looks at them).
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o). Latency: out_valid_o comes one cycle
// after out_start_o; a word stored in one cycle can be read in the next.
`default_nettype none

module hw_window #(
  parameter hw_window_pkg::shape_t Shape = hw_window_pkg::SHAPE,
  parameter int unsigned Parallel = 1,
  parameter int unsigned LastLanes = 1,  // in use in the last word of a tap
  parameter int unsigned InBits = 1,
  parameter int unsigned OutBits = 1,
  parameter bit InSigned = 1'b0,
  // The input is one bit (0 means -1, 1 means +1), the output two's complement.
  parameter bit BipolarToInt = 1'b0,
  parameter logic [OutBits-1:0] PadCode = '0,
  parameter int unsigned Depth = 16  // words of the buffer, a power of two, at least 2
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Parallel*InBits-1:0] in0_data_i,
  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Parallel*OutBits-1:0] out_data_o
);

  localparam int unsigned Height = Shape.height;
  localparam int unsigned Width = Shape.width;
  localparam int unsigned Groups = Shape.groups;
  localparam int unsigned GroupWords = Shape.group_words;
  localparam int unsigned KernelHeight = Shape.kernel_height;
  localparam int unsigned KernelWidth = Shape.kernel_width;
  localparam int unsigned StrideHeight = Shape.stride_height;
  localparam int unsigned StrideWidth = Shape.stride_width;
  localparam int unsigned DilationHeight = Shape.dilation_height;
  localparam int unsigned DilationWidth = Shape.dilation_width;
  localparam int unsigned PadTop = Shape.pad_top;
  localparam int unsigned PadLeft = Shape.pad_left;
  localparam int unsigned OutHeight = Shape.out_height;
  localparam int unsigned OutWidth = Shape.out_width;

  if (Depth < 2 || (Depth & (Depth - 1)) != 0) begin : gen_illegal
    $error("hw_window: Depth must be a power of two, at least 2");
  end
  if (LastLanes < 1 || LastLanes > Parallel || OutBits < InBits) begin : gen_illegal1
    $error("hw_window: a last word has between 1 and all lanes, and outputs hold the inputs");
  end
  if (Height < 1 || Width < 1 || Groups < 1 || GroupWords < 1 || OutHeight < 1 || OutWidth < 1
      || KernelHeight < 1 || KernelWidth < 1 || StrideHeight < 1 || StrideWidth < 1
      || DilationHeight < 1 || DilationWidth < 1) begin : gen_illegal2
    $error("hw_window: sizes, strides and dilations must be at least 1");
  end

  localparam int unsigned PixelWords = Groups * GroupWords;
  localparam int unsigned RowWords = Width * PixelWords;
  localparam int unsigned FrameWords = Height * RowWords;
  localparam int unsigned PadWords = PadTop * RowWords + PadLeft * PixelWords;

  // Differences of word numbers are signed and stay below 2 * FrameWords + Depth + PadWords.
  localparam int unsigned NumberBits = $clog2(2 * FrameWords + Depth + PadWords + 1) + 1;
  localparam int unsigned PlaceBits = $clog2(Depth);

  // Pixel positions are signed; padding lies outside of [0, Height) and [0, Width).
  localparam int unsigned RowBits =
      $clog2(Height + PadTop + OutHeight * StrideHeight + KernelHeight * DilationHeight + 1) + 1;
  localparam int unsigned ColBits =
      $clog2(Width + PadLeft + OutWidth * StrideWidth + KernelWidth * DilationWidth + 1) + 1;

  // Whether any tap of any window lies in the padding; otherwise positions are not looked at.
  localparam bit Padded = PadTop > 0 || PadLeft > 0 ||
      (OutHeight - 1) * StrideHeight + (KernelHeight - 1) * DilationHeight >= Height ||
      (OutWidth - 1) * StrideWidth + (KernelWidth - 1) * DilationWidth >= Width;

  localparam int unsigned WordBits = (GroupWords > 1) ? $clog2(GroupWords) : 1;
  localparam int unsigned TapColBits = (KernelWidth > 1) ? $clog2(KernelWidth) : 1;
  localparam int unsigned TapRowBits = (KernelHeight > 1) ? $clog2(KernelHeight) : 1;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int unsigned WinColBits = (OutWidth > 1) ? $clog2(OutWidth) : 1;
  localparam int unsigned WinRowBits = (OutHeight > 1) ? $clog2(OutHeight) : 1;

  // What to add to a word number when a loop advances and the loops inside it start over.
  // Unsigned arithmetic wraps, which is what a negative step needs.
  localparam int unsigned StepTapCol = DilationWidth * PixelWords - (GroupWords - 1);
  localparam int unsigned TapRowSpan = (KernelWidth - 1) * DilationWidth * PixelWords;
  localparam int unsigned StepTapRow = DilationHeight * RowWords - TapRowSpan - (GroupWords - 1);
  localparam int unsigned StepGroup =
      1 - (KernelHeight - 1) * DilationHeight * RowWords - TapRowSpan;
  localparam int unsigned StepWinCol = StrideWidth * PixelWords;
  localparam int unsigned WinRowSpan = (OutWidth - 1) * StrideWidth * PixelWords;
  localparam int unsigned StepWinRow = StrideHeight * RowWords - WinRowSpan;
  localparam int unsigned StepFrame =
      FrameWords - (OutHeight - 1) * StrideHeight * RowWords - WinRowSpan;

  // ---- Loops of the reader ----
  logic [WordBits-1:0] word_q;
  logic [TapColBits-1:0] tap_col_q;
  logic [TapRowBits-1:0] tap_row_q;
  logic [GroupBits-1:0] group_q;
  logic [WinColBits-1:0] win_col_q;
  logic [WinRowBits-1:0] win_row_q;

  logic last_word, last_tap_col, last_tap_row, last_group, last_win_col, last_win_row;
  logic end_tap_row, end_group, end_window, end_win_row, end_frame;

  assign last_word = word_q == WordBits'(GroupWords - 1);
  assign last_tap_col = tap_col_q == TapColBits'(KernelWidth - 1);
  assign last_tap_row = tap_row_q == TapRowBits'(KernelHeight - 1);
  assign last_group = group_q == GroupBits'(Groups - 1);
  assign last_win_col = win_col_q == WinColBits'(OutWidth - 1);
  assign last_win_row = win_row_q == WinRowBits'(OutHeight - 1);

  assign end_tap_row = last_word && last_tap_col;
  assign end_group = end_tap_row && last_tap_row;
  assign end_window = end_group && last_group;
  assign end_win_row = end_window && last_win_col;
  assign end_frame = end_win_row && last_win_row;

  logic fire;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q <= '0;
      tap_col_q <= '0;
      tap_row_q <= '0;
      group_q <= '0;
      win_col_q <= '0;
      win_row_q <= '0;
    end else if (fire) begin
      word_q <= last_word ? '0 : word_q + 1'b1;
      if (last_word) tap_col_q <= last_tap_col ? '0 : tap_col_q + 1'b1;
      if (end_tap_row) tap_row_q <= last_tap_row ? '0 : tap_row_q + 1'b1;
      if (end_group) group_q <= last_group ? '0 : group_q + 1'b1;
      if (end_window) win_col_q <= last_win_col ? '0 : win_col_q + 1'b1;
      if (end_win_row) win_row_q <= last_win_row ? '0 : win_row_q + 1'b1;
    end
  end

  // ---- Pixel position of the window's first tap and of the current tap ----
  logic signed [RowBits-1:0] first_row_q, first_row_d, row_q, row_d;
  logic signed [ColBits-1:0] first_col_q, first_col_d, col_q, col_d;

  assign col_d = col_q + $signed(ColBits'(DilationWidth));
  assign row_d = row_q + $signed(RowBits'(DilationHeight));

  always_comb begin
    first_col_d = first_col_q + $signed(ColBits'(StrideWidth));
    first_row_d = first_row_q;
    if (last_win_col) begin
      first_col_d = -$signed(ColBits'(PadLeft));
      first_row_d = first_row_q + $signed(RowBits'(StrideHeight));
      if (last_win_row) first_row_d = -$signed(RowBits'(PadTop));
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_row_q <= -$signed(RowBits'(PadTop));
      first_col_q <= -$signed(ColBits'(PadLeft));
      row_q <= -$signed(RowBits'(PadTop));
      col_q <= -$signed(ColBits'(PadLeft));
    end else if (fire) begin
      if (end_window) begin
        first_row_q <= first_row_d;
        first_col_q <= first_col_d;
        row_q <= first_row_d;
        col_q <= first_col_d;
      end else begin
        if (last_word) col_q <= last_tap_col ? first_col_q : col_d;
        if (end_tap_row) row_q <= last_tap_row ? first_row_q : row_d;
      end
    end
  end

  logic on_map;

  assign on_map = !Padded || (!row_q[RowBits-1] && row_q < $signed(RowBits'(Height)) &&
                              !col_q[ColBits-1] && col_q < $signed(ColBits'(Width)));

  // -- Word numbers: next to be written, of the current tap, of the window's first tap, first kept
  logic [NumberBits-1:0] written_q, read_q, first_q, first_d, kept_q, kept_d, step, ahead, gain;
  logic [NumberBits-1:0] held;
  logic write, useful, arrived, begun_q;

  always_comb begin
    step = NumberBits'(1);
    if (last_word) step = NumberBits'(StepTapCol);
    if (end_tap_row) step = NumberBits'(StepTapRow);
    if (end_group) step = NumberBits'(StepGroup);
  end

  always_comb begin
    first_d = first_q + NumberBits'(StepWinCol);
    if (last_win_col) first_d = first_q + NumberBits'(StepWinRow);
    if (last_win_col && last_win_row) first_d = first_q + NumberBits'(StepFrame);
  end

  // The next window's first tap tells what is still needed, unless it lies right of the map (its
  // number would be that of a pixel in the next row) or below it.
  assign useful = !Padded || (first_row_d < $signed(RowBits'(Height)) &&
                              first_col_d < $signed(ColBits'(Width)));
  assign kept_d = end_frame ? first_d + NumberBits'(PadWords) : first_d;
  assign gain = kept_d - kept_q;

  assign ahead = written_q - read_q;
  assign held = written_q - kept_q;
  // At the start of a frame, the first kept word is the frame's first word.
  assign arrived = on_map ? !ahead[NumberBits-1] && ahead != '0
                          : begun_q || (!held[NumberBits-1] && held != '0);
  assign fire = out_ok_i && arrived;

  assign in0_ready_o = in0_valid_i && held != NumberBits'(Depth);
  assign write = in0_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      written_q <= '0;
      kept_q <= '0;
      begun_q <= 1'b0;
      // No unary minus: Yosys would take it for a part of the cast's width.
      read_q <= NumberBits'(0) - NumberBits'(PadWords);
      first_q <= NumberBits'(0) - NumberBits'(PadWords);
    end else begin
      if (write) written_q <= written_q + 1'b1;
      if (fire) read_q <= end_window ? first_d : read_q + step;
      if (fire) begun_q <= !end_frame;
      if (fire && end_window) begin
        first_q <= first_d;
        if (useful && !gain[NumberBits-1]) kept_q <= kept_d;
      end
    end
  end

  // ---- Memory ----
  logic [Parallel*InBits-1:0] mem [Depth];
  logic [Parallel*InBits-1:0] data_q;
  logic on_map_q, last_q;

  always_ff @(posedge clk_i) begin
    if (write) mem[written_q[PlaceBits-1:0]] <= in0_data_i;
    if (fire) data_q <= mem[read_q[PlaceBits-1:0]];
    on_map_q <= on_map;
    last_q <= last_word;
  end

  // Output: the stored word in the output's encoding, or padding; lanes behind the vector are zero

  logic valid_q;
  logic [Parallel*OutBits-1:0] converted, chosen;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else valid_q <= fire;
  end

  if (BipolarToInt) begin : gen_bipolar
    for (genvar l = 0; l < Parallel; l++) begin : gen_lane
      // +1 is 0...01 and -1 is 1...11.
      assign converted[l*OutBits +: OutBits] = { {(OutBits - 1){~data_q[l]}}, 1'b1};
    end
  end else if (OutBits > InBits) begin : gen_extend
    for (genvar l = 0; l < Parallel; l++) begin : gen_lane
      assign converted[l*OutBits +: OutBits] =
          { {(OutBits - InBits){InSigned & data_q[l*InBits+InBits-1]}}, data_q[l*InBits +: InBits]};
    end
  end else begin : gen_same
    assign converted = data_q;
  end

  assign chosen = (!Padded || on_map_q) ? converted : {Parallel{PadCode}};

  if (LastLanes < Parallel) begin : gen_ragged
    localparam logic [Parallel*OutBits-1:0] LastMask =
        {(Parallel*OutBits){1'b1}} >> ((Parallel - LastLanes) * OutBits);
    assign out_data_o = last_q ? chosen & LastMask : chosen;
  end else begin : gen_even
    assign out_data_o = chosen;
    logic unused_last;
    assign unused_last = last_q;
  end

  assign out_start_o = fire;
  assign out_valid_o = valid_q;

endmodule

`default_nettype wire
