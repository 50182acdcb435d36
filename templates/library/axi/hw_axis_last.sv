// Counts the words of a stream and marks the last word of each frame of `Words` words.
//
// transfer_i is high in a cycle in which a word moves (valid and ready). last_o belongs to the word
// that is at the stream now; it does not depend on transfer_i.

`default_nettype none

module hw_axis_last #(
  parameter int unsigned Words = 4
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic transfer_i,
  output logic      last_o
);

  if (Words < 1) begin : gen_illegal
    $error("hw_axis_last: Words must be at least 1");
  end

  localparam int unsigned CountW = (Words > 1) ? $clog2(Words) : 1;

  logic [CountW-1:0] count_q;

  assign last_o = (count_q == CountW'(Words - 1));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '0;
    else if (transfer_i) count_q <= last_o ? '0 : count_q + CountW'(1);
  end

endmodule

`default_nettype wire
