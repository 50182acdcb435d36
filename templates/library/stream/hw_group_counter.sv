// Which word of a repeating group of Groups words is there: counts up on step_i, and wraps.
//
// A single group needs no counter; then group_o is always zero.

`default_nettype none

module hw_group_counter #(
  parameter int unsigned Groups = 3,
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_ni,
  input  wire logic                 step_i,
  output logic      [GroupBits-1:0] group_o
);

  if (Groups < 1) begin : gen_illegal
    $error("hw_group_counter: Groups must be at least 1");
  end

  if (Groups == 1) begin : gen_constant
    logic unused;
    assign unused = &{1'b0, clk_i, rst_ni, step_i};
    assign group_o = '0;
  end else begin : gen_counter
    always_ff @(posedge clk_i) begin
      if (!rst_ni) group_o <= '0;
      else if (step_i) group_o <= (group_o == GroupBits'(Groups - 1)) ? '0 : group_o + 1'b1;
    end
  end

endmodule

`default_nettype wire
