// Cuts the beats of an AXI4-Stream into bytes, least significant byte first. The next beat is taken
// in the cycle after the last byte of the one before left.

`default_nettype none

module hw_beats_to_bytes #(
  parameter int unsigned Bytes = 1
) (
  input  wire logic               clk_i,
  input  wire logic               rst_ni,
  input  wire logic               valid_i,
  output logic                    ready_o,
  input  wire logic [8*Bytes-1:0] data_i,
  output logic                    valid_o,
  input  wire logic               ready_i,
  output logic              [7:0] data_o
);

  if (Bytes < 1) begin : gen_illegal
    $error("hw_beats_to_bytes: Bytes must be at least 1");
  end

  localparam int unsigned CountBits = $clog2(Bytes + 1);
  typedef logic [CountBits-1:0] count_t;

  logic [8*Bytes-1:0] data_q;
  count_t             left_q;

  assign valid_o = (left_q != '0);
  assign ready_o = !valid_o;
  assign data_o  = data_q[7:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                 left_q <= '0;
    else if (valid_i && ready_o) left_q <= count_t'(Bytes);
    else if (valid_o && ready_i) left_q <= left_q - count_t'(1);
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o)      data_q <= data_i;
    else if (valid_o && ready_i) data_q <= data_q >> 8;
  end

endmodule

`default_nettype wire
