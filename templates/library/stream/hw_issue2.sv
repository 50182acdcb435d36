// The controller of a stage without a core and with two operands: takes one word of each input in
// the same cycle, whenever both are there and the output FIFO has room.
//
// Ports of a core with two inputs. in0_ready_o and in1_ready_o are high only in a cycle in which
// the words are taken. Latency: `stages` = 0; out_data_o is {operand 1, operand 0}.

`default_nettype none

module hw_issue2 #(
  parameter int unsigned Width0 = 8,
  parameter int unsigned Width1 = 8
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  // Input streams
  input  wire logic                     in0_valid_i,
  output logic                          in0_ready_o,
  input  wire logic [Width0-1:0]        in0_data_i,
  input  wire logic                     in1_valid_i,
  output logic                          in1_ready_o,
  input  wire logic [Width1-1:0]        in1_data_i,
  // Output to a pipe and a credit FIFO
  input  wire logic                     out_ok_i,
  output logic                          out_start_o,
  output logic                          out_valid_o,
  output logic [Width1+Width0-1:0]      out_data_o
);

  if (Width0 < 1 || Width1 < 1) begin : gen_illegal
    $error("hw_issue2: Width0 and Width1 must be at least 1");
  end

  assign out_start_o = in0_valid_i && in1_valid_i && out_ok_i;
  assign out_valid_o = out_start_o;
  assign out_data_o = {in1_data_i, in0_data_i};
  assign in0_ready_o = out_start_o;
  assign in1_ready_o = out_start_o;

  // The ports are those of every core, and this one has no register.
  logic unused;
  assign unused = &{1'b0, clk_i, rst_ni};

endmodule

`default_nettype wire
