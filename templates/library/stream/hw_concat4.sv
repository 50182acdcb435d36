// Concatenates the channels of 4 streams: hw_concat behind one hw_recode for each input.
//
// Words of Lanes elements; input i has Words<i> words per pixel with elements of Width<i> bits, in
// the code that Recoding<i> says (see hw_recode). The last word of a pixel has only LastLanes
// elements. Handshake: a core. One word per cycle; out_valid_o comes one cycle after out_start_o.

`default_nettype none

module hw_concat4 #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned Width0 = 4,
  parameter hw_recoding_pkg::recoding_e Recoding0 = hw_recoding_pkg::Zeros,
  parameter int unsigned Words0 = 3,
  parameter int unsigned Width1 = 4,
  parameter hw_recoding_pkg::recoding_e Recoding1 = hw_recoding_pkg::Zeros,
  parameter int unsigned Words1 = 3,
  parameter int unsigned Width2 = 4,
  parameter hw_recoding_pkg::recoding_e Recoding2 = hw_recoding_pkg::Zeros,
  parameter int unsigned Words2 = 3,
  parameter int unsigned Width3 = 4,
  parameter hw_recoding_pkg::recoding_e Recoding3 = hw_recoding_pkg::Zeros,
  parameter int unsigned Words3 = 3,
  parameter int unsigned OutWidth = 8
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  // Input streams
  input  wire logic                      in0_valid_i,
  output logic                           in0_ready_o,
  input  wire logic [Lanes*Width0-1:0]   in0_data_i,
  input  wire logic                      in1_valid_i,
  output logic                           in1_ready_o,
  input  wire logic [Lanes*Width1-1:0]   in1_data_i,
  input  wire logic                      in2_valid_i,
  output logic                           in2_ready_o,
  input  wire logic [Lanes*Width2-1:0]   in2_data_i,
  input  wire logic                      in3_valid_i,
  output logic                           in3_ready_o,
  input  wire logic [Lanes*Width3-1:0]   in3_data_i,
  // Output to a credit FIFO
  input  wire logic                      out_ok_i,
  output logic                           out_start_o,
  output logic                           out_valid_o,
  output logic      [Lanes*OutWidth-1:0] out_data_o
);

  logic [Lanes*OutWidth-1:0] data0;

  hw_recode #(
    .Lanes(Lanes),
    .InWidth(Width0),
    .OutWidth(OutWidth),
    .Recoding(Recoding0)
  ) u_recode0 (
    .data_i(in0_data_i),
    .data_o(data0)
  );

  logic [Lanes*OutWidth-1:0] data1;

  hw_recode #(
    .Lanes(Lanes),
    .InWidth(Width1),
    .OutWidth(OutWidth),
    .Recoding(Recoding1)
  ) u_recode1 (
    .data_i(in1_data_i),
    .data_o(data1)
  );

  logic [Lanes*OutWidth-1:0] data2;

  hw_recode #(
    .Lanes(Lanes),
    .InWidth(Width2),
    .OutWidth(OutWidth),
    .Recoding(Recoding2)
  ) u_recode2 (
    .data_i(in2_data_i),
    .data_o(data2)
  );

  logic [Lanes*OutWidth-1:0] data3;

  hw_recode #(
    .Lanes(Lanes),
    .InWidth(Width3),
    .OutWidth(OutWidth),
    .Recoding(Recoding3)
  ) u_recode3 (
    .data_i(in3_data_i),
    .data_o(data3)
  );

  hw_concat #(
    .Inputs(4),
    .Lanes(Lanes),
    .Width(OutWidth),
    .LastLanes(LastLanes),
    .Words({32'(Words3), 32'(Words2), 32'(Words1), 32'(Words0)})
  ) u_concat (
    .clk_i,
    .rst_ni,
    .in_valid_i({in3_valid_i, in2_valid_i, in1_valid_i, in0_valid_i}),
    .in_ready_o({in3_ready_o, in2_ready_o, in1_ready_o, in0_ready_o}),
    .in_data_i({data3, data2, data1, data0}),
    .out_ok_i,
    .out_start_o,
    .out_valid_o,
    .out_data_o
  );

endmodule

`default_nettype wire
