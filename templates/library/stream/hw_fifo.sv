// A FIFO between two ready/valid streams: `Depth` words, one word per cycle.
//
// ready_o comes from a register. Latency one cycle, two when `Block` puts the words in block RAM.

`default_nettype none

module hw_fifo #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 4,
  parameter bit Block = 0,
  parameter Name = ""
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  // Input stream
  input  wire logic             valid_i,
  output logic                  ready_o,
  input  wire logic [Width-1:0] data_i,
  // Output stream
  output logic                  valid_o,
  input  wire logic             ready_i,
  output logic [Width-1:0]      data_o
);

  if (Width < 1 || Depth < 1) begin : gen_illegal
    $error("hw_fifo: Depth and Width must be at least 1");
  end

  // A place is reserved and filled in the cycle in which the word is accepted.
  logic push;
  assign push = valid_i && ready_o;

  hw_credit_fifo #(
    .Width(Width),
    .Depth(Depth),
    .Block(Block),
    .Name(Name)
  ) i_words (
    .clk_i,
    .rst_ni,
    .reserve_i(push),
    .ok_o(ready_o),
    .push_i(push),
    .data_i,
    .valid_o,
    .ready_i,
    .data_o
  );

endmodule

`default_nettype wire
