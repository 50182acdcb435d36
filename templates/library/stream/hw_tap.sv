// Records a stream in simulation: every word in a cycle with valid_i goes to "<TapName>.tap" in the
// working directory, one line of hexadecimal digits each, most significant digit first.
//
// Nothing at all unless HW_TAP is defined.

`default_nettype none

module hw_tap #(
  parameter int unsigned Width = 8,
  parameter TapName = "tap"
) (
  input wire logic             clk_i,
  input wire logic             rst_ni,
  input wire logic             valid_i,
  input wire logic [Width-1:0] data_i
);

  if (Width < 1) begin : gen_illegal
    $error("hw_tap %s: Width must be at least 1", TapName);
  end

`ifdef HW_TAP
  int tap_file;

  initial tap_file = $fopen({TapName, ".tap"}, "w");

  always_ff @(posedge clk_i) begin
    if (rst_ni && valid_i) $fwrite(tap_file, "%h\n", data_i);
  end

  final $fclose(tap_file);
`else
  logic unused;
  assign unused = &{1'b0, clk_i, rst_ni, valid_i, data_i};
`endif

endmodule

`default_nettype wire
