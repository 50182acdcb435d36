// Counts steps from 0 to Count - 1 and starts again; last_o is high while the count is Count - 1.

`default_nettype none

module hw_wrap #(
  parameter int unsigned Count = 4
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic step_i,
  output logic      last_o
);

  if (Count < 1) begin : gen_illegal
    $error("hw_wrap: Count must be at least 1");
  end

  if (Count == 1) begin : gen_one
    assign last_o = 1'b1;
    // Nothing to count.
    logic unused_one;
    assign unused_one = &{1'b0, clk_i, rst_ni, step_i};
  end else begin : gen_many
    localparam int unsigned Width = $clog2(Count);

    logic [Width-1:0] count_q;

    assign last_o = count_q == Width'(Count - 1);
    always_ff @(posedge clk_i) begin
      if (!rst_ni) count_q <= '0;
      else if (step_i) count_q <= last_o ? '0 : count_q + Width'(1);
    end
  end

endmodule

`default_nettype wire
