// Gives every word of one stream to `Outputs` streams, each of which accepts it at its own time.
//
// The word leaves the input when the last output has accepted it. No latency; ready_o depends on
// ready_i, so a buffer must follow where that path would be too long. An output that has accepted
// the word sees valid_o low until the next word.

`default_nettype none

module hw_fork #(
  parameter int unsigned Outputs = 2,
  parameter int unsigned Width = 8
) (
  input  wire logic               clk_i,
  input  wire logic               rst_ni,
  // Input stream
  input  wire logic               valid_i,
  output logic                    ready_o,
  input  wire logic [Width-1:0]   data_i,
  // Output streams, all with the same word
  output logic      [Outputs-1:0] valid_o,
  input  wire logic [Outputs-1:0] ready_i,
  output logic      [Width-1:0]   data_o
);

  if (Outputs < 1 || Width < 1) begin : gen_illegal
    $error("hw_fork: Outputs and Width must be at least 1");
  end

  logic [Outputs-1:0] done_q;  // outputs that have accepted the word at the input

  assign ready_o = &(done_q | ready_i);
  assign valid_o = {Outputs{valid_i}} & ~done_q;
  assign data_o = data_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) done_q <= '0;
    else if (valid_i) done_q <= ready_o ? '0 : (done_q | ready_i);
  end

endmodule

`default_nettype wire
