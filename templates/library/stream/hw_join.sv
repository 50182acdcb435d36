// Takes one word of each of `Inputs` streams in the same cycle and gives them as one word.
//
// Input 0 is in the least significant bits. No register and no latency. ready_o of one input
// depends on valid_i of the others, so producers must not wait for ready_o to raise valid_i.

`default_nettype none

module hw_join #(
  parameter int unsigned Inputs = 2,
  parameter int unsigned Width = 8
) (
  // Input streams
  input  wire logic [Inputs-1:0]       valid_i,
  output logic      [Inputs-1:0]       ready_o,
  input  wire logic [Inputs*Width-1:0] data_i,
  // Output stream
  output logic                         valid_o,
  input  wire logic                    ready_i,
  output logic      [Inputs*Width-1:0] data_o
);

  if (Inputs < 1 || Width < 1) begin : gen_illegal
    $error("hw_join: Inputs and Width must be at least 1");
  end

  assign valid_o = &valid_i;
  assign ready_o = {Inputs{valid_o && ready_i}};
  assign data_o = data_i;

endmodule

`default_nettype wire
