// Valid bit of a pipe: valid_o is valid_i, Stages cycles later.
//
// Only this bit is reset; the data beside it needs no reset.

`default_nettype none

module hw_valid_pipe #(
  parameter int unsigned Stages = 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic valid_i,
  output logic      valid_o
);

  if (Stages == 0) begin : gen_wire
    logic unused;
    assign unused = &{1'b0, clk_i, rst_ni};
    assign valid_o = valid_i;
  end else begin : gen_registers
    logic [Stages-1:0] valid_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) valid_q <= '0;
      else valid_q <= Stages'({valid_q, valid_i});
    end
    assign valid_o = valid_q[Stages-1];
  end

endmodule

`default_nettype wire
