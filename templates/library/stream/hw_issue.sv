// The controller of a stage without a core: takes a word of every input in the same cycle, whenever
// all are there and the output FIFO has room.
//
// Ports of a core with its inputs packed; Width is that of the words of all inputs together.
// in_ready_o is high only in a cycle in which the words are taken. Latency: `stages` = 0, the words
// pass in the cycle in which they are taken, input 0 in the least significant bits.

`default_nettype none

module hw_issue #(
  parameter int unsigned Inputs = 1,
  parameter int unsigned Width = 8
) (
  input  wire logic              clk_i,
  input  wire logic              rst_ni,
  // Input streams
  input  wire logic [Inputs-1:0] in_valid_i,
  output logic      [Inputs-1:0] in_ready_o,
  input  wire logic [Width-1:0]  in_data_i,
  // Output to a pipe and a credit FIFO
  input  wire logic              out_ok_i,
  output logic                   out_start_o,
  output logic                   out_valid_o,
  output logic      [Width-1:0]  out_data_o
);

  if (Inputs < 1 || Width < Inputs) begin : gen_illegal
    $error("hw_issue: there is an input, and each has a bit or more");
  end

  assign out_start_o = &in_valid_i && out_ok_i;
  assign out_valid_o = out_start_o;
  assign out_data_o = in_data_i;
  assign in_ready_o = {Inputs{out_start_o}};

  // The ports are those of every core, and this one has no register.
  logic unused;
  assign unused = &{1'b0, clk_i, rst_ni};

endmodule

`default_nettype wire
