// The vendors' PLL cells in simulation, with the ports that the wrappers use. The one thing about a
// board that is not simulated is the frequency: the clock passes, and the lock comes 100 clocks
// late, so that what waits for it is exercised.

`default_nettype none

module hw_pll_model (
  input  wire logic clk_i,
  output wire logic clk_o,
  output wire logic locked_o
);

  logic [6:0] count_q;
  initial count_q = 7'd0;

  always_ff @(posedge clk_i) begin
    if (!locked_o) count_q <= count_q + 7'd1;
  end

  assign clk_o    = clk_i;
  assign locked_o = (count_q == 7'd100);

endmodule

module SB_PLL40_CORE #(
  parameter             FEEDBACK_PATH = "SIMPLE",
  parameter             PLLOUT_SELECT = "GENCLK",
  parameter logic [3:0] DIVR          = 4'd0,
  parameter logic [6:0] DIVF          = 7'd0,
  parameter logic [2:0] DIVQ          = 3'd0,
  parameter logic [2:0] FILTER_RANGE  = 3'd0
) (
  input  wire logic REFERENCECLK,
  output wire logic PLLOUTGLOBAL,
  output wire logic LOCK,
  input  wire logic RESETB,
  input  wire logic BYPASS
);

  hw_pll_model u_model (.clk_i(REFERENCECLK), .clk_o(PLLOUTGLOBAL), .locked_o(LOCK));

  if (FEEDBACK_PATH != "SIMPLE" || PLLOUT_SELECT != "GENCLK") begin : gen_other
    $error("not modelled");
  end

  logic unused;
  assign unused = &{1'b0, RESETB, BYPASS, DIVR, DIVF, DIVQ, FILTER_RANGE};

endmodule

module SB_PLL40_PAD #(
  parameter             FEEDBACK_PATH = "SIMPLE",
  parameter             PLLOUT_SELECT = "GENCLK",
  parameter logic [3:0] DIVR          = 4'd0,
  parameter logic [6:0] DIVF          = 7'd0,
  parameter logic [2:0] DIVQ          = 3'd0,
  parameter logic [2:0] FILTER_RANGE  = 3'd0
) (
  input  wire logic PACKAGEPIN,
  output wire logic PLLOUTGLOBAL,
  output wire logic LOCK,
  input  wire logic RESETB,
  input  wire logic BYPASS
);

  hw_pll_model u_model (.clk_i(PACKAGEPIN), .clk_o(PLLOUTGLOBAL), .locked_o(LOCK));

  if (FEEDBACK_PATH != "SIMPLE" || PLLOUT_SELECT != "GENCLK") begin : gen_other
    $error("not modelled");
  end

  logic unused;
  assign unused = &{1'b0, RESETB, BYPASS, DIVR, DIVF, DIVQ, FILTER_RANGE};

endmodule

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

module CC_PLL #(
  parameter              REF_CLK         = "",
  parameter              OUT_CLK         = "",
  parameter              PERF_MD         = "",
  parameter int unsigned LOCK_REQ        = 1,
  parameter int unsigned LOW_JITTER      = 1,
  parameter int unsigned CI_FILTER_CONST = 2,
  parameter int unsigned CP_FILTER_CONST = 4
) (
  input  wire logic CLK_REF, CLK_FEEDBACK, USR_CLK_REF, USR_LOCKED_STDY_RST,
  output wire logic CLK0, USR_PLL_LOCKED
);

  hw_pll_model u_model (.clk_i(CLK_REF), .clk_o(CLK0), .locked_o(USR_PLL_LOCKED));

  logic unused;
  assign unused = &{1'b0, CLK_FEEDBACK, USR_CLK_REF, USR_LOCKED_STDY_RST, REF_CLK == "",
                    OUT_CLK == "", PERF_MD == "", LOCK_REQ, LOW_JITTER, CI_FILTER_CONST,
                    CP_FILTER_CONST};

endmodule

`default_nettype wire
