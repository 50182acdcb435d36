// Sliding window over a padded map, all taps of a window per cycle for the channels of one word;
// with Pixels above 1, of all windows that begin in the pixels of one word.
//
// With Recent above 0 there is one bank less: hw_window_newest has words of the lowest row until
// the window is done with those of the highest one, whose places they take.
//
// The writer stores input words in line memories, one bank for each row that a window reaches over:
// row r of the stream of all frames stands in bank r mod Banks. The reader walks every row of
// windows over the columns of the map: a phase reads the words of all tap rows in one column, puts
// the banks in order, and shifts them into the register window (hw_window_taps). A window leaves in
// the phase that brings its last column. Taps in the padding are masked by the position of the
// window, so padding takes no cycles: a frame has OutHeight * Width * words-of-a-pixel phases.
//
// The last windows of a row may reach past the right edge by Tail words. Their phases then bring
// words of the next row; but the last phases of a frame wait for no word of the next frame. Reading
// may lag behind there: `gap_q` of the newest places of the register window are empty, and a word
// that comes later goes to the place behind the last one. So a phase fires as soon as the word
// Tail places ahead of it (in its own frame) has been stored, and never waits for anything else.
//
// After a phase, everything before its column in the window's first row is free.
//
// Several pixels: a word holds Pixels neighbours of a row, a multiple of StrideWidth, with all
// their channels; the last word of a row may hold fewer. A column of the walk is a word then, and
// windows leave Pixels / StrideWidth at a time. What lies behind the last window of a row is zero.
//
// Of listed taps alone, TapPlaces holds the places in the kernel, row after row, 32 bits each.
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o). Latency: out_valid_o comes two cycles
// after out_start_o (memory, register window); a word stored in one cycle can be read in the next.
`default_nettype none

module hw_window_parallel #(
  parameter hw_window_pkg::shape_t Shape = hw_window_pkg::SHAPE,  // group_words: of a pixel
  parameter int unsigned Parallel = 1,  // channels of a word
  parameter int unsigned Pixels = 1,    // in a word; above 1 only with all their channels
  parameter int unsigned Abreast = 1,   // groups in a word
  parameter int unsigned InBits = 1,
  parameter int unsigned OutBits = 1,
  parameter bit InSigned = 1'b0,
  // The input is one bit (0 means -1, 1 means +1), the output two's complement.
  parameter bit BipolarToInt = 1'b0,
  parameter logic [OutBits-1:0] PadCode = '0,
  parameter int unsigned Banks = 3,
  parameter int unsigned Depth = 4,     // words of a bank: a row, or a power of two with Ring
  parameter int unsigned Recent = 0,    // words that wait for the place of a row that leaves; or 0
  // Windows of one row that move from row to row: one bank, which need not hold a row.
  parameter bit Ring = 1'b0,
  parameter int unsigned TapCount = 0,  // of taps that are listed; 0 where all are given
  parameter logic [((TapCount > 0) ? TapCount : 1)*32-1:0] TapPlaces = '0,
  localparam int unsigned Taps =
      (TapCount > 0) ? TapCount : Shape.kernel_height * Shape.kernel_width,
  localparam int unsigned Stride = (Shape.stride_width > 0) ? Shape.stride_width : 1,
  localparam int unsigned Strides = Pixels / Stride,  // in a word
  localparam int unsigned Fewest = (Strides < Shape.out_width) ? Strides : Shape.out_width,
  localparam int unsigned Windows = (Pixels > 1) ? Fewest : 1  // of a word
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Pixels*Parallel*InBits-1:0] in0_data_i,
  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Windows*Taps*Parallel*OutBits-1:0] out_data_o
);

  localparam int Height = Shape.height;
  localparam int PixelCount = Pixels;
  localparam int WindowCount = Windows;
  localparam int Width = (Shape.width + PixelCount - 1) / PixelCount;  // columns of the walk
  localparam int Words = Shape.groups * Shape.group_words;  // of a pixel
  localparam int RowWords = Width * Words;
  localparam int KernelHeight = Shape.kernel_height;
  localparam int StrideHeight = Shape.stride_height;
  localparam int StrideWidth = Shape.stride_width;
  localparam int Step = (Pixels > 1) ? 1 : StrideWidth;  // in columns of the walk
  localparam int DilationHeight = Shape.dilation_height;
  localparam int PadTop = Shape.pad_top;
  localparam int OutHeight = Shape.out_height;
  localparam int OutWidth = (Shape.out_width + WindowCount - 1) / WindowCount;
  localparam int BankCount = Banks;
  localparam int Reach = (KernelHeight - 1) * DilationHeight;  // rows below a window's first
  localparam int PadLeft = Shape.pad_left;
  localparam int Across = (Shape.kernel_width - 1) * Shape.dilation_width;
  // The column of the last tap of the first windows, and how far the last windows of a row reach
  // past the right edge, in columns and in words.
  localparam int LastTap = (WindowCount - 1) * StrideWidth + Across - PadLeft;
  localparam int Lead = LastTap / PixelCount;
  localparam int LastColumn = (OutWidth - 1) * Step + Lead;
  localparam int TailColumns = (LastColumn >= Width) ? LastColumn - Width + 1 : 0;
  localparam int Tail = TailColumns * Words;
  localparam int Offset = Lead - TailColumns;  // of the first windows

  if (Depth < 1 || Banks < 1 || Parallel < 1 || Abreast < 1 || OutBits < InBits) begin : gen_illegal
    $error("hw_window_parallel: Depth, Banks, Parallel and Abreast must be at least 1, and %s",
           "outputs hold the inputs");
  end
  if (Height < 1 || Width < 1 || Words < 1 || OutHeight < 1 || OutWidth < 1 || KernelHeight < 1
      || StrideHeight < 1 || StrideWidth < 1 || Across < 0 || Reach < 0) begin : gen_illegal1
    $error("hw_window_parallel: sizes, strides and dilations must be at least 1");
  end
  if (Pixels > 1 && (Words != 1 || Strides * Stride != Pixels)) begin : gen_illegal2
    $error("hw_window_parallel: several pixels of a word are a multiple of the stride and whole");
  end
  if (LastTap < 0 || Offset < 0 || (OutWidth - 1) * Step >= Width || Tail > RowWords
      || Tail >= OutHeight * RowWords) begin : gen_illegal3
    $error("hw_window_parallel: the windows of a row must not reach further than a row of pixels");
  end
  if (Ring && (Banks != 1 || Reach != 0 || PadTop != 0 || StrideHeight != 1 || OutHeight != Height
      || (Depth & (Depth - 1)) != 0)) begin : gen_illegal4
    $error("hw_window_parallel: a ring is a power of two, for windows of one row, row after row");
  end
  if (!Ring && (Depth != RowWords || Banks + ((Recent > 0) ? 1 : 0) <= Reach)) begin : gen_illegal5
    $error("hw_window_parallel: there is a bank for every row that a window reaches over");
  end
  if (Recent > 0 && (Ring || Reach < 1 || RowWords < Recent + Tail + 2)) begin : gen_illegal6
    $error("hw_window_parallel: words that wait are fewer than a row, of windows of several rows");
  end

  // Counters; row numbers of the map are signed.
  localparam int unsigned PlaceBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned PosBits = $clog2(RowWords + 1);
  localparam int unsigned BankBits = (Banks > 1) ? $clog2(Banks) : 1;
  localparam int unsigned RowBits = $clog2(2 * Height + BankCount + PadTop
      + OutHeight * StrideHeight + Reach + 2) + 1;
  localparam int unsigned OutRowBits = $clog2(OutHeight + 1);
  localparam int unsigned GapBits = $clog2(Tail + 2);

  localparam logic signed [RowBits-1:0] FirstRow = $signed(RowBits'(0 - PadTop));
  localparam logic signed [RowBits-1:0] LastRow = $signed(RowBits'(Height - 1));
  localparam logic signed [RowBits-1:0] Rows = $signed(RowBits'(Height));
  localparam logic signed [RowBits-1:0] RowStride = $signed(RowBits'(StrideHeight));
  localparam logic signed [RowBits-1:0] BankRows = $signed(RowBits'(BankCount));
  localparam logic [PosBits-1:0] LastPos = PosBits'(RowWords - 1);

  logic fire, load, ready;
  // Words that are stored, and those that go to their banks, which is the same without Recent: the
  // position in its row of the next one, and whether a row ends.
  logic [PosBits-1:0] write_pos, bank_pos;
  logic row_done, bank_write, bank_row_done;

  // ---- Loads: the next word of the walk, and what it needs ----
  logic [PosBits-1:0] load_pos;
  logic [PlaceBits-1:0] load_place;
  logic [OutRowBits-1:0] load_row;
  logic [BankBits-1:0] load_bank;
  logic load_last, load_last_row;

  hw_window_loads #(
    .Shape(Shape), .Banks(Banks), .Depth(Depth), .RowWords(RowWords), .Reach(Reach),
    .RowBits(RowBits)
  ) i_loads (
    .clk_i, .rst_ni, .row_done_i(row_done), .write_pos_i(write_pos), .load_i(load),
    .ready_o(ready), .pos_o(load_pos), .place_o(load_place), .row_o(load_row),
    .bank_o(load_bank), .last_o(load_last), .last_row_o(load_last_row)
  );

  // ---- Phases: the walk as the windows leave, Tail words behind the loads ----
  logic [PosBits-1:0] pos_q;
  logic [OutRowBits-1:0] row_q;
  logic signed [RowBits-1:0] first_q, first_d, kept_q, kept_d, written_q, held;
  logic frees_q, frees_d, last_pos, last_row, frame_end, tail, emits, room;

  assign last_pos = pos_q == LastPos;
  assign last_row = row_q == OutRowBits'(OutHeight - 1);
  assign frame_end = fire && last_pos && last_row;
  assign first_d = last_row ? FirstRow : first_q + RowStride;
  // The first row that is kept; nothing of it is free as long as windows start above the map.
  assign kept_d = (first_d < 0) ? '0 : (first_d > LastRow) ? Rows : first_d;
  assign frees_d = first_d >= 0 && first_d <= LastRow;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pos_q <= '0;
      row_q <= '0;
      first_q <= FirstRow;
      kept_q <= '0;
      frees_q <= PadTop == 0;
      written_q <= '0;
    end else begin
      written_q <= written_q + $signed(RowBits'(bank_row_done)) - (frame_end ? Rows : '0);
      if (fire) pos_q <= last_pos ? '0 : pos_q + 1'b1;
      if (fire && last_pos) begin
        row_q <= last_row ? '0 : row_q + 1'b1;
        first_q <= first_d;
        kept_q <= kept_d;
        frees_q <= frees_d;
      end
    end
  end

  assign held = written_q - kept_q;

  if (Ring) begin : gen_ring
    // Words of all rows follow each other; every phase frees one.
    localparam int unsigned CountBits = $clog2(Depth + 1);
    logic [CountBits-1:0] count_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) count_q <= '0;
      else count_q <= count_q + CountBits'(bank_write) - CountBits'(fire);
    end
    assign room = count_q != CountBits'(Depth);
    logic unused;
    assign unused = &{1'b0, held, frees_q};
  end else begin : gen_rows
    assign room = held < BankRows
        || (held == BankRows && frees_q && bank_pos < pos_q);
  end

  // ---- A phase and a load of the same cycle; empty places at the new end of the window ----
  logic [GapBits-1:0] gap_q, place;

  if (Tail > 0) begin : gen_tail
    logic late_load;

    assign tail = last_row && pos_q >= PosBits'(RowWords - Tail);
    assign fire = (tail || (gap_q == '0 && ready)) && (!emits || out_ok_i);
    assign late_load = (gap_q != '0 || (fire && tail)) && ready;
    assign load = (fire && !tail) || late_load;
    assign place = fire ? gap_q : gap_q - 1'b1;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) gap_q <= GapBits'(Tail);
      else gap_q <= gap_q + GapBits'(fire) - GapBits'(load);
    end
  end else begin : gen_no_tail
    assign tail = 1'b0;
    assign fire = ready && (!emits || out_ok_i);
    assign load = fire;
    assign {gap_q, place} = '0;
    logic unused;
    assign unused = &{1'b0, tail, gap_q};
  end

  assign out_start_o = fire && emits;

  // ---- Line memories and register window ----
  localparam int unsigned WordWidth = Pixels * Parallel * InBits;
  logic [KernelHeight*WordWidth-1:0] column, from_banks;
  logic [WordWidth-1:0] bank_data;

  hw_window_banks #(
    .Width(WordWidth), .Banks(Banks), .Depth(Depth), .Rows(KernelHeight), .Apart(DilationHeight),
    .RowWords(RowWords)
  ) i_banks (
    .clk_i, .rst_ni, .write_i(bank_write), .data_i(bank_data), .write_pos_o(bank_pos),
    .row_done_o(bank_row_done), .read_i(load), .read_bank_i(load_bank),
    .read_place_i(load_place), .column_o(from_banks)
  );

  if (Recent > 0) begin : gen_recent
    logic drain_valid;

    hw_window_recent #(
      .Shape(Shape), .Width(WordWidth), .Recent(Recent), .RowWords(RowWords), .Reach(Reach),
      .RowBits(RowBits)
    ) i_recent (
      .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o, .in0_data_i, .write_pos_o(write_pos),
      .row_done_o(row_done), .drain_valid_o(drain_valid), .drain_data_o(bank_data),
      .drain_i(bank_write), .bank_pos_i(bank_pos), .bank_row_done_i(bank_row_done), .load_i(load),
      .load_pos_i(load_pos), .load_row_i(load_row), .load_last_i(load_last),
      .load_last_row_i(load_last_row), .column_i(from_banks), .column_o(column)
    );
    assign bank_write = drain_valid && room;
  end else begin : gen_no_recent
    assign in0_ready_o = in0_valid_i && room;
    assign bank_write = in0_ready_o;
    assign bank_data = in0_data_i;
    assign {write_pos, row_done} = {bank_pos, bank_row_done};
    assign column = from_banks;
    logic unused;
    assign unused = &{1'b0, load_pos, load_row, load_last, load_last_row};
  end

  hw_window_taps #(
    .Shape(Shape), .Parallel(Parallel), .Pixels(Pixels), .Windows(Windows), .Abreast(Abreast),
    .InBits(InBits), .OutBits(OutBits), .InSigned(InSigned), .BipolarToInt(BipolarToInt),
    .PadCode(PadCode), .Tail(Tail), .Lead(Lead), .Offset(Offset), .RowBits(RowBits),
    .TapCount(TapCount), .TapPlaces(TapPlaces)
  ) i_taps (
    .clk_i, .rst_ni, .fire_i(fire), .load_i(load), .place_i(place), .row_last_i(last_pos),
    .first_row_i(first_q), .column_i(column), .emits_o(emits), .out_valid_o, .out_data_o
  );

endmodule

`default_nettype wire
