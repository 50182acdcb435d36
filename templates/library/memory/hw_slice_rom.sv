// Read-only memory of which only one slice of each row is read; one cycle of latency.
//
// Lanes with an address of their own each instantiate it with the same file and another Slice;
// tools build the columns that are read and nothing else. `$readmemh` can not pick columns from a
// file.

`default_nettype none

module hw_slice_rom #(
  parameter int unsigned Depth = 4,
  parameter int unsigned Width = 8,   // bits of a slice
  parameter int unsigned Slices = 1,  // slices per row
  parameter int unsigned Slice = 0,
  parameter File = "",
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1
) (
  input  wire logic                   clk_i,
  input  wire logic [AddressBits-1:0] addr_i,
  output logic      [Width-1:0]       data_o
);

  if (Depth < 1 || Width < 1 || Slice >= Slices) begin : gen_illegal
    $error("hw_slice_rom: Slice is one of Slices, and Depth and Width are at least 1");
  end

  logic [Slices*Width-1:0] mem [Depth];
  initial if (File != "") $readmemh(File, mem);

  if (Depth == 1) begin : gen_constant
    logic unused;
    assign unused = &{1'b0, clk_i, addr_i};
    assign data_o = mem[0][Slice*Width +: Width];
  end else begin : gen_memory
    always_ff @(posedge clk_i) data_o <= mem[addr_i][Slice*Width +: Width];
  end

endmodule

`default_nettype wire
