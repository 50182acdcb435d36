// One byte of a CRC-16 with the polynomial x^16 + x^12 + x^5 + 1, most significant bit first
// ("CCITT-FALSE" when the first `crc_i` is 16'hffff). After a message followed by its own check
// value, high byte first, the result is zero. Combinational.

`default_nettype none

module hw_crc16 (
  input  wire logic [15:0] crc_i,
  input  wire logic  [7:0] data_i,
  output logic      [15:0] crc_o
);

  logic [15:0] crc;

  always_comb begin
    crc = crc_i ^ {data_i, 8'h00};
    for (int unsigned i = 0; i < 8; i++) begin
      crc = {crc[14:0], 1'b0} ^ (crc[15] ? 16'h1021 : 16'h0000);
    end
    crc_o = crc;
  end

endmodule

`default_nettype wire
