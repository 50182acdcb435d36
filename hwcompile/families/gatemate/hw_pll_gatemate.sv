// The PLL of a GateMate (CC_PLL). Place and route chooses its dividers for the two frequencies. See
// UG1001.

`default_nettype none

module hw_pll_gatemate #(
  parameter InMhz  = "10.0",
  parameter OutMhz = "25.0"
) (
  input  wire logic clk_i,
  output wire logic clk_o,
  output wire logic locked_o
);

  CC_PLL #(
    .REF_CLK(InMhz),
    .OUT_CLK(OutMhz),
    .PERF_MD("SPEED"),
    .LOCK_REQ(1),
    .LOW_JITTER(1),
    .CI_FILTER_CONST(2),
    .CP_FILTER_CONST(4)
  ) u_pll (
    .CLK_REF(clk_i),
    .CLK0(clk_o),
    .USR_PLL_LOCKED(locked_o),
    .CLK_FEEDBACK(1'b0),
    .USR_CLK_REF(1'b0),
    .USR_LOCKED_STDY_RST(1'b0)
  );

endmodule

`default_nettype wire
