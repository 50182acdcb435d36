// Counts the cycles in which event_i is high; wraps around.

`default_nettype none

module hw_event_counter #(
  parameter int unsigned Width = 32
) (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic        event_i,
  output logic [Width-1:0] count_o
);

  if (Width < 1) begin : gen_illegal
    $error("hw_event_counter: Width must be at least 1");
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni)      count_o <= '0;
    else if (event_i) count_o <= count_o + Width'(1);
  end

endmodule

`default_nettype wire
