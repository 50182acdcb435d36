// PLL cells in simulation, with the ports that the wrappers use; see `sim/pll_model.sv`.

`default_nettype none

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
