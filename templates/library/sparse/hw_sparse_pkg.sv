// How the program of a sparse product is laid out. The constant is an example, with which the
// module can be read alone.

`default_nettype none

package hw_sparse_pkg;

  // Rows of programs, places, and their codes.
  typedef struct packed {
    logic [31:0] rows;          // of the programs of all groups
    logic [31:0] collects;      // rows of the collector's programs
    logic [31:0] words;         // of a vector that some column needs
    logic [31:0] slots;         // sums of a PE
    logic [31:0] result_banks;  // sets of sums that are kept
    logic [31:0] index_bits;    // of an entry's place or gap
    logic [31:0] code_bits;     // of its weight, when that is a place in a code book; else 0
    logic        delta;         // indices are gaps
  } plan_t;

  localparam plan_t PLAN = {
    32'd7,  // rows
    32'd4,  // collects
    32'd4,  // words
    32'd3,  // slots
    32'd2,  // result_banks
    32'd3,  // index_bits
    32'd0,  // code_bits
    1'b0    // delta
  };

endpackage

`default_nettype wire
