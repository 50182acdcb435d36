// The walk of hw_window_parallel over the columns of every row of windows: the word that a load
// reads next, and whether it is stored.
//
// A load is ready when the lowest row under its windows, or the nearest row of the map, has been
// stored as far as the column. load_i moves to the next word.
`default_nettype none

module hw_window_loads #(
  parameter hw_window_pkg::shape_t Shape = hw_window_pkg::SHAPE,
  parameter int unsigned Banks = 3,
  parameter int unsigned Depth = 4,     // words of a bank
  parameter int unsigned RowWords = 4,
  parameter int unsigned Reach = 2,     // rows below a window's first
  parameter int unsigned RowBits = 8,   // of row numbers, which have a sign
  localparam int unsigned PosBits = $clog2(RowWords + 1),
  localparam int unsigned PlaceBits = (Depth > 1) ? $clog2(Depth) : 1,
  localparam int unsigned OutRowBits = $clog2(Shape.out_height + 1),
  localparam int unsigned BankBits = (Banks > 1) ? $clog2(Banks) : 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic row_done_i,                // the word that is stored now ends a row
  input  wire logic [PosBits-1:0] write_pos_i, // of the next word that will be stored
  input  wire logic load_i,
  output logic ready_o,
  output logic [PosBits-1:0] pos_o,
  output logic [PlaceBits-1:0] place_o,        // in its bank
  output logic [OutRowBits-1:0] row_o,         // of windows
  output logic [BankBits-1:0] bank_o,          // of the windows' first row
  output logic last_o,                         // of a row
  output logic last_row_o                      // of a frame
);

  if (Banks < 1 || Depth < 1 || RowWords < 1 || RowBits < 2) begin : gen_illegal
    $error("hw_window_loads: sizes must be at least 1, and RowBits 2");
  end

  localparam int Height = Shape.height;
  localparam int BankCount = Banks;
  localparam int PadTop = Shape.pad_top;
  localparam int StrideHeight = Shape.stride_height;
  localparam int OutHeight = Shape.out_height;
  localparam logic signed [RowBits-1:0] FirstRow = $signed(RowBits'(0 - PadTop));
  localparam logic signed [RowBits-1:0] LastRow = $signed(RowBits'(Height - 1));
  localparam logic signed [RowBits-1:0] Rows = $signed(RowBits'(Height));
  localparam logic signed [RowBits-1:0] Reached = $signed(RowBits'(Reach));
  localparam logic signed [RowBits-1:0] RowStride = $signed(RowBits'(StrideHeight));
  localparam logic [BankBits-1:0] StartBank =
      BankBits'((BankCount - (PadTop % BankCount)) % BankCount);
  localparam logic [BankBits-1:0] StepBank = BankBits'(StrideHeight % BankCount);
  // From the last window row of a frame to the first of the next.
  localparam int FrameRows = Height - (OutHeight - 1) * StrideHeight;
  localparam logic [BankBits-1:0] FrameBank =
      BankBits'(((FrameRows % BankCount) + BankCount) % BankCount);

  // The row within the map that is nearest.
  function automatic logic signed [RowBits-1:0] nearest(
      input logic signed [RowBits-1:0] row);
    if (row < 0) nearest = '0;
    else if (row > LastRow) nearest = LastRow;
    else nearest = row;
  endfunction

  function automatic logic [BankBits-1:0] advanced(
      input logic [BankBits-1:0] place, input logic [BankBits-1:0] step);
    logic [BankBits:0] sum;
    sum = {1'b0, place} + {1'b0, step};
    if (sum >= (BankBits + 1)'(Banks)) sum = sum - (BankBits + 1)'(Banks);
    advanced = sum[BankBits-1:0];
  endfunction

  logic signed [RowBits-1:0] first_q, first_d, need_q, written_q;
  logic frame_end;

  assign last_o = pos_o == PosBits'(RowWords - 1);
  assign last_row_o = row_o == OutRowBits'(OutHeight - 1);
  assign frame_end = load_i && last_o && last_row_o;
  assign first_d = last_row_o ? FirstRow : first_q + RowStride;
  assign ready_o = written_q > need_q || (written_q == need_q && write_pos_i > pos_o);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pos_o <= '0;
      place_o <= '0;
      row_o <= '0;
      first_q <= FirstRow;
      need_q <= nearest(FirstRow + Reached);
      written_q <= '0;
      bank_o <= StartBank;
    end else begin
      // Rows written since the frame of the walk began.
      written_q <= written_q + $signed(RowBits'(row_done_i)) - (frame_end ? Rows : '0);
      if (load_i) begin
        pos_o <= last_o ? '0 : pos_o + 1'b1;
        place_o <= (place_o == PlaceBits'(Depth - 1)) ? '0 : place_o + 1'b1;
      end
      if (load_i && last_o) begin
        row_o <= last_row_o ? '0 : row_o + 1'b1;
        first_q <= first_d;
        need_q <= nearest(first_d + Reached);
        bank_o <= advanced(bank_o, last_row_o ? FrameBank : StepBank);
      end
    end
  end

endmodule

`default_nettype wire
