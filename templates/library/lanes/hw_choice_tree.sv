// Chooses one of 2**AddressBits numbers: a tree of multiplexers, for numbers that are constants.
//
// Synthesis makes logic of it, whatever its size, and never a memory. Combinational.

`default_nettype none

module hw_choice_tree #(
  parameter int unsigned AddressBits = 3,
  parameter int unsigned Width = 2
) (
  input  wire logic [AddressBits-1:0]            address_i,
  input  wire logic [(Width<<AddressBits)-1:0]   data_i,
  output logic      [Width-1:0]                  data_o
);

  if (AddressBits < 1 || Width < 1) begin : gen_illegal
    $error("hw_choice_tree: AddressBits and Width must be at least 1");
  end

  for (genvar level = AddressBits; level > 0; level--) begin : gen_level
    localparam int unsigned Half = Width << (level - 1);
    logic [2*Half-1:0] from;
    logic [Half-1:0] left;

    if (level == AddressBits) begin : gen_first
      assign from = data_i;
    end else begin : gen_next
      assign from = gen_level[level+1].left;
    end
    assign left = address_i[level-1] ? from[2*Half-1:Half] : from[Half-1:0];
  end

  assign data_o = gen_level[1].left;

endmodule

`default_nettype wire
