// What hw_reduce makes of the taps of a vector.

`default_nettype none

package hw_reduction_pkg;

  typedef enum logic [1:0] {Max, Min, Sum} reduction_e;

endpackage

`default_nettype wire
