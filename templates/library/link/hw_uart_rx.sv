// Receives bytes from a serial line: one start bit, eight data bits, least significant first, one
// stop bit. Every bit is sampled once in its middle. A start bit that is gone in its middle is
// noise and ignored; a byte whose stop bit is low is dropped, and nothing is received until the
// line is high again.
//
// `valid_o` is high for one cycle with each byte, in the middle of its stop bit.

`default_nettype none

module hw_uart_rx #(
  parameter int unsigned ClocksPerBit = 104
) (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  // The line; it may change at any time.
  input  wire logic       rx_i,
  output logic            valid_o,
  output logic      [7:0] data_o
);

  if (ClocksPerBit < 4) begin : gen_illegal
    $error("hw_uart_rx: a bit lasts at least 4 cycles");
  end

  localparam int unsigned TimerBits = $clog2(ClocksPerBit);

  typedef logic [TimerBits-1:0] timer_t;

  localparam timer_t WholeBit = timer_t'(ClocksPerBit - 1);
  localparam timer_t HalfBit  = timer_t'((ClocksPerBit / 2) - 1);
  localparam logic [3:0] StopBit = 4'd9;

  // Two flip-flops until the line may be looked at.
  logic [1:0] line_q;
  logic       line;
  assign line = line_q[1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) line_q <= 2'b11;
    else         line_q <= {line_q[0], rx_i};
  end

  logic       busy_q;    // inside a byte
  logic       broken_q;  // after a byte without a stop bit
  logic [3:0] bit_q;     // 0 is the start bit
  timer_t     timer_q;   // clocks to the middle of the bit
  logic [7:0] data_q;

  logic sample;
  assign sample = busy_q && (timer_q == '0);

  assign valid_o = sample && (bit_q == StopBit) && line;
  assign data_o  = data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q   <= 1'b0;
      broken_q <= 1'b0;
    end else if (!busy_q) begin
      broken_q <= broken_q && !line;
      busy_q   <= !broken_q && !line;
    end else if (sample) begin
      broken_q <= (bit_q == StopBit) && !line;
      if (bit_q == StopBit || (bit_q == 4'd0 && line)) busy_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!busy_q) begin
      bit_q   <= 4'd0;
      timer_q <= HalfBit;
    end else if (sample) begin
      bit_q   <= bit_q + 4'd1;
      timer_q <= WholeBit;
    end else begin
      timer_q <= timer_q - timer_t'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (sample && bit_q != StopBit) data_q <= {line, data_q[7:1]};
  end

endmodule

`default_nettype wire
