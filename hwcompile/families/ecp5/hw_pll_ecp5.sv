// The PLL of an ECP5 (EHXPLLL). The first output closes the loop, the second one is used, so the
// oscillator inside has a divider of its own: out = in * Multiply * LoopDivide / (InDivide *
// OutDivide). See FPGA-TN-02200. The attributes are the loop filter's settings.

`default_nettype none

module hw_pll_ecp5 #(
  parameter int unsigned InDivide   = 1,
  parameter int unsigned Multiply   = 1,
  parameter int unsigned LoopDivide = 1,
  parameter int unsigned OutDivide  = 1
) (
  input  wire logic clk_i,
  output wire logic clk_o,
  output wire logic locked_o
);

  logic loop;

  (* ICP_CURRENT="12" *) (* LPF_RESISTOR="8" *)
  (* MFG_ENABLE_FILTEROPAMP="1" *) (* MFG_GMCREF_SEL="2" *)
  EHXPLLL #(
    .FEEDBK_PATH("CLKOP"),
    .CLKI_DIV(InDivide),
    .CLKFB_DIV(Multiply),
    .CLKOP_ENABLE("ENABLED"),
    .CLKOP_DIV(LoopDivide),
    .CLKOP_CPHASE(LoopDivide - 1),
    .CLKOS_ENABLE("ENABLED"),
    .CLKOS_DIV(OutDivide),
    .CLKOS_CPHASE(OutDivide - 1)
  ) u_pll (
    .CLKI(clk_i),
    .CLKFB(loop),
    .CLKOP(loop),
    .CLKOS(clk_o),
    .LOCK(locked_o),
    .RST(1'b0),
    .STDBY(1'b0),
    .PHASESEL0(1'b0),
    .PHASESEL1(1'b0),
    .PHASEDIR(1'b1),
    .PHASESTEP(1'b1),
    .PHASELOADREG(1'b1),
    .PLLWAKESYNC(1'b0),
    .ENCLKOP(1'b0),
    .ENCLKOS(1'b0),
    .ENCLKOS2(1'b0),
    .ENCLKOS3(1'b0)
  );

endmodule

`default_nettype wire
