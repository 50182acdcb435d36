// The newest words of hw_window_parallel, before they go to the line memories.
//
// The lowest row under a window arrives as the window needs it, and its words take the places of
// the row that leaves: so the line memories have a bank less than a window reaches over rows. A
// word waits here until its place is free (drain_i, in the order of arrival). Meanwhile it can be
// read: newest_o is, one cycle after read_i, the word in the lowest row under the window, where
// newest_here_o says that it had not gone to its bank.
//
// The place of a word is its number modulo a power of two. read_step_i is by how much the number
// of the word that is read moves on after this one.
//
// write_pos_o is the position in its row of the word that comes next, row_done_o tells that a row
// ends with the word of this cycle.
//
// Handshake: in0_ready_o depends on in0_valid_i; at most Recent words wait.
`default_nettype none

module hw_window_newest #(
  parameter int unsigned Width = 8,
  parameter int unsigned Recent = 3,    // words that may wait
  parameter int unsigned RowWords = 4,
  parameter int First = 0,              // number of the word that is read first
  localparam int unsigned PosBits = $clog2(RowWords + 1),
  localparam int unsigned PlaceBits = (Recent > 1) ? $clog2(Recent) : 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Width-1:0] in0_data_i,
  output logic [PosBits-1:0] write_pos_o,
  output logic row_done_o,
  output logic drain_valid_o,
  output logic [Width-1:0] drain_data_o,
  input  wire logic drain_i,
  input  wire logic read_i,
  input  wire logic [PlaceBits-1:0] read_step_i,
  input  wire logic here_i,  // the word has not gone to its bank
  output logic newest_here_o,
  output logic [Width-1:0] newest_o
);

  if (Width < 1 || RowWords < 1 || Recent < 1) begin : gen_illegal
    $error("hw_window_newest: Width, Recent and RowWords must be at least 1");
  end

  localparam int unsigned CountBits = $clog2(Recent + 2);

  logic [Width-1:0] mem [1 << PlaceBits];
  logic [PlaceBits-1:0] write_q, drain_q, read_q;
  logic [CountBits-1:0] count_q;
  logic write;

  assign in0_ready_o = in0_valid_i && count_q != CountBits'(Recent);
  assign write = in0_ready_o;
  assign row_done_o = write && write_pos_o == PosBits'(RowWords - 1);
  assign drain_valid_o = count_q != '0;
  assign drain_data_o = mem[drain_q];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_pos_o <= '0;
      write_q <= '0;
      drain_q <= '0;
      read_q <= PlaceBits'(First);
      count_q <= '0;
    end else begin
      if (write) write_pos_o <= row_done_o ? '0 : write_pos_o + 1'b1;
      write_q <= write_q + PlaceBits'(write);
      drain_q <= drain_q + PlaceBits'(drain_i);
      if (read_i) read_q <= read_q + read_step_i;
      count_q <= count_q + CountBits'(write) - CountBits'(drain_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (write) mem[write_q] <= in0_data_i;
    if (read_i) begin
      newest_o <= mem[read_q];
      newest_here_o <= here_i;
    end
  end

endmodule

`default_nettype wire
