// A reset that software asks for: rst_no is low for `Cycles` cycles after request_i and until
// idle_i, and while rst_ni is. With `Held` it is low from rst_ni on until the first request.

`default_nettype none

module hw_soft_reset #(
  parameter int unsigned Cycles = 16,
  parameter bit Held = 0
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic request_i,
  input  wire logic idle_i,
  output logic      rst_no
);

  if (Cycles < 1) begin : gen_illegal
    $error("hw_soft_reset: Cycles must be at least 1");
  end

  localparam int unsigned CountBits = $clog2(Cycles + 1);

  logic [CountBits-1:0] left_q;
  logic                 held_q, step;

  // The last cycle lasts until everything is idle and software has asked.
  assign step = (left_q != CountBits'(1)) || (idle_i && !held_q);
  assign rst_no = (left_q == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni)        held_q <= Held;
    else if (request_i) held_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || request_i) left_q <= CountBits'(Cycles);
    else if (!rst_no && step) left_q <= left_q - CountBits'(1);
  end

endmodule

`default_nettype wire
