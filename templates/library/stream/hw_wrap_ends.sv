// Counts as hw_wrap does. first_o is high while the count is 0 and last_o while it is Count - 1,
// both from registers: where the count stands is known a cycle before it counts.

`default_nettype none

module hw_wrap_ends #(
  parameter int unsigned Count = 4,
  localparam int unsigned Width = (Count > 1) ? $clog2(Count) : 1
) (
  input  wire logic         clk_i,
  input  wire logic         rst_ni,
  input  wire logic         step_i,
  output logic [Width-1:0]  count_o,
  output logic              first_o,
  output logic              last_o
);

  if (Count < 1) begin : gen_illegal
    $error("hw_wrap_ends: Count must be at least 1");
  end

  if (Count > 1) begin : gen_many
    logic [Width-1:0] count_d;

    assign count_d = last_o ? '0 : count_o + 1'b1;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        count_o <= '0;
        first_o <= 1'b1;
        last_o <= 1'b0;
      end else if (step_i) begin
        count_o <= count_d;
        first_o <= last_o;
        last_o <= count_d == Width'(Count - 1);
      end
    end
  end else begin : gen_one
    // Nothing to count.
    logic unused_one;
    assign unused_one = &{1'b0, clk_i, rst_ni, step_i};
    assign count_o = '0;
    assign first_o = 1'b1;
    assign last_o = 1'b1;
  end

endmodule

`default_nettype wire
