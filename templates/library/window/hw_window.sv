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
// Of listed taps, TapPlaces holds the places in the kernel, row after row; see hw_window_position.
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o). Latency: out_valid_o comes one cycle
// after out_start_o, or two with Later, which puts a register behind the memory; a word stored in
// one cycle can be read in the next.

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
  parameter int unsigned Depth = 16,  // words of the buffer, a power of two, at least 2
  parameter bit Later = 1'b0,
  parameter int unsigned TapCount = 0,  // of taps that are listed; 0 where all are given
  parameter logic [((TapCount > 0) ? TapCount : 1)*32-1:0] TapPlaces = '0
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

  localparam int unsigned Taps = (TapCount > 0) ? TapCount : KernelHeight * KernelWidth;
  localparam int unsigned TapCols = (TapCount > 0) ? TapCount : KernelWidth;
  localparam int unsigned TapBits = (TapCols > 1) ? $clog2(TapCols) : 1;
  localparam int unsigned PixelWords = Groups * GroupWords;
  localparam int unsigned RowWords = Width * PixelWords;
  localparam int unsigned FrameWords = Height * RowWords;
  localparam int unsigned PadWords = PadTop * RowWords + PadLeft * PixelWords;

  // Words from a window's first pixel to a listed tap; to the first one.
  function automatic int unsigned words_to(input int unsigned tap);
    words_to = (TapPlaces[tap*32 +: 32] / KernelWidth) * DilationHeight * RowWords
        + (TapPlaces[tap*32 +: 32] % KernelWidth) * DilationWidth * PixelWords;
  endfunction
  localparam int unsigned First = (TapCount > 0) ? words_to(0) : 0;

  // Differences of word numbers are signed and stay below 2 * FrameWords + Depth + PadWords.
  localparam int unsigned NumberBits = $clog2(2 * FrameWords + Depth + PadWords + 1) + 1;
  localparam int unsigned PlaceBits = $clog2(Depth);

  // Whether any tap of any window lies in the padding; otherwise positions are not looked at.
  localparam bit Padded = PadTop > 0 || PadLeft > 0 ||
      (OutHeight - 1) * StrideHeight + (KernelHeight - 1) * DilationHeight >= Height ||
      (OutWidth - 1) * StrideWidth + (KernelWidth - 1) * DilationWidth >= Width;

  // What to add to a word number when a loop advances and the loops inside it start over.
  // Unsigned arithmetic wraps, which is what a negative step needs.
  localparam int unsigned StepTapCol = DilationWidth * PixelWords - (GroupWords - 1);
  localparam int unsigned TapRowSpan = (KernelWidth - 1) * DilationWidth * PixelWords;
  localparam int unsigned StepTapRow = DilationHeight * RowWords - TapRowSpan - (GroupWords - 1);
  localparam int unsigned Span = (TapCount > 0) ? words_to(Taps - 1) - words_to(0)
      : (KernelHeight - 1) * DilationHeight * RowWords + TapRowSpan;
  localparam int unsigned StepGroup = 1 - Span;
  localparam int unsigned StepWinCol = StrideWidth * PixelWords;
  localparam int unsigned WinRowSpan = (OutWidth - 1) * StrideWidth * PixelWords;
  localparam int unsigned StepWinRow = StrideHeight * RowWords - WinRowSpan;
  localparam int unsigned StepFrame =
      FrameWords - (OutHeight - 1) * StrideHeight * RowWords - WinRowSpan;

  // ---- Loops of the reader ----
  logic last_word, last_tap_col, last_tap_row, last_win_col, last_win_row;
  logic end_tap_row, end_group, end_window, end_frame, fire;

  logic [TapBits-1:0] tap;

  hw_window_loops #(
    .Shape(Shape), .TapRows((TapCount > 0) ? 1 : KernelHeight), .TapCols(TapCols)
  ) u_loops (
    .clk_i,
    .rst_ni,
    .step_i(fire),
    .tap_col_o(tap),
    .last_word_o(last_word),
    .last_tap_col_o(last_tap_col),
    .last_tap_row_o(last_tap_row),
    .last_win_col_o(last_win_col),
    .last_win_row_o(last_win_row),
    .end_tap_row_o(end_tap_row),
    .end_group_o(end_group),
    .end_window_o(end_window),
    .end_frame_o(end_frame)
  );

  // A window of more than two words leaves time to work out the next one in two steps.
  localparam bit Ahead = Taps * PixelWords > 2;
  logic on_map, next_useful;

  hw_window_position #(
    .Shape(Shape), .TapCount(TapCount), .TapPlaces(TapPlaces), .Padded(Padded), .Ahead(Ahead),
    .TapBits(TapBits)
  ) u_position (
    .clk_i, .rst_ni, .fire_i(fire), .tap_i(tap), .last_word_i(last_word),
    .last_tap_col_i(last_tap_col), .last_tap_row_i(last_tap_row), .last_win_col_i(last_win_col),
    .last_win_row_i(last_win_row), .end_tap_row_i(end_tap_row), .end_window_i(end_window),
    .on_map_o(on_map), .next_useful_o(next_useful)
  );

  // -- Word numbers: next to be written, of the current tap, of the window's first tap, first kept
  logic [NumberBits-1:0] written_q, read_q, first_q, kept_q, step, step_tap, missing, lacking, held;
  logic [NumberBits-1:0] first_d, kept_d;  // of the next window
  logic frees;  // the next window needs less
  logic write, arrived, begun_q;

  localparam int unsigned Listed = (TapCount > 0) ? TapCount : 1;
  function automatic logic [Listed*NumberBits-1:0] steps(input int unsigned count);
    steps = '0;
    for (int unsigned t = 1; t < count; t++) begin
      steps[(t-1)*NumberBits +: NumberBits] =
          NumberBits'(words_to(t) - words_to(t - 1) - (GroupWords - 1));
    end
  endfunction

  if (TapCount > 0) begin : gen_listed
    localparam logic [Listed*NumberBits-1:0] Steps = steps(Listed);
    assign step_tap = Steps[tap*NumberBits +: NumberBits];
  end else begin : gen_all
    assign step_tap = NumberBits'(end_tap_row ? StepTapRow : StepTapCol);
  end

  always_comb begin
    step = NumberBits'(1);
    if (last_word) step = step_tap;
    if (end_group) step = NumberBits'(StepGroup);
  end

  // A number is below another one when their difference is negative.
  assign missing = read_q - written_q;
  assign lacking = kept_q - written_q;
  // At the start of a frame, the first kept word is the frame's first word.
  assign arrived = on_map ? missing[NumberBits-1] : begun_q || lacking[NumberBits-1];
  assign fire = out_ok_i && arrived;

  // Never more than Depth words are held, and fewer than none when words are not needed any more.
  assign held = written_q - kept_q;
  assign in0_ready_o = in0_valid_i && (held[NumberBits-1] || !held[PlaceBits]);
  assign write = in0_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      written_q <= '0;
      kept_q <= '0;
      begun_q <= 1'b0;
      // No unary minus: Yosys would take it for a part of the cast's width.
      read_q <= NumberBits'(First) - NumberBits'(PadWords);
      first_q <= NumberBits'(First) - NumberBits'(PadWords);
    end else begin
      if (write) written_q <= written_q + 1'b1;
      if (fire) read_q <= end_window ? first_d : read_q + step;
      if (fire) begun_q <= !end_frame;
      if (fire && end_window) begin
        first_q <= first_d;
        if (frees) kept_q <= kept_d;
      end
    end
  end

  // ---- The next window ----

  logic [NumberBits-1:0] next_first, next_kept, gain;
  logic useful;
  always_comb begin
    next_first = first_q + NumberBits'(StepWinCol);
    if (last_win_col) next_first = first_q + NumberBits'(StepWinRow);
    if (last_win_col && last_win_row) next_first = first_q + NumberBits'(StepFrame);
    next_kept = next_first - NumberBits'(First)
        + ((last_win_col && last_win_row) ? NumberBits'(PadWords) : '0);
  end

  // Its first pixel tells what is still needed, unless it lies right of the map or below it.
  assign gain = kept_d - kept_q;

  // What is known of it changes with the last word of a window only.
  if (Ahead) begin : gen_ahead
    always_ff @(posedge clk_i) begin
      first_d <= next_first;
      kept_d <= next_kept;
      useful <= next_useful;
      frees <= useful && !gain[NumberBits-1];
    end
  end else begin : gen_at_once
    assign first_d = next_first;
    assign kept_d = next_kept;
    assign useful = next_useful;
    assign frees = useful && !gain[NumberBits-1];
  end

  // ---- Memory ----
  // What is read was kept, and what is kept is not written over; a word that is read for a tap of
  // padding does not matter. So any read-during-write behaviour will do. It is read in every cycle,
  // also when nothing goes: without an enable, a block's own register can be the second one.
  (* no_rw_check *) logic [Parallel*InBits-1:0] mem [Depth];
  logic [Parallel*InBits-1:0] data_q, data;
  logic valid_q, on_map_q, last_q, data_on_map, data_last;  // a word goes; where it lies

  always_ff @(posedge clk_i) begin
    if (write) mem[written_q[PlaceBits-1:0]] <= in0_data_i;
    data_q <= mem[read_q[PlaceBits-1:0]];
    {valid_q, on_map_q, last_q} <= {rst_ni && fire, on_map, last_word};
  end

  if (Later) begin : gen_later
    always_ff @(posedge clk_i) begin
      data <= data_q;
      {out_valid_o, data_on_map, data_last} <= {rst_ni && valid_q, on_map_q, last_q};
    end
  end else begin : gen_now
    assign data = data_q;
    assign {out_valid_o, data_on_map, data_last} = {valid_q, on_map_q, last_q};
  end

  // Output: the stored word in the output's encoding, or padding; lanes behind the vector are zero
  localparam hw_recoding_pkg::recoding_e Code = BipolarToInt ? hw_recoding_pkg::Bipolar
      : InSigned ? hw_recoding_pkg::Sign : hw_recoding_pkg::Zeros;
  logic [Parallel*OutBits-1:0] converted, chosen;
  hw_recode #(.Lanes(Parallel), .InWidth(InBits), .OutWidth(OutBits), .Recoding(Code)) u_recode (
    .data_i(data), .data_o(converted)
  );
  assign chosen = (!Padded || data_on_map) ? converted : {Parallel{PadCode}};

  localparam logic [Parallel*OutBits-1:0] LastMask =
      {(Parallel*OutBits){1'b1}} >> ((Parallel - LastLanes) * OutBits);
  assign out_data_o = data_last ? chosen & LastMask : chosen;
  assign out_start_o = fire;

endmodule

`default_nettype wire
