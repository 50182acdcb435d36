// Holds the payload of one packet for one input of the design and hands it on byte by byte. A
// payload is written first and counts when `take_i` is high for a cycle; `busy_o` is high until its
// last byte has left.

`default_nettype none

module hw_link_drain (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  input  wire logic       write_i,
  input  wire logic [7:0] address_i,
  input  wire logic [7:0] data_i,
  input  wire logic       take_i,
  input  wire logic [7:0] length_i,
  output logic            busy_o,
  output logic            valid_o,
  input  wire logic       ready_i,
  output logic      [7:0] data_o
);

  // A payload is read after its last byte was written: read and write never meet at one address.
  (* no_rw_check *) logic [7:0] memory [256];
  logic [7:0] read_q, data_q, address_q, left_q;
  logic       fetched_q, valid_q;

  assign busy_o  = (left_q != 8'd0);
  assign valid_o = valid_q;
  assign data_o  = data_q;

  always_ff @(posedge clk_i) begin
    if (write_i) memory[address_i] <= data_i;
    read_q <= memory[address_q];
    data_q <= read_q;
  end

  // A byte is shown two cycles after its address, and the address moves when it is taken.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q    <= 8'd0;
      fetched_q <= 1'b0;
      valid_q   <= 1'b0;
    end else if (take_i) begin
      left_q    <= length_i;
      fetched_q <= 1'b0;
      valid_q   <= 1'b0;
    end else if (valid_q && ready_i) begin
      left_q    <= left_q - 8'd1;
      fetched_q <= 1'b0;
      valid_q   <= 1'b0;
    end else begin
      fetched_q <= busy_o;
      valid_q   <= fetched_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take_i)                  address_q <= 8'd0;
    else if (valid_q && ready_i) address_q <= address_q + 8'd1;
  end

endmodule

`default_nettype wire
