// The PLL of an iCE40 behind its own pad (SB_PLL40_PAD), in simple feedback:
// out = in * (DivF + 1) / ((DivR + 1) * 2^DivQ). See FPGA-TN-02052.

`default_nettype none

module hw_pll_ice40_pad #(
  parameter logic [3:0] DivR        = 4'd0,
  parameter logic [6:0] DivF        = 7'd63,
  parameter logic [2:0] DivQ        = 3'd5,
  parameter logic [2:0] FilterRange = 3'd1
) (
  input  wire logic clk_i,
  output wire logic clk_o,
  output wire logic locked_o
);

  SB_PLL40_PAD #(
    .FEEDBACK_PATH("SIMPLE"),
    .PLLOUT_SELECT("GENCLK"),
    .DIVR(DivR),
    .DIVF(DivF),
    .DIVQ(DivQ),
    .FILTER_RANGE(FilterRange)
  ) u_pll (
    .PACKAGEPIN(clk_i),
    .PLLOUTGLOBAL(clk_o),
    .LOCK(locked_o),
    .RESETB(1'b1),
    .BYPASS(1'b0)
  );

endmodule

`default_nettype wire
