// What hw_cast adds to a number to round it.

`default_nettype none

package hw_cast_rounding_pkg;

  typedef enum logic [2:0] {
    // Nothing: a constant rounding is part of the bias.
    Constant,
    // All digits that are dropped, to a negative number.
    TowardsZero,
    // Half a step; one less to a negative number.
    TiesAway,
    // One less than half a step; half a step to a negative number.
    TiesToZero,
    // One less than half a step; half a step to an odd number of steps.
    TiesToEven
  } cast_rounding_e;

endpackage

`default_nettype wire
