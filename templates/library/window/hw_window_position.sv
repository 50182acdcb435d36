// Where the taps of hw_window lie: whether the current one is on the map, and whether the first
// pixel of the next window tells what is still needed.
//
// Positions are those of the loops of hw_window_loops, which go on with fire_i. With TapCount above
// 0 only listed taps are given: TapPlaces holds 32 bits for each, its place in the kernel, row
// after row, ascending; tap_i is the number of the current one. With Ahead a window lasts so long
// that the next one is worked out a cycle before it begins.

`default_nettype none

module hw_window_position #(
  parameter hw_window_pkg::shape_t Shape = hw_window_pkg::SHAPE,
  parameter int unsigned TapCount = 0,
  parameter logic [((TapCount > 0) ? TapCount : 1)*32-1:0] TapPlaces = '0,
  parameter bit Padded = 1'b1,
  parameter bit Ahead = 1'b1,
  parameter int unsigned TapBits = 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic fire_i,
  input  wire logic [TapBits-1:0] tap_i,
  input  wire logic last_word_i,
  input  wire logic last_tap_col_i,
  input  wire logic last_tap_row_i,
  input  wire logic last_win_col_i,
  input  wire logic last_win_row_i,
  input  wire logic end_tap_row_i,
  input  wire logic end_window_i,
  output logic on_map_o,
  output logic next_useful_o
);

  localparam int Height = Shape.height;
  localparam int Width = Shape.width;
  localparam int KernelHeight = Shape.kernel_height;
  localparam int KernelWidth = Shape.kernel_width;
  localparam int StrideHeight = Shape.stride_height;
  localparam int StrideWidth = Shape.stride_width;
  localparam int DilationHeight = Shape.dilation_height;
  localparam int DilationWidth = Shape.dilation_width;
  localparam int PadTop = Shape.pad_top;
  localparam int PadLeft = Shape.pad_left;
  localparam int OutHeight = Shape.out_height;
  localparam int OutWidth = Shape.out_width;

  if (Height < 1 || Width < 1 || KernelWidth < 1 || TapCount > KernelHeight * KernelWidth)
  begin : gen_illegal
    $error("hw_window_position: sizes must be at least 1, and taps no more than a kernel has");
  end

  // Pixel positions are signed; padding lies outside of [0, Height) and [0, Width).
  localparam int unsigned RowBits =
      $clog2(Height + PadTop + OutHeight * StrideHeight + KernelHeight * DilationHeight + 1) + 1;
  localparam int unsigned ColBits =
      $clog2(Width + PadLeft + OutWidth * StrideWidth + KernelWidth * DilationWidth + 1) + 1;

  // Of the first tap.
  localparam int FirstRow = (TapPlaces[31:0] / KernelWidth) * DilationHeight - PadTop;
  localparam int FirstCol = (TapPlaces[31:0] % KernelWidth) * DilationWidth - PadLeft;

  logic signed [RowBits-1:0] first_row_q, first_row_d, next_row, row_q, row_d;
  logic signed [ColBits-1:0] first_col_q, first_col_d, next_col, col_q, col_d;

  // Where the tap after each listed one lies in its window; the first one after the last.
  localparam int unsigned Listed = (TapCount > 0) ? TapCount : 1;
  function automatic logic [Listed*RowBits-1:0] rows_after(input int unsigned count);
    for (int unsigned t = 0; t < count; t++) begin
      rows_after[t*RowBits +: RowBits] =
          RowBits'((TapPlaces[((t + 1) % count)*32 +: 32] / KernelWidth) * DilationHeight);
    end
  endfunction
  function automatic logic [Listed*ColBits-1:0] cols_after(input int unsigned count);
    for (int unsigned t = 0; t < count; t++) begin
      cols_after[t*ColBits +: ColBits] =
          ColBits'((TapPlaces[((t + 1) % count)*32 +: 32] % KernelWidth) * DilationWidth);
    end
  endfunction

  if (TapCount > 0) begin : gen_listed
    localparam logic [Listed*RowBits-1:0] RowsAfter = rows_after(Listed);
    localparam logic [Listed*ColBits-1:0] ColsAfter = cols_after(Listed);
    logic [RowBits-1:0] row_after;
    logic [ColBits-1:0] col_after;
    assign row_after = RowsAfter[tap_i*RowBits +: RowBits];
    assign col_after = ColsAfter[tap_i*ColBits +: ColBits];

    always_comb begin
      row_d = row_q;
      col_d = col_q;
      if (last_word_i) begin
        row_d = (end_window_i ? first_row_d : first_row_q) + $signed(row_after);
        col_d = (end_window_i ? first_col_d : first_col_q) + $signed(col_after);
      end
    end
    logic unused;
    assign unused = &{1'b0, last_tap_col_i, last_tap_row_i, end_tap_row_i};
  end else begin : gen_all
    always_comb begin
      col_d = col_q;
      row_d = row_q;
      if (last_word_i) begin
        col_d = last_tap_col_i ? first_col_q : col_q + $signed(ColBits'(DilationWidth));
      end
      if (end_tap_row_i) begin
        row_d = last_tap_row_i ? first_row_q : row_q + $signed(RowBits'(DilationHeight));
      end
      if (end_window_i) begin
        col_d = first_col_d;
        row_d = first_row_d;
      end
    end
    logic unused;
    assign unused = &{1'b0, tap_i};
  end

  always_comb begin
    next_col = first_col_q + $signed(ColBits'(StrideWidth));
    next_row = first_row_q;
    if (last_win_col_i) begin
      next_col = -$signed(ColBits'(PadLeft));
      next_row = first_row_q + $signed(RowBits'(StrideHeight));
      if (last_win_row_i) next_row = -$signed(RowBits'(PadTop));
    end
  end

  // Its number would be that of a pixel in the next row, right of the map, or of one below it.
  assign next_useful_o = !Padded || (next_row < $signed(RowBits'(Height)) &&
                                     next_col < $signed(ColBits'(Width)));

  if (Ahead) begin : gen_ahead
    always_ff @(posedge clk_i) begin
      first_row_d <= next_row;
      first_col_d <= next_col;
    end
  end else begin : gen_at_once
    assign first_row_d = next_row;
    assign first_col_d = next_col;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_row_q <= -$signed(RowBits'(PadTop));
      first_col_q <= -$signed(ColBits'(PadLeft));
      row_q <= RowBits'(FirstRow);
      col_q <= ColBits'(FirstCol);
    end else if (fire_i) begin
      if (end_window_i) begin
        first_row_q <= first_row_d;
        first_col_q <= first_col_d;
      end
      row_q <= row_d;
      col_q <= col_d;
    end
  end

  if (Padded) begin : gen_map
    logic on_map_d;
    assign on_map_d = !row_d[RowBits-1] && row_d < $signed(RowBits'(Height)) &&
                      !col_d[ColBits-1] && col_d < $signed(ColBits'(Width));
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        on_map_o <= FirstRow >= 0 && FirstRow < Height && FirstCol >= 0 && FirstCol < Width;
      end else if (fire_i) on_map_o <= on_map_d;
    end
  end else begin : gen_all_map
    assign on_map_o = 1'b1;
  end

endmodule

`default_nettype wire
