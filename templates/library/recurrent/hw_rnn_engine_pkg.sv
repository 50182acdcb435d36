// When the parts of a recurrent engine's step happen. The constant is an example, with which the
// module can be read alone.

`default_nettype none

package hw_rnn_engine_pkg;

  // Cycles, and steps.
  typedef struct packed {
    logic [31:0] cycles;  // from a step to the next
    logic [31:0] delay;   // of the lanes' programs
    logic [31:0] drain;   // until the output is complete
    logic [31:0] steps;   // of a frame
    logic        keep;    // the state survives the end of a frame
  } step_t;

  localparam step_t STEP = {
    32'd64,  // cycles
    32'd8,   // delay
    32'd4,   // drain
    32'd1,   // steps
    1'b0     // keep
  };

endpackage

`default_nettype wire
