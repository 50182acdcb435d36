// The PLL of a Gowin GW1N or GW2A (rPLL): out = in * (Multiply + 1) / (InDivide + 1); the oscillator
// inside runs OutDivide times as fast. See UG286.

`default_nettype none

module hw_pll_gowin #(
  parameter              InMhz     = "27",
  parameter int unsigned InDivide  = 0,
  parameter int unsigned Multiply  = 0,
  parameter int unsigned OutDivide = 8,
  parameter              Device    = "GW1N-1"
) (
  input  wire logic clk_i,
  output wire logic clk_o,
  output wire logic locked_o
);

  rPLL #(
    .DEVICE(Device),
    .FCLKIN(InMhz),
    .IDIV_SEL(InDivide),
    .FBDIV_SEL(Multiply),
    .ODIV_SEL(OutDivide)
  ) u_pll (
    .CLKIN(clk_i),
    .CLKOUT(clk_o),
    .LOCK(locked_o),
    .CLKFB(1'b0),
    .RESET(1'b0),
    .RESET_P(1'b0),
    .FBDSEL(6'b0),
    .IDSEL(6'b0),
    .ODSEL(6'b0),
    .DUTYDA(4'b0),
    .PSDA(4'b0),
    .FDLY(4'b0)
  );

endmodule

`default_nettype wire
