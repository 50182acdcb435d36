// What PEs and lanes of a recurrent engine agree about. The constants are examples, with which the
// modules can be read alone.

`default_nettype none

package hw_rnn_lane_pkg;

  // How many of what there are, and where they stand.
  typedef struct packed {
    logic [31:0] x_size;       // elements of x
    logic [31:0] out_size;     // elements of the output
    logic [31:0] place_bits;   // of the place of an element
    logic [31:0] state_words;  // words of the PEs' memories
    logic [31:0] m_base;       // place of the first element of m
    logic [31:0] y_word;       // word of the first elements of y
    logic [31:0] m_word;       // word of the first elements of m
    logic [31:0] cell_units;   // of a lane, at most
    logic [31:0] rows;         // of the output in a lane, at most
    logic [31:0] thing_bits;   // of the number of a unit or row
    logic        projected;    // there is an m, and a second phase
    logic [31:0] y_size;       // elements of y
    logic [31:0] order_rows;   // elements of y, and of c where c comes or goes as well
    logic        takes_state;  // a frame begins with a state of its own
    logic        gives_state;  // c leaves behind y
  } shape_t;

  localparam shape_t SHAPE = {
    32'd8,   // x_size
    32'd8,   // out_size
    32'd5,   // place_bits
    32'd32,  // state_words
    32'd16,  // m_base
    32'd8,   // y_word
    32'd16,  // m_word
    32'd8,   // cell_units
    32'd8,   // rows
    32'd3,   // thing_bits
    1'b1,    // projected
    32'd8,   // y_size
    32'd8,   // order_rows
    1'b0,    // takes_state
    1'b0     // gives_state
  };

  // Numbers of the PEs.
  typedef struct packed {
    logic [31:0] x_bits;        // of an element of x
    logic        x_signed;
    logic [31:0] out_bits;      // of an element of the output
    logic [31:0] w_bits;        // of a weight
    logic        w_signed;
    logic [31:0] code_bits;     // of a weight that is a place in a code book, else 0
    logic [31:0] product_bits;  // of a weight by an element
    logic [31:0] skip_bits;     // of the distance to the next element
    logic [31:0] x_shift;       // left, of sums over x
    logic [31:0] r_shift;       // left, of sums over y
    logic [31:0] acc_bits;      // of a sum
    logic [31:0] act_bits;      // of an element of x, y or m
    logic [31:0] y0_bits;       // of an element of y that comes in
    logic        y0_signed;
    logic [31:0] c0_bits;       // of an element of c that comes in
    logic        c0_signed;
  } format_t;

  localparam format_t FORMAT = {
    32'd16,  // x_bits
    1'b1,    // x_signed
    32'd16,  // out_bits
    32'd12,  // w_bits
    1'b1,    // w_signed
    32'd0,   // code_bits
    32'd28,  // product_bits
    32'd7,   // skip_bits
    32'd0,   // x_shift
    32'd0,   // r_shift
    32'd40,  // acc_bits
    32'd16,  // act_bits
    32'd16,  // y0_bits
    1'b1,    // y0_signed
    32'd16,  // c0_bits
    1'b1     // c0_signed
  };

endpackage

`default_nettype wire
