// PLL cells in simulation, with the ports that the wrappers use; see `sim/pll_model.sv`.

`default_nettype none

module rPLL #(
  parameter              DEVICE    = "GW1N-1",
  parameter              FCLKIN    = "27",
  parameter int unsigned IDIV_SEL  = 0,
  parameter int unsigned FBDIV_SEL = 0,
  parameter int unsigned ODIV_SEL  = 8
) (
  input  wire logic       CLKIN, CLKFB, RESET, RESET_P,
  input  wire logic [5:0] FBDSEL, IDSEL, ODSEL,
  input  wire logic [3:0] DUTYDA, PSDA, FDLY,
  output wire logic       CLKOUT, LOCK
);

  hw_pll_model u_model (.clk_i(CLKIN), .clk_o(CLKOUT), .locked_o(LOCK));

  logic unused;
  assign unused = &{1'b0, CLKFB, RESET, RESET_P, FBDSEL, IDSEL, ODSEL, DUTYDA, PSDA, FDLY,
                    IDIV_SEL, FBDIV_SEL, ODIV_SEL, DEVICE == "", FCLKIN == ""};

endmodule

`default_nettype wire
