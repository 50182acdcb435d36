// Where hw_cut_product cuts its factors. The constant is for modules whose parameters nobody sets.

`default_nettype none

package hw_cuts_pkg;

  typedef struct packed {
    logic [31:0] left;   // bits of the lower part of the left factor, 0 where it is not cut
    logic [31:0] right;  // of the right one
    logic later;         // products pass another register, which can stand far from them
  } cuts_t;

  localparam cuts_t CUTS = {
    32'd0,  // left
    32'd0,  // right
    1'b0    // later
  };

endpackage

`default_nettype wire
