// What a register is to software; see hw_axil_registers.

`default_nettype none

package hw_register_pkg;

  typedef enum logic [2:0] {
    // Reads its value.
    Constant,
    // Reads what the design says.
    Status,
    // Is read and written, and starts with its value.
    Setting,
    // Reads 0; that it is written is an event.
    Write,
    // Reads what the design says, and that it is read is an event.
    Read
  } register_e;

endpackage

`default_nettype wire
