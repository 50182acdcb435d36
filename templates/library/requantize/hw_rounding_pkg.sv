// How a number is rounded to a multiple of a power of two.

`default_nettype none

package hw_rounding_pkg;

  typedef enum logic [1:0] {
    // Down.
    Floor,
    // To the nearest, ties up.
    HalfUp,
    // To the nearest, ties to the even neighbour.
    HalfEven
  } rounding_e;

endpackage

`default_nettype wire
