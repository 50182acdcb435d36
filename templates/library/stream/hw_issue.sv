// The controller of a stage without a core: takes one word whenever the output FIFO has room.
//
// Ports of a core with one input. in0_ready_o is high only in a cycle in which a word is taken.
// Latency: `stages` = 0, the word passes in the cycle in which it is taken.

`default_nettype none

module hw_issue #(
  parameter int unsigned Width0 = 8
) (
  input  wire logic              clk_i,
  input  wire logic              rst_ni,
  // Input stream
  input  wire logic              in0_valid_i,
  output logic                   in0_ready_o,
  input  wire logic [Width0-1:0] in0_data_i,
  // Output to a pipe and a credit FIFO
  input  wire logic              out_ok_i,
  output logic                   out_start_o,
  output logic                   out_valid_o,
  output logic [Width0-1:0]      out_data_o
);

  if (Width0 < 1) begin : gen_illegal
    $error("hw_issue: Width0 must be at least 1");
  end

  assign out_start_o = in0_valid_i && out_ok_i;
  assign out_valid_o = out_start_o;
  assign out_data_o = in0_data_i;
  assign in0_ready_o = out_start_o;

  // The ports are those of every core, and this one has no register.
  logic unused;
  assign unused = &{1'b0, clk_i, rst_ni};

endmodule

`default_nettype wire
