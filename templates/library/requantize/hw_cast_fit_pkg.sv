// What hw_cast makes of a number that is out of range.

`default_nettype none

package hw_cast_fit_pkg;

  typedef enum logic [1:0] {
    // No number is.
    None,
    // The higher bits are dropped.
    Wrap,
    // The nearer end of the range.
    Saturate,
    // Zero.
    Zero
  } cast_fit_e;

endpackage

`default_nettype wire
