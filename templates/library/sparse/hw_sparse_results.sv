// The sums of one sparse PE, kept in the order in which it finishes them, for several readers.
//
// write_i stores data_i in the next slot; end_i (together with the last write_i of a vector or
// after it) goes back to slot 0 of the next bank. Readers give a bank and slots of their own and
// see the sums in the same cycle. A sum written in cycle t can be read in cycle t + 1.

`default_nettype none

module hw_sparse_results #(
  parameter int unsigned Width = 8,
  parameter int unsigned Slots = 4,   // per bank
  parameter int unsigned Banks = 2,
  parameter int unsigned Readers = 1,
  localparam int unsigned SlotBits = (Slots > 1) ? $clog2(Slots) : 1,
  localparam int unsigned BankBits = (Banks > 1) ? $clog2(Banks) : 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  // One PE
  input  wire logic                        write_i,
  input  wire logic                        end_i,
  input  wire logic [BankBits-1:0]         bank_i,
  input  wire logic [Width-1:0]            data_i,
  // Readers
  input  wire logic [BankBits-1:0]         read_bank_i,
  input  wire logic [Readers*SlotBits-1:0] read_slot_i,
  output logic      [Readers*Width-1:0]    read_data_o
);

  if (Width < 1 || Slots < 1 || Banks < 1 || Readers < 1) begin : gen_illegal
    $error("hw_sparse_results: all parameters must be at least 1");
  end

  localparam int unsigned AddressBits = SlotBits + BankBits;

  logic [Width-1:0] sum_mem [1 << AddressBits];
  logic [SlotBits-1:0] slot_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) slot_q <= '0;
    else if (end_i) slot_q <= '0;
    else if (write_i) slot_q <= slot_q + SlotBits'(1);
  end

  always_ff @(posedge clk_i) begin
    if (write_i) sum_mem[{bank_i, slot_q}] <= data_i;
  end

  for (genvar r = 0; r < Readers; r++) begin : gen_reader
    assign read_data_o[r*Width +: Width] = sum_mem[{
      read_bank_i, read_slot_i[r*SlotBits +: SlotBits]
    }];
  end

endmodule

`default_nettype wire
