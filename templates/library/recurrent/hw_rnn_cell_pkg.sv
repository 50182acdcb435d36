// What the element-wise pipelines of a recurrent engine compute. The constant is an example, with
// which the modules can be read alone.

`default_nettype none

package hw_rnn_cell_pkg;

  // Which pipeline makes a unit's state of its sums.
  typedef enum logic [1:0] {
    Lstm,
    Gru,
    // A GRU whose reset gate acts before the matrix.
    GruReset
  } kind_e;

  // The element-wise part, and the rounding of a projection. For a GRU c is h.
  typedef struct packed {
    kind_e              kind;
    logic [31:0]        z_bits;        // of all sums
    logic [31:0]        bias_bits;
    logic [31:0]        peep_bits;
    logic [31:0]        c_bits;
    logic [31:0]        m_bits;
    logic [31:0]        sigma_bits;    // of an element of the table
    logic [31:0]        candidate_bits;
    logic [31:0]        squash_bits;
    logic [31:0]        sigma_index;   // 2 to the power of it is the size of the table
    logic [31:0]        candidate_index;
    logic [31:0]        squash_index;
    logic [31:0]        sigma_shift;   // right, in front of the table
    logic [31:0]        candidate_shift;
    logic [31:0]        squash_shift;
    logic [31:0]        sigma_slices;  // 3 where i, f and o have a table each
    logic [31:0]        peep_shift_i;
    logic [31:0]        peep_shift_f;
    logic [31:0]        peep_shift_o;
    logic [31:0]        forget_shift;
    logic [31:0]        input_shift;
    logic [31:0]        c_shift;
    logic [31:0]        m_shift;
    logic               parts;         // both products that make c are rounded to its format
    logic [31:0]        forget_part;   // if so, by these shifts
    logic [31:0]        input_part;
    logic               half_up;       // how sums and products are rounded; else down
    logic               half_even;
    logic signed [31:0] c_low;
    logic signed [31:0] c_high;
    logic signed [31:0] m_low;
    logic signed [31:0] m_high;
    logic [31:0]        y_bits;        // of a row of a projection
    logic [31:0]        y_shift;
    logic signed [31:0] y_low;
    logic signed [31:0] y_high;
    logic [31:0]        n_shift;       // of a GRU: left, of the candidate's input part
    logic [31:0]        reset_shift;   // of a GRU: right, of the reset state
    logic signed [31:0] one;           // of a GRU: what means 1
  } cell_t;

  localparam cell_t CELL = {
    Lstm,         // kind
    32'd40,       // z_bits
    32'd16,       // bias_bits
    32'd12,       // peep_bits
    32'd16,       // c_bits
    32'd16,       // m_bits
    32'd16,       // sigma_bits
    32'd16,       // candidate_bits
    32'd16,       // squash_bits
    32'd11,       // sigma_index
    32'd11,       // candidate_index
    32'd11,       // squash_index
    32'd14,       // sigma_shift
    32'd14,       // candidate_shift
    32'd8,        // squash_shift
    32'd1,        // sigma_slices
    32'd0,        // peep_shift_i
    32'd0,        // peep_shift_f
    32'd0,        // peep_shift_o
    32'd0,        // forget_shift
    32'd0,        // input_shift
    32'd15,       // c_shift
    32'd15,       // m_shift
    1'b0,         // parts
    32'd0,        // forget_part
    32'd0,        // input_part
    1'b1,         // half_up
    1'b0,         // half_even
    -32'sd32768,  // c_low
    32'sd32767,   // c_high
    -32'sd32768,  // m_low
    32'sd32767,   // m_high
    32'd16,       // y_bits
    32'd15,       // y_shift
    -32'sd32768,  // y_low
    32'sd32767,   // y_high
    32'd15,       // n_shift
    32'd15,       // reset_shift
    32'sd32767    // one
  };

endpackage

`default_nettype wire
