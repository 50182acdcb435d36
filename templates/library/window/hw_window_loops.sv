// The loops of a sliding window's reader: window row, window column, group, tap row, tap column,
// word of the group, the last of them innermost. Every step_i takes one turn of the innermost loop.
//
// last_*_o is high in the last turn of one loop, end_*_o in the last turn of it and of all inside;
// of the four inner loops, from registers. After the end of a frame the loops start again. Taps
// that are listed are a row of as many columns; tap_col_o is the turn of their loop.

`default_nettype none

module hw_window_loops #(
  parameter hw_window_pkg::shape_t Shape = hw_window_pkg::SHAPE,
  parameter int unsigned TapRows = Shape.kernel_height,
  parameter int unsigned TapCols = Shape.kernel_width,
  localparam int unsigned TapColBits = (TapCols > 1) ? $clog2(TapCols) : 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic step_i,
  output logic [TapColBits-1:0] tap_col_o,
  output logic last_word_o,
  output logic last_tap_col_o,
  output logic last_tap_row_o,
  output logic last_win_col_o,
  output logic last_win_row_o,
  output logic end_tap_row_o,
  output logic end_group_o,
  output logic end_window_o,
  output logic end_frame_o
);

  localparam int unsigned Words = Shape.group_words;
  localparam int unsigned Groups = Shape.groups;
  localparam int unsigned WinCols = Shape.out_width;
  localparam int unsigned WinRows = Shape.out_height;

  if (Words < 1 || TapCols < 1 || TapRows < 1 || Groups < 1 || WinCols < 1 || WinRows < 1)
  begin : gen_illegal
    $error("hw_window_loops: every loop has at least one turn");
  end

  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned TapRowBits = (TapRows > 1) ? $clog2(TapRows) : 1;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int unsigned WinColBits = (WinCols > 1) ? $clog2(WinCols) : 1;
  localparam int unsigned WinRowBits = (WinRows > 1) ? $clog2(WinRows) : 1;

  logic [WordBits-1:0] word_q, word_d;
  logic [TapColBits-1:0] tap_col_q, tap_col_d;
  logic [TapRowBits-1:0] tap_row_q, tap_row_d;
  logic [GroupBits-1:0] group_q, group_d;
  logic [WinColBits-1:0] win_col_q;
  logic [WinRowBits-1:0] win_row_q;
  logic last_group, end_win_row;

  assign last_win_col_o = win_col_q == WinColBits'(WinCols - 1);
  assign last_win_row_o = win_row_q == WinRowBits'(WinRows - 1);

  assign end_tap_row_o = last_word_o && last_tap_col_o;
  assign end_group_o = end_tap_row_o && last_tap_row_o;
  assign end_window_o = end_group_o && last_group;
  assign end_win_row = end_window_o && last_win_col_o;
  assign end_frame_o = end_win_row && last_win_row_o;

  assign tap_col_o = tap_col_q;
  assign word_d = last_word_o ? '0 : word_q + 1'b1;
  assign tap_col_d = last_tap_col_o ? '0 : tap_col_q + 1'b1;
  assign tap_row_d = last_tap_row_o ? '0 : tap_row_q + 1'b1;
  assign group_d = last_group ? '0 : group_q + 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q <= '0;
      tap_col_q <= '0;
      tap_row_q <= '0;
      group_q <= '0;
      win_col_q <= '0;
      win_row_q <= '0;
    end else if (step_i) begin
      word_q <= word_d;
      if (last_word_o) tap_col_q <= tap_col_d;
      if (end_tap_row_o) tap_row_q <= tap_row_d;
      if (end_group_o) group_q <= group_d;
      if (end_window_o) win_col_q <= last_win_col_o ? '0 : win_col_q + 1'b1;
      if (end_win_row) win_row_q <= last_win_row_o ? '0 : win_row_q + 1'b1;
    end
  end

  // Whether a loop is in its last turn is known a cycle before the turn.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      last_word_o <= Words == 1;
      last_tap_col_o <= TapCols == 1;
      last_tap_row_o <= TapRows == 1;
      last_group <= Groups == 1;
    end else if (step_i) begin
      last_word_o <= word_d == WordBits'(Words - 1);
      if (last_word_o) last_tap_col_o <= tap_col_d == TapColBits'(TapCols - 1);
      if (end_tap_row_o) last_tap_row_o <= tap_row_d == TapRowBits'(TapRows - 1);
      if (end_group_o) last_group <= group_d == GroupBits'(Groups - 1);
    end
  end

endmodule

`default_nettype wire
