// The CRC-32 of Ethernet and zlib, four bits per cycle: polynomial 32'hedb88320 with the lowest bit
// first, starting from ones. `clear_i` starts a message, `valid_i` adds a byte; a byte takes three
// cycles. While `busy_o` is low, `check_o` is byte `index_i` of the message's check value, of which
// the lowest byte, 0, is sent first.

`default_nettype none

module hw_crc32 (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic        clear_i,
  input  wire logic        valid_i,
  input  wire logic  [7:0] data_i,
  output logic             busy_o,
  input  wire logic  [1:0] index_i,
  output logic       [7:0] check_o
);

  logic [31:0] crc_q;
  logic [31:0] crc;
  logic  [1:0] left_q;  // halves of the byte that are not in the remainder yet

  assign busy_o  = (left_q != 2'd0);
  assign check_o = ~crc_q[{index_i, 3'b000} +: 8];

  always_comb begin
    crc = crc_q;
    for (int unsigned i = 0; i < 4; i++) begin
      crc = {1'b0, crc[31:1]} ^ (crc[0] ? 32'hedb88320 : 32'h0);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) left_q <= 2'd0;
    else if (valid_i)       left_q <= 2'd2;
    else if (busy_o)        left_q <= left_q - 2'd1;
  end

  always_ff @(posedge clk_i) begin
    if (clear_i)      crc_q <= 32'hffffffff;
    else if (valid_i) crc_q[7:0] <= crc_q[7:0] ^ data_i;
    else if (busy_o)  crc_q <= crc;
  end

endmodule

`default_nettype wire
