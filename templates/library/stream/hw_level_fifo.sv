// `hw_fifo` that tells how many words are in it, for a side that software looks after.
// Latency and ready_o as there; level_o changes in the cycle after a word came or went.

`default_nettype none

module hw_level_fifo #(
  parameter int unsigned Width = 32,
  parameter int unsigned Depth = 64
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
  output logic [Width-1:0]      data_o,
  // Words held
  output logic [31:0]           level_o
);

  hw_fifo #(
    .Width(Width),
    .Depth(Depth),
    .Block(0),
    .Name("host")
  ) u_words (
    .clk_i,
    .rst_ni,
    .valid_i,
    .ready_o,
    .data_i,
    .valid_o,
    .ready_i,
    .data_o
  );

  logic push, pop;
  assign push = valid_i && ready_o;
  assign pop  = valid_o && ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni)           level_o <= '0;
    else if (push && !pop) level_o <= level_o + 32'd1;
    else if (pop && !push) level_o <= level_o - 32'd1;
  end

endmodule

`default_nettype wire
