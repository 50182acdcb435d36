// PLL cells in simulation, with the ports that the wrappers use; see `sim/pll_model.sv`.

`default_nettype none

module EHXPLLL #(
  parameter              FEEDBK_PATH  = "CLKOP",
  parameter int unsigned CLKI_DIV     = 1,
  parameter int unsigned CLKFB_DIV    = 1,
  parameter              CLKOP_ENABLE = "ENABLED",
  parameter int unsigned CLKOP_DIV    = 8,
  parameter int unsigned CLKOP_CPHASE = 0,
  parameter              CLKOS_ENABLE = "DISABLED",
  parameter int unsigned CLKOS_DIV    = 8,
  parameter int unsigned CLKOS_CPHASE = 0
) (
  input  wire logic CLKI, CLKFB, RST, STDBY, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP,
  input  wire logic PHASELOADREG, PLLWAKESYNC, ENCLKOP, ENCLKOS, ENCLKOS2, ENCLKOS3,
  output wire logic CLKOP, CLKOS, LOCK
);

  hw_pll_model u_model (.clk_i(CLKI), .clk_o(CLKOS), .locked_o(LOCK));
  assign CLKOP = CLKI;

  if (FEEDBK_PATH != "CLKOP" || CLKOP_ENABLE != "ENABLED" || CLKOS_ENABLE != "ENABLED")
  begin : gen_other
    $error("not modelled");
  end

  logic unused;
  assign unused = &{1'b0, CLKI_DIV, CLKFB_DIV, CLKOP_DIV, CLKOP_CPHASE, CLKOS_DIV, CLKOS_CPHASE,
                    CLKFB, RST, STDBY, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP,
                    PHASELOADREG, PLLWAKESYNC, ENCLKOP, ENCLKOS, ENCLKOS2, ENCLKOS3};

endmodule

`default_nettype wire
