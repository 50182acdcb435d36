// Counts as hw_wrap does, in steps (step_i) of which count_i says early whether they count.
// last_o is high while the count is Count - 1, from a register; next_o is what last_o would be
// after a step now.

`default_nettype none

module hw_wrap_ahead #(
  parameter int unsigned Count = 4
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic step_i,
  input  wire logic count_i,
  output logic      last_o,
  output logic      next_o
);

  if (Count < 1) begin : gen_illegal
    $error("hw_wrap_ahead: Count must be at least 1");
  end

  if (Count == 1) begin : gen_one
    assign last_o = 1'b1;
    assign next_o = 1'b1;
    // Nothing to count.
    logic unused_one;
    assign unused_one = &{1'b0, clk_i, rst_ni, step_i, count_i};
  end else begin : gen_many
    localparam int unsigned Width = $clog2(Count);

    logic [Width-1:0] count_q, count_d;

    assign count_d = last_o ? '0 : count_q + Width'(1);
    assign next_o = count_i ? count_d == Width'(Count - 1) : last_o;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        count_q <= '0;
        last_o <= 1'b0;
      end else if (step_i) begin
        if (count_i) count_q <= count_d;
        last_o <= next_o;
      end
    end
  end

endmodule

`default_nettype wire
