// Register window of hw_window_parallel: the columns that a window reaches over, and its taps.
//
// A phase (`fire_i`) shifts the columns; a load (`load_i`) brings the words of all tap rows one
// cycle later, on column_i, into place `place_i` (0 is the newest one; places above Tail are only
// shifted into). Phases walk over the columns of the map, Words words each; `emits_o` tells whether
// the current one completes a window: the first does in column Offset, then every StrideWidth-th.
// Row positions come in with the phase: first_row_i is that of the window's first tap.
//
// The output word has, for each group in it, tap after tap the channels of the group; of all taps,
// or of those that TapPlaces lists (see hw_window_parallel). Taps in the padding give PadCode.
// Latency: out_valid_o comes two cycles after a phase that emits.
//
// With several Pixels in a word a column of the walk is a word, and the output word has window
// after window, Windows of them; those behind the last one of a row are zero.
`default_nettype none

module hw_window_taps #(
  parameter hw_window_pkg::shape_t Shape = hw_window_pkg::SHAPE,
  parameter int unsigned Parallel = 1,
  parameter int unsigned Pixels = 1,
  parameter int unsigned Windows = 1,
  parameter int unsigned Abreast = 1,
  parameter int unsigned InBits = 1,
  parameter int unsigned OutBits = 1,
  parameter bit InSigned = 1'b0,
  parameter bit BipolarToInt = 1'b0,
  parameter logic [OutBits-1:0] PadCode = '0,
  parameter int unsigned Tail = 1,
  parameter int unsigned Lead = 0,    // column of the last tap of the first windows
  parameter int unsigned Offset = 0,  // column of the phase with which they leave
  parameter int unsigned RowBits = 8,
  parameter int unsigned TapCount = 0,
  parameter logic [((TapCount > 0) ? TapCount : 1)*32-1:0] TapPlaces = '0,
  localparam int unsigned Taps =
      (TapCount > 0) ? TapCount : Shape.kernel_height * Shape.kernel_width,
  localparam int unsigned GapBits = $clog2(Tail + 2),
  localparam int unsigned ColumnWidth = Shape.kernel_height * Pixels * Parallel * InBits
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic fire_i,
  input  wire logic load_i,
  input  wire logic [GapBits-1:0] place_i,
  input  wire logic row_last_i,
  input  wire logic signed [RowBits-1:0] first_row_i,
  input  wire logic [ColumnWidth-1:0] column_i,
  output logic emits_o,
  output logic out_valid_o,
  output logic [Windows*Taps*Parallel*OutBits-1:0] out_data_o
);

  localparam int Height = Shape.height;
  localparam int PixelCount = Pixels;
  localparam int WindowCount = Windows;
  localparam int Width = Shape.width;  // in pixels
  localparam int Columns = (Width + PixelCount - 1) / PixelCount;
  localparam int Words = Shape.groups * Shape.group_words;
  localparam int KernelHeight = Shape.kernel_height;
  localparam int KernelWidth = Shape.kernel_width;
  localparam int DilationHeight = Shape.dilation_height;
  localparam int DilationWidth = Shape.dilation_width;
  localparam int StrideWidth = Shape.stride_width;
  localparam int Step = (Pixels > 1) ? 1 : StrideWidth;  // from windows to the next, in columns
  localparam int OutWidth = Shape.out_width;
  localparam int Times = (OutWidth + WindowCount - 1) / WindowCount;  // that windows of a row leave
  localparam int PadLeft = Shape.pad_left;
  localparam int FirstColumn = Offset;
  localparam int LeadColumn = Lead;
  localparam int PadColumns = (PadLeft + PixelCount - 1) / PixelCount;
  localparam int Places = (LeadColumn + PadColumns) * Words + 1;

  if (Parallel % Abreast != 0) begin : gen_illegal
    $error("hw_window_taps: a word holds whole groups");
  end

  // ---- Where the phases are: word of the pixel, column, and how many columns to the next window
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned ColumnBits = $clog2(Columns + 1);
  localparam int Longest = (FirstColumn > Step) ? FirstColumn : Step;
  localparam int unsigned SkipBits = $clog2(Longest + 1);
  localparam int unsigned LeftBits = $clog2(Times + 1);

  logic [WordBits-1:0] word_q;
  logic [ColumnBits-1:0] column_q;
  logic [SkipBits-1:0] skip_q;
  logic [LeftBits-1:0] left_q;
  logic last_word;

  assign last_word = word_q == WordBits'(Words - 1);
  assign emits_o = skip_q == '0 && left_q != '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q <= '0;
      column_q <= '0;
      skip_q <= SkipBits'(Offset);
      left_q <= LeftBits'(Times);
    end else if (fire_i) begin
      word_q <= last_word ? '0 : word_q + 1'b1;
      if (row_last_i) begin
        column_q <= '0;
        skip_q <= SkipBits'(Offset);
        left_q <= LeftBits'(Times);
      end else if (last_word) begin
        column_q <= column_q + 1'b1;
        skip_q <= (skip_q == '0) ? SkipBits'(Step - 1) : skip_q - 1'b1;
        if (emits_o) left_q <= left_q - 1'b1;
      end
    end
  end

  // ---- Which taps lie on the map, and which windows are any; two stages later they are used ----
  logic [KernelHeight-1:0] row_on, row_on_q, row_on_q2;
  logic [Windows*KernelWidth-1:0] column_on, column_on_q, column_on_q2;
  logic [Windows-1:0] window_on, window_on_q, window_on_q2;

  always_comb begin
    for (int k = 0; k < KernelHeight; k++) begin
      row_on[k] = first_row_i >= $signed(RowBits'(0 - k * DilationHeight))
          && first_row_i < $signed(RowBits'(Height - k * DilationHeight));
    end
  end

  for (genvar w = 0; w < WindowCount; w++) begin : gen_window_on
    // Columns in which windows leave without this one.
    localparam int Most = (OutWidth > w) ? (OutWidth - w + WindowCount - 1) / WindowCount : 0;
    localparam int Without = FirstColumn + Most;

    if (Most == Times) begin : gen_every
      assign window_on[w] = 1'b1;
    end else begin : gen_some
      assign window_on[w] = column_q < ColumnBits'(Without);
    end

    for (genvar k = 0; k < KernelWidth; k++) begin : gen_column
      // Where the tap is when the first windows leave; the phase's column in which it has come
      // onto the map, and the one in which it is behind.
      localparam int Start = w * StrideWidth + k * DilationWidth - PadLeft;
      localparam int Ahead = FirstColumn * PixelCount - Start;
      localparam int First = (Ahead > 0) ? (Ahead + PixelCount - 1) / PixelCount : 0;
      localparam int Past = Ahead + Width;
      localparam int Behind = (Past > 0) ? (Past + PixelCount - 1) / PixelCount : 0;
      logic begun, done;

      if (First >= Columns) begin : gen_not_begun
        assign begun = 1'b0;
      end else if (First > 0) begin : gen_first
        assign begun = column_q >= ColumnBits'(First);
      end else begin : gen_always
        assign begun = 1'b1;
      end
      if (Behind <= 0) begin : gen_done
        assign done = 1'b1;
      end else if (Behind < Columns) begin : gen_behind
        assign done = column_q >= ColumnBits'(Behind);
      end else begin : gen_never
        assign done = 1'b0;
      end
      assign column_on[w*KernelWidth + k] = begun && !done;
    end
  end

  // ---- Columns; the newest ones take what comes late ----
  logic [ColumnWidth-1:0] kept_q [Places];
  logic shift_q, load_q, emits_q;
  logic [GapBits-1:0] place_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      shift_q <= 1'b0;
      load_q <= 1'b0;
      emits_q <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      shift_q <= fire_i;
      load_q <= load_i;
      emits_q <= fire_i && emits_o;
      out_valid_o <= emits_q;
    end
    place_q <= place_i;
    {row_on_q2, row_on_q} <= {row_on_q, row_on};
    {column_on_q2, column_on_q} <= {column_on_q, column_on};
    {window_on_q2, window_on_q} <= {window_on_q, window_on};
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned p = 0; p < Places; p++) begin
      if (p <= Tail && load_q && place_q == GapBits'(p)) kept_q[p] <= column_i;
      else if (p > 0 && shift_q) kept_q[p] <= kept_q[p-1];
    end
  end

  // ---- Taps in the output's encoding ----
  localparam int Groups = Abreast;
  localparam int TapTotal = Taps;
  localparam int Lanes = Parallel / Abreast;
  localparam int AllLanes = Parallel;
  localparam int InWidth = InBits;
  localparam int ValueWidth = OutBits;

  for (genvar w = 0; w < WindowCount; w++) begin : gen_window
    for (genvar g = 0; g < Groups; g++) begin : gen_group
      for (genvar t = 0; t < TapTotal; t++) begin : gen_tap
        localparam int Listed = TapPlaces[((TapCount > 0) ? t : 0)*32 +: 32];
        localparam int Place = (TapCount > 0) ? Listed : t;  // in the kernel
        localparam int Row = Place / KernelWidth;
        localparam int Column = Place % KernelWidth;
        // Pixels from the first one that is kept; its column of the walk, and pixel in it.
        localparam int Far = w * StrideWidth + Column * DilationWidth - PadLeft
            + PadColumns * PixelCount;
        localparam int Back = (LeadColumn + PadColumns - Far / PixelCount) * Words;
        localparam int Pixel = Far % PixelCount;
        logic on_map;
        assign on_map = row_on_q2[Row] && column_on_q2[w*KernelWidth + Column];

        for (genvar l = 0; l < Lanes; l++) begin : gen_lane
          localparam int From = ((Row * PixelCount + Pixel) * AllLanes + g * Lanes + l) * InWidth;
          localparam int Into = (((w * Groups + g) * TapTotal + t) * Lanes + l) * ValueWidth;
          logic [InBits-1:0] value;
          logic [OutBits-1:0] converted;
          assign value = kept_q[Back][From +: InBits];

          if (BipolarToInt) begin : gen_bipolar
            // +1 is 0...01 and -1 is 1...11.
            assign converted = { {(OutBits - 1){~value}}, 1'b1};
          end else if (OutBits > InBits) begin : gen_extend
            assign converted = { {(OutBits - InBits){InSigned & value[InBits-1]}}, value};
          end else begin : gen_same
            assign converted = value;
          end
          assign out_data_o[Into +: OutBits] =
              !window_on_q2[w] ? '0 : on_map ? converted : PadCode;
        end
      end
    end
  end

endmodule

`default_nettype wire
