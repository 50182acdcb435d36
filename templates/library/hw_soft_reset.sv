// A reset that software asks for: rst_no is low for `Cycles` cycles after request_i, and while
// rst_ni is.

`default_nettype none

module hw_soft_reset #(
  parameter int unsigned Cycles = 16
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic request_i,
  output logic      rst_no
);

  localparam int unsigned CountBits = $clog2(Cycles + 1);

  logic [CountBits-1:0] left_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || request_i) left_q <= CountBits'(Cycles);
    else if (!rst_no)         left_q <= left_q - CountBits'(1);
  end

  assign rst_no = (left_q == '0);

endmodule

`default_nettype wire
