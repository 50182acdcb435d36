// Holds the reset low for 256 cycles after configuration, and while `hold_i` is high and
// for 256 cycles after. Relies on the initial value that FPGAs give to registers.

`default_nettype none

module hw_power_on (
  input  wire logic clk_i,
  // May change at any time.
  input  wire logic hold_i,
  output logic      rst_no
);

  logic [7:0] count_q;
  logic [1:0] hold_q;
  logic       ready, ready_q;
  initial begin
    count_q = 8'd0;
    ready_q = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    hold_q <= {hold_q[0], hold_i};
    if (hold_q[1])   count_q <= 8'd0;
    else if (!ready) count_q <= count_q + 8'd1;
    ready_q <= ready;
  end

  assign ready  = &count_q;
  assign rst_no = ready_q;

endmodule

`default_nettype wire
