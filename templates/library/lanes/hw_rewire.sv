// Every output lane is an input lane, recoded by hw_recode, or the constant Fill. A pipe without
// registers.
//
// Sources holds 16 bits for each output lane: the number of the input lane, all ones for Fill.

`default_nettype none

module hw_rewire #(
  parameter int unsigned InLanes = 4,
  parameter int unsigned OutLanes = 2,
  parameter int unsigned InWidth = 3,
  parameter int unsigned OutWidth = 5,
  parameter hw_recoding_pkg::recoding_e Recoding = hw_recoding_pkg::Zeros,
  parameter logic [OutWidth-1:0] Fill = '0,
  parameter logic [OutLanes*16-1:0] Sources = {OutLanes{16'd3}}
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [InLanes*InWidth-1:0]   data_i,
  output logic                              valid_o,
  output logic      [OutLanes*OutWidth-1:0] data_o
);

  if (InLanes < 1 || OutLanes < 1) begin : gen_illegal
    $error("hw_rewire: InLanes and OutLanes must be at least 1");
  end

  logic [InLanes*OutWidth-1:0] recoded;

  hw_recode #(
    .Lanes(InLanes),
    .InWidth(InWidth),
    .OutWidth(OutWidth),
    .Recoding(Recoding)
  ) u_recode (
    .data_i,
    .data_o(recoded)
  );

  for (genvar i = 0; i < OutLanes; i++) begin : gen_lane
    if (Sources[i*16+:16] == 16'hffff) begin : gen_fill
      assign data_o[i*OutWidth+:OutWidth] = Fill;
    end else begin : gen_source
      assign data_o[i*OutWidth+:OutWidth] = recoded[Sources[i*16+:16]*OutWidth+:OutWidth];
    end
  end

  assign valid_o = valid_i;

  // The ports are those of every pipe, no register is here, and not every lane has to be used.
  logic unused;
  assign unused = &{1'b0, clk_i, rst_ni, recoded};

endmodule

`default_nettype wire
