// Sends bytes over a serial line: one start bit, eight data bits, least significant first, one stop
// bit. A byte is taken when `valid_i` and `ready_o` are high; the next one can be taken
// 10 * ClocksPerBit cycles later, so that bytes follow each other without a gap.

`default_nettype none

module hw_uart_tx #(
  parameter int unsigned ClocksPerBit = 104
) (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  input  wire logic       valid_i,
  output logic            ready_o,
  input  wire logic [7:0] data_i,
  output logic            tx_o
);

  if (ClocksPerBit < 2) begin : gen_illegal
    $error("hw_uart_tx: a bit lasts at least 2 cycles");
  end

  localparam int unsigned TimerBits = $clog2(ClocksPerBit);

  typedef logic [TimerBits-1:0] timer_t;

  localparam timer_t WholeBit = timer_t'(ClocksPerBit - 1);

  logic [3:0] bits_q;   // bits to send after the one on the line
  timer_t     timer_q;  // clocks that the bit on the line has left
  logic [8:0] shift_q;
  logic       tx_q;

  assign ready_o = (bits_q == 4'd0) && (timer_q == '0);
  assign tx_o    = tx_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bits_q  <= 4'd0;
      timer_q <= '0;
      tx_q    <= 1'b1;
    end else if (timer_q != '0) begin
      timer_q <= timer_q - timer_t'(1);
    end else if (bits_q != 4'd0) begin
      bits_q  <= bits_q - 4'd1;
      timer_q <= WholeBit;
      tx_q    <= shift_q[0];
    end else if (valid_i) begin
      bits_q  <= 4'd9;
      timer_q <= WholeBit;
      tx_q    <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_i && ready_o)     shift_q <= {1'b1, data_i};
    else if (timer_q == '0)     shift_q <= {1'b1, shift_q[8:1]};
  end

endmodule

`default_nettype wire
