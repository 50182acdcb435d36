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

`ifdef FORMAL
  // Order, loss and occupancy are proved inside hw_credit_fifo. Here, beside its rules, a bounded
  // check that the stream at the input is stopped when the FIFO is full and never earlier.
  logic f_past_q;
  int unsigned f_count_q;

  initial f_past_q = 1'b0;
  always_ff @(posedge clk_i) f_past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) f_count_q <= 0;
    else f_count_q <= f_count_q + 32'(valid_i && ready_o) - 32'(valid_o && ready_i);
  end

  always_ff @(posedge clk_i) begin
    if (f_past_q) begin
      assert (ready_o == (f_count_q < Depth));
      if (!Block) assert (valid_o == (f_count_q != 0));
    end
    cover (f_past_q && rst_ni && !ready_o);
  end
`endif

endmodule

`default_nettype wire
