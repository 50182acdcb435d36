// A PLL in simulation, behind the vendors' cells (`hwcompile/families/<family>/pll_cells.sv`). The
// one thing about a board that is not simulated is the frequency: the clock passes, and the lock comes 100 clocks
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

`default_nettype wire
