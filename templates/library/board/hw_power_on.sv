// Holds the reset low for 255 cycles after configuration, and while `hold_i` is high and
// for 255 cycles after. Relies on the initial value that FPGAs give to registers.

`default_nettype none

module hw_power_on (
  input  wire logic clk_i,
  // May change at any time.
  input  wire logic hold_i,
  output logic      rst_no
);

  logic [7:0] count_q;
  logic [1:0] hold_q;
  initial count_q = 8'd0;

  always_ff @(posedge clk_i) begin
    hold_q <= {hold_q[0], hold_i};
    if (hold_q[1])    count_q <= 8'd0;
    else if (!(&count_q)) count_q <= count_q + 8'd1;
  end

  assign rst_no = &count_q;

endmodule

`default_nettype wire
