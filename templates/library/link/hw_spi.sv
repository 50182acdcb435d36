// An SPI device, mode 0 (the clock idles low, data is sampled at its rising edge), most significant
// bit first. The clock is sampled by `clk_i`, so each of its halves must last at least 5 cycles
// (its frequency at most a tenth of `clk_i`), and so must the time between `cs_ni` and the clock.
//
// A byte is received with its eighth bit: `rx_valid_o` is high for one cycle. What is sent during a
// byte is fixed when the byte begins: the byte that waits at that time, else zero. It is taken when
// its eighth bit was read, so a byte that the controller breaks off is sent again.

`default_nettype none

module hw_spi (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  // The bus; it may change at any time.
  input  wire logic       sck_i,
  input  wire logic       cs_ni,
  input  wire logic       mosi_i,
  output logic            miso_o,
  output logic            rx_valid_o,
  output logic      [7:0] rx_data_o,
  input  wire logic       tx_valid_i,
  output logic            tx_ready_o,
  input  wire logic [7:0] tx_data_i
);

  // Two flip-flops until the bus may be looked at, and a third for edges.
  logic [2:0] sck_q, cs_q;
  logic [1:0] mosi_q;

  always_ff @(posedge clk_i) begin
    sck_q  <= {sck_q[1:0], sck_i};
    mosi_q <= {mosi_q[0], mosi_i};
    if (!rst_ni) cs_q <= 3'b111;
    else         cs_q <= {cs_q[1:0], cs_ni};
  end

  logic selected, begins, rises, falls;
  assign selected = !cs_q[1];
  assign begins   = selected && cs_q[2];
  assign rises    = selected && sck_q[1] && !sck_q[2];
  assign falls    = selected && !sck_q[1] && sck_q[2];

  logic [2:0] bit_q;      // bits of the byte that were read
  logic [6:0] read_q;
  logic [7:0] send_q;
  logic       sending_q;  // the byte on its way is one that waits
  logic       load;

  assign load = begins || (falls && bit_q == 3'd0);

  always_ff @(posedge clk_i) begin
    if (!selected || begins) bit_q <= 3'd0;
    else if (rises)          bit_q <= bit_q + 3'd1;
  end

  always_ff @(posedge clk_i) begin
    if (rises) read_q <= {read_q[5:0], mosi_q[1]};
    if (load) begin
      send_q    <= tx_valid_i ? tx_data_i : 8'h00;
      sending_q <= tx_valid_i;
    end else if (falls) begin
      send_q <= {send_q[6:0], 1'b0};
    end
  end

  logic last;
  assign last = rises && !begins && (bit_q == 3'd7);

  assign rx_valid_o = last;
  assign rx_data_o  = {read_q, mosi_q[1]};
  assign tx_ready_o = last && sending_q;
  assign miso_o     = send_q[7];

endmodule

`default_nettype wire
