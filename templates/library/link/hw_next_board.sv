// The end of a serial line to the next board of a system: bytes of this board's design go there,
// bytes of that board's output come back. See `hw_link_ask`.

`default_nettype none

module hw_next_board #(
  parameter int unsigned ClocksPerBit = 8,
  parameter int unsigned GapClocks    = 320,
  parameter int unsigned WaitClocks   = 8192,
  parameter logic [63:0] Ident        = 64'h0
) (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  // The line; it may change at any time.
  input  wire logic       rx_i,
  output logic            tx_o,
  input  wire logic       valid_i,
  output logic            ready_o,
  input  wire logic [7:0] data_i,
  output logic            valid_o,
  input  wire logic       ready_i,
  output logic      [7:0] data_o,
  output logic            met_o
);

  if (ClocksPerBit < 4) begin : gen_illegal
    $error("hw_next_board: a bit lasts at least 4 cycles");
  end

  logic       rx_valid, tx_valid, tx_ready;
  logic [7:0] rx_data, tx_data;

  hw_uart_rx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_uart_rx (
    .clk_i,
    .rst_ni,
    .rx_i,
    .valid_o(rx_valid),
    .data_o(rx_data)
  );

  hw_uart_tx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_uart_tx (
    .clk_i,
    .rst_ni,
    .valid_i(tx_valid),
    .ready_o(tx_ready),
    .data_i(tx_data),
    .tx_o
  );

  hw_link_ask #(
    .GapClocks(GapClocks),
    .WaitClocks(WaitClocks),
    .Ident(Ident)
  ) u_ask (
    .clk_i,
    .rst_ni,
    .rx_valid_i(rx_valid),
    .rx_data_i(rx_data),
    .tx_valid_o(tx_valid),
    .tx_ready_i(tx_ready),
    .tx_data_o(tx_data),
    .valid_i,
    .ready_o,
    .data_i,
    .valid_o,
    .ready_i,
    .data_o,
    .met_o
  );

endmodule

`default_nettype wire
