// What hw_requantize needs beside one line to be right on every input. The constant is for modules
// whose parameters nobody sets.

`default_nettype none

package hw_repair_pkg;

  typedef struct packed {
    logic [31:0] patches;    // inputs per row whose result is changed by one
    logic        two_lines;  // small inputs have a bias of their own
  } repair_t;

  localparam repair_t REPAIR = {
    32'd1,  // patches
    1'b0    // two_lines
  };

endpackage

`default_nettype wire
