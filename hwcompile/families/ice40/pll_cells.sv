// PLL cells in simulation, with the ports that the wrappers use; see `sim/pll_model.sv`.

`default_nettype none

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

`default_nettype wire
