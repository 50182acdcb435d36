// The receiver of packets with its check, for `link_rx.cpp`.

`default_nettype none

module link_rx (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  input  wire logic       valid_i,
  input  wire logic [7:0] data_i,
  input  wire logic       hold_i,
  output logic            write_o,
  output logic      [7:0] address_o,
  output logic      [7:0] data_o,
  output logic            done_o,
  output logic            held_o,
  output logic      [7:0] kind_o,
  output logic      [7:0] sequence_o,
  output logic      [7:0] channels_o,
  output logic      [7:0] most_o,
  output logic      [7:0] received_o,
  output logic      [7:0] length_o,
  output logic            busy_o
);

  logic       clear, valid;
  logic [1:0] index;
  logic [7:0] check;

  hw_crc32 u_crc (
    .clk_i,
    .rst_ni,
    .clear_i(clear),
    .valid_i(valid),
    .data_i,
    .busy_o,
    .index_i(index),
    .check_o(check)
  );

  hw_link_rx #(
    .GapClocks(16)
  ) u_rx (
    .clk_i,
    .rst_ni,
    .listen_i(1'b1),
    .crc_clear_o(clear),
    .crc_valid_o(valid),
    .crc_index_o(index),
    .crc_check_i(check),
    .valid_i,
    .data_i,
    .hold_i,
    .write_o,
    .address_o,
    .data_o,
    .done_o,
    .held_o,
    .kind_o,
    .sequence_o,
    .channels_o,
    .most_o,
    .received_o,
    .length_o
  );

endmodule

`default_nettype wire
