// Joins bytes to the beats of an AXI4-Stream, least significant byte first, and marks the last beat
// of every frame of Words beats. A byte is taken at most every second cycle around a whole beat.

`default_nettype none

module hw_bytes_to_beats #(
  parameter int unsigned Bytes = 1,
  parameter int unsigned Words = 1
) (
  input  wire logic               clk_i,
  input  wire logic               rst_ni,
  input  wire logic               valid_i,
  output logic                    ready_o,
  input  wire logic         [7:0] data_i,
  output logic                    valid_o,
  input  wire logic               ready_i,
  output logic      [8*Bytes-1:0] data_o,
  output logic                    last_o
);

  if (Bytes < 1 || Words < 1) begin : gen_illegal
    $error("hw_bytes_to_beats: Bytes and Words must be at least 1");
  end

  localparam int unsigned CountBits = $clog2(Bytes + 1);
  typedef logic [CountBits-1:0] count_t;

  logic [8*Bytes+7:0] joined;
  logic [8*Bytes-1:0] data_q;
  count_t             count_q;

  // The new byte enters at the top; the oldest one is shifted out.
  assign joined  = {data_i, data_q};
  assign valid_o = (count_q == count_t'(Bytes));
  assign ready_o = !valid_o;
  assign data_o  = data_q;

  logic unused;
  assign unused = &{1'b0, joined[7:0]};

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                 count_q <= '0;
    else if (valid_o && ready_i) count_q <= '0;
    else if (valid_i && ready_o) count_q <= count_q + count_t'(1);
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o) data_q <= joined[8*Bytes+7:8];
  end

  hw_axis_last #(
    .Words(Words)
  ) u_last (
    .clk_i,
    .rst_ni,
    .transfer_i(valid_o && ready_i),
    .last_o
  );

endmodule

`default_nettype wire
