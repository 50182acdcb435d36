// Read-only memory for weights: data_o is row addr_i, one cycle later; a single row is a constant.
`default_nettype none

module hw_weight_rom #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter int unsigned AddressBits = 1,
  parameter WeightFile = ""
) (
  input  wire logic                   clk_i,
  input  wire logic [AddressBits-1:0] addr_i,
  output logic      [Width-1:0]       data_o
);

  if (Width < 1 || Depth < 1 || AddressBits < 1 || $clog2(Depth) > AddressBits) begin : gen_illegal
    $error("hw_weight_rom: an address must reach every row, and Width and Depth be at least 1");
  end

  logic [Width-1:0] mem [Depth];
  initial if (WeightFile != "") $readmemh(WeightFile, mem);

  if (Depth == 1) begin : gen_constant
    logic unused;
    assign unused = ^{clk_i, addr_i};
    assign data_o = mem[0];
  end else begin : gen_memory
    always_ff @(posedge clk_i) data_o <= mem[addr_i];
  end

endmodule

`default_nettype wire
