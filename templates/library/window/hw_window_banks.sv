// Line memories of hw_window_parallel: a bank for each row, all of them read at one place.
//
// Words are written where they come: place after place, and RowWords of them in a bank before the
// next one. write_pos_o is the position in its row of the word that comes next, row_done_o tells
// that a row ends with the word of this cycle.
//
// column_o has Rows words, one cycle after read_i: that of bank read_bank_i first, then those of
// the banks Apart, 2 * Apart... after it, around the end.
`default_nettype none

module hw_window_banks #(
  parameter int unsigned Width = 8,
  parameter int unsigned Banks = 3,
  parameter int unsigned Depth = 4,
  parameter int unsigned Rows = 3,
  parameter int unsigned Apart = 1,
  parameter int unsigned RowWords = 4,
  localparam int unsigned BankBits = (Banks > 1) ? $clog2(Banks) : 1,
  localparam int unsigned PlaceBits = (Depth > 1) ? $clog2(Depth) : 1,
  localparam int unsigned PosBits = $clog2(RowWords + 1)
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic write_i,
  input  wire logic [Width-1:0] data_i,
  output logic [PosBits-1:0] write_pos_o,
  output logic row_done_o,
  input  wire logic read_i,
  input  wire logic [BankBits-1:0] read_bank_i,
  input  wire logic [PlaceBits-1:0] read_place_i,
  output logic [Rows*Width-1:0] column_o
);

  if (Width < 1 || Depth < 1 || Rows < 1 || Banks < 1 || RowWords < 1) begin : gen_illegal
    $error("hw_window_banks: Width, Depth, Rows, Banks and RowWords must be at least 1");
  end

  logic [BankBits-1:0] write_bank_q;
  logic [PlaceBits-1:0] write_place_q;
  logic write_last;

  assign write_last = write_pos_o == PosBits'(RowWords - 1);
  assign row_done_o = write_i && write_last;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_pos_o <= '0;
      write_bank_q <= '0;
      write_place_q <= '0;
    end else if (write_i) begin
      write_pos_o <= write_last ? '0 : write_pos_o + 1'b1;
      if (write_last) begin
        write_bank_q <= (write_bank_q == BankBits'(Banks - 1)) ? '0 : write_bank_q + 1'b1;
      end
      write_place_q <= (write_place_q == PlaceBits'(Depth - 1)) ? '0 : write_place_q + 1'b1;
    end
  end

  logic [Banks*Width-1:0] stored;

  for (genvar b = 0; b < Banks; b++) begin : gen_bank
    logic [Width-1:0] mem [Depth];
    logic [Width-1:0] data_q;

    always_ff @(posedge clk_i) begin
      if (write_i && write_bank_q == BankBits'(b)) mem[write_place_q] <= data_i;
      if (read_i) data_q <= mem[read_place_i];
    end
    assign stored[b*Width +: Width] = data_q;
  end

  logic [BankBits-1:0] bank_q;

  always_ff @(posedge clk_i) if (read_i) bank_q <= read_bank_i;

  always_comb begin
    column_o = '0;
    for (int unsigned r = 0; r < Rows; r++) begin
      for (int unsigned b = 0; b < Banks; b++) begin
        if (bank_q == BankBits'(b)) begin
          column_o[r*Width +: Width] = stored[((b + r*Apart) % Banks)*Width +: Width];
        end
      end
    end
  end

endmodule

`default_nettype wire
