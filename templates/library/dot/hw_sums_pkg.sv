// How hw_matvec makes its sums; see hw_dot. The constant is for modules whose parameters nobody
// sets.

`default_nettype none

package hw_sums_pkg;

  typedef struct packed {
    logic [31:0] group;      // pairs that the first register stage sums
    logic [31:0] registers;  // more of them, for a fast clock
    logic [31:0] pack;       // rows that share a multiplication
    logic [31:0] overlap;    // bits that fields of such rows share
  } sums_t;

  localparam sums_t SUMS = {
    32'd1,  // group
    32'd0,  // registers
    32'd1,  // pack
    32'd0   // overlap
  };

endpackage

`default_nettype wire
