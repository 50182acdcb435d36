// Checks that the sender of an AXI4-Stream marks exactly the last of every `Words` words.
//
// frame_error_o rises in the cycle after a word whose last_i is wrong, and stays until reset.

`default_nettype none

module hw_axis_check #(
  parameter int unsigned Words = 4
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic transfer_i,
  input  wire logic last_i,
  output logic      frame_error_o
);

  if (Words < 1) begin : gen_illegal
    $error("hw_axis_check: Words must be at least 1");
  end

  logic last;
  logic error_q;

  hw_axis_last #(
    .Words(Words)
  ) i_last (
    .clk_i,
    .rst_ni,
    .transfer_i,
    .last_o(last)
  );

  assign frame_error_o = error_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) error_q <= 1'b0;
    else if (transfer_i && (last_i != last)) error_q <= 1'b1;
  end

endmodule

`default_nettype wire
