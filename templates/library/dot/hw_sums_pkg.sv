// How hw_matvec makes its sums; see hw_dot. The constant is for modules whose parameters nobody
// sets.

`default_nettype none

package hw_sums_pkg;

  typedef struct packed {
    logic [31:0] group;      // pairs that the first register stage sums
    logic [31:0] registers;  // more of them, for a fast clock
    logic [31:0] pack;       // rows that share a multiplication
    logic [31:0] overlap;    // bits that fields of such rows share
    logic [31:0] sum_bits;   // of a sum over a word
    logic [31:0] code_bits;  // of a weight in memory, when it is a place in a code book; else 0
    logic        doubled;    // sums of hw_dot count twice
    logic [31:0] made;       // places of the register that makes the weights; 0: a memory has them
    logic        external;   // no memory has them: rows of weights come in
  } sums_t;

  localparam sums_t SUMS = {
    32'd1,  // group
    32'd0,  // registers
    32'd1,  // pack
    32'd0,  // overlap
    32'd4,  // sum_bits
    32'd0,  // code_bits
    1'b0,   // doubled
    32'd0,  // made
    1'b0    // external
  };

endpackage

`default_nettype wire
