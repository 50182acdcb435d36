// `hw_gearbox` between two ready/valid streams, one word per cycle on the side with more words.
//
// Parameters as there. ready_o waits for valid_i; valid_o and data_o come from a FIFO.

`default_nettype none

module hw_axis_gearbox #(
  parameter int unsigned UnitWidth = 8,
  parameter int unsigned InUnits = 4,
  parameter int unsigned InLast = InUnits,
  parameter int unsigned InWords = 1,
  parameter int unsigned OutUnits = 1,
  parameter int unsigned OutLast = OutUnits,
  parameter int unsigned OutWords = 1
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  // Input stream
  input  wire logic                          valid_i,
  output logic                               ready_o,
  input  wire logic [InUnits*UnitWidth-1:0]  data_i,
  // Output stream
  output logic                               valid_o,
  input  wire logic                          ready_i,
  output logic      [OutUnits*UnitWidth-1:0] data_o
);

  // A place is taken for three cycles: one in the gearbox, one in the FIFO, one until it is free.
  localparam int unsigned Depth = 3;

  logic ok, start, word_valid;
  logic [OutUnits*UnitWidth-1:0] word_data;

  hw_gearbox #(
    .UnitWidth(UnitWidth),
    .InUnits(InUnits),
    .InLast(InLast),
    .InWords(InWords),
    .OutUnits(OutUnits),
    .OutLast(OutLast),
    .OutWords(OutWords)
  ) u_gearbox (
    .clk_i,
    .rst_ni,
    .in0_valid_i(valid_i),
    .in0_ready_o(ready_o),
    .in0_data_i(data_i),
    .out_ok_i(ok),
    .out_start_o(start),
    .out_valid_o(word_valid),
    .out_data_o(word_data)
  );

  hw_credit_fifo #(
    .Width(OutUnits * UnitWidth),
    .Depth(Depth),
    .Block(0),
    .Name("gearbox")
  ) u_words (
    .clk_i,
    .rst_ni,
    .reserve_i(start),
    .ok_o(ok),
    .push_i(word_valid),
    .data_i(word_data),
    .valid_o,
    .ready_i,
    .data_o
  );

endmodule

`default_nettype wire
