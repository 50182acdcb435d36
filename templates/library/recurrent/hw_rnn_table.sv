// Looks up a signed value in a table of 2**Index elements whose middle stands for zero.
//
// The value is shifted right, clamped to the table, and looked up. Lookup says how it is rounded:
// down, or to the nearest and ties up or to even. Latency: 2.

`default_nettype none

module hw_rnn_table #(
  parameter int unsigned ZBits = 24,
  parameter int unsigned Shift = 8,
  parameter int unsigned Index = 8,
  parameter int unsigned Width = 16,
  parameter hw_rounding_pkg::rounding_e Lookup = hw_rounding_pkg::Floor,
  parameter int unsigned Slices = 1,  // tables side by side in the file
  parameter int unsigned Slice = 0,
  parameter File = ""
) (
  input  wire logic                    clk_i,
  input  wire logic signed [ZBits-1:0] value_i,
  output logic             [Width-1:0] data_o
);

  if (Index < 1 || Slice >= Slices) begin : gen_illegal
    $error("hw_rnn_table: a table has two elements or more, and Slice is one of Slices");
  end

  logic [Index-1:0] clamped, address_q;

  hw_round_clamp #(
    .InBits(ZBits), .Shift(Shift), .HalfUp(Lookup == hw_rounding_pkg::HalfUp),
    .HalfEven(Lookup == hw_rounding_pkg::HalfEven),
    .Low(-(1 << (Index - 1))), .High((1 << (Index - 1)) - 1), .OutBits(Index)
  ) u_clamp (.value_i, .result_o(clamped));

  // Adding half of the table's size is turning its highest bit.
  always_ff @(posedge clk_i) address_q <= clamped ^ (Index'(1) << (Index - 1));

  hw_slice_rom #(
    .Depth(1 << Index), .Width(Width), .Slices(Slices), .Slice(Slice), .File(File)
  ) u_rom (.clk_i, .addr_i(address_q), .data_o);

endmodule

`default_nettype wire
