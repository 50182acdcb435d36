// How hw_recode turns the code of a number into a wider one.

`default_nettype none

package hw_recoding_pkg;

  typedef enum logic [1:0] {
    // Zeros above, or equal widths.
    Zeros,
    // The sign above, in two's complement.
    Sign,
    // A bipolar bit to two's complement.
    Bipolar
  } recoding_e;

endpackage

`default_nettype wire
