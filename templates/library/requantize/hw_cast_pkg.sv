// What hw_cast adds to round a number, and what it makes of one that is out of range.

`default_nettype none

package hw_cast_pkg;

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
  } rounding_e;

  typedef enum logic [1:0] {
    // No number is.
    None,
    // The higher bits are dropped.
    Wrap,
    // The nearer end of the range.
    Saturate,
    // Zero.
    Zero
  } fit_e;

endpackage

`default_nettype wire
