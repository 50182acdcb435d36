// A two-word buffer that cuts every combinational path of a ready/valid stream.
//
// Latency one cycle, one word per cycle; ready_o, valid_o and data_o come from registers.

`default_nettype none

module hw_skid_buffer #(
  parameter int unsigned Width = 8
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  // Input stream
  input  wire logic             valid_i,
  output logic                  ready_o,
  input  wire logic [Width-1:0] data_i,
  // Output stream
  output logic                  valid_o,
  input  wire logic             ready_i,
  output logic [Width-1:0]      data_o
);

  if (Width < 1) begin : gen_illegal
    $error("hw_skid_buffer: Width must be at least 1");
  end

  logic valid_q, skid_valid_q;
  logic [Width-1:0] data_q, skid_q;
  logic push, load;

  assign ready_o = !skid_valid_q;
  assign valid_o = valid_q;
  assign data_o = data_q;
  assign push = valid_i && ready_o;
  assign load = !valid_q || ready_i;  // the output register takes a word or becomes empty

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      skid_valid_q <= 1'b0;
    end else if (load) begin
      valid_q <= skid_valid_q || push;
      skid_valid_q <= 1'b0;
    end else begin
      skid_valid_q <= skid_valid_q || push;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load) data_q <= skid_valid_q ? skid_q : data_i;
    if (push) skid_q <= data_i;
  end

endmodule

`default_nettype wire
