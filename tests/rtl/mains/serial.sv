// Serial ports and an SPI device of several speeds side by side, for `serial.cpp`.

`default_nettype none

module serial (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic  [2:0] rx_i,
  output logic       [2:0] rx_valid_o,
  output logic      [23:0] rx_data_o,
  input  wire logic  [2:0] tx_valid_i,
  output logic       [2:0] tx_ready_o,
  input  wire logic [23:0] tx_data_i,
  output logic       [2:0] tx_o
);

  for (genvar i = 0; i < 3; i++) begin : gen_speeds
    localparam int unsigned ClocksPerBit = (i == 0) ? 8 : (i == 1) ? 13 : 104;

    hw_uart_rx #(
      .ClocksPerBit(ClocksPerBit)
    ) u_rx (
      .clk_i,
      .rst_ni,
      .rx_i(rx_i[i]),
      .valid_o(rx_valid_o[i]),
      .data_o(rx_data_o[8*i +: 8])
    );

    hw_uart_tx #(
      .ClocksPerBit(ClocksPerBit)
    ) u_tx (
      .clk_i,
      .rst_ni,
      .valid_i(tx_valid_i[i]),
      .ready_o(tx_ready_o[i]),
      .data_i(tx_data_i[8*i +: 8]),
      .tx_o(tx_o[i])
    );
  end

endmodule

`default_nettype wire
