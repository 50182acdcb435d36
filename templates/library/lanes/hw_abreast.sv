// Puts the lanes of operand 1 above those of operand 0, in a common code. A pipe without registers:
// data_i is {operand 1, operand 0}; see hw_recode for the styles.

`default_nettype none

module hw_abreast #(
  parameter int unsigned Lanes0 = 4,
  parameter int unsigned Width0 = 3,
  parameter hw_recoding_pkg::recoding_e Recoding0 = hw_recoding_pkg::Zeros,
  parameter int unsigned Lanes1 = 2,
  parameter int unsigned Width1 = 5,
  parameter hw_recoding_pkg::recoding_e Recoding1 = hw_recoding_pkg::Zeros,
  parameter int unsigned OutWidth = 5
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_ni,
  input  wire logic                                    valid_i,
  input  wire logic [Lanes1*Width1+Lanes0*Width0-1:0]  data_i,
  output logic                                         valid_o,
  output logic      [(Lanes1+Lanes0)*OutWidth-1:0]     data_o
);

  hw_recode #(
    .Lanes(Lanes0),
    .InWidth(Width0),
    .OutWidth(OutWidth),
    .Recoding(Recoding0)
  ) u_recode0 (
    .data_i(data_i[Lanes0*Width0-1:0]),
    .data_o(data_o[Lanes0*OutWidth-1:0])
  );

  hw_recode #(
    .Lanes(Lanes1),
    .InWidth(Width1),
    .OutWidth(OutWidth),
    .Recoding(Recoding1)
  ) u_recode1 (
    .data_i(data_i[Lanes1*Width1+Lanes0*Width0-1:Lanes0*Width0]),
    .data_o(data_o[(Lanes1+Lanes0)*OutWidth-1:Lanes0*OutWidth])
  );

  assign valid_o = valid_i;

  // The ports are those of every pipe, and this one has no register.
  logic unused;
  assign unused = &{1'b0, clk_i, rst_ni};

endmodule

`default_nettype wire
