// What a cell with factors of its own computes (hw_scaled_cell). The constant is an example, with
// which the modules can be read alone.

`default_nettype none

package hw_scaled_pkg;

  // Widths, factors and limits; "first" and "second" are the roundings of hw_rescale_by_gate.
  typedef struct packed {
    logic [31:0]        bias_bits;                 // of a bias
    logic [31:0]        sum_bits;                  // of a gate's sum over y
    logic [31:0]        y_bits;                    // of y, with its sign
    logic [31:0]        mantissa_i;                // of a gate's factor: i, f, candidate, o
    logic [31:0]        mantissa_f;
    logic [31:0]        mantissa_g;
    logic [31:0]        mantissa_o;
    logic [31:0]        first_i;                   // digits of a product that are dropped first
    logic [31:0]        first_f;
    logic [31:0]        first_g;
    logic [31:0]        first_o;
    logic [31:0]        second_i;                  // and then
    logic [31:0]        second_f;
    logic [31:0]        second_g;
    logic [31:0]        second_o;
    logic [31:0]        new_digits;                // that a product of activations loses
    logic signed [31:0] cell_low;                  // of c
    logic signed [31:0] cell_high;
    logic [31:0]        hidden_mantissa;           // of the factor of products of two activations
    logic [31:0]        hidden_first;
    logic [31:0]        hidden_second;
    logic signed [31:0] zero;                      // of y
    logic signed [31:0] low;                       // of y
    logic signed [31:0] high;
    logic [31:0]        sigma_digits;              // of a function: see hw_mirrored_function
    logic [31:0]        sigma_slope_bits;
    logic [31:0]        sigma_rest_bits;
    logic [31:0]        candidate_digits;
    logic [31:0]        candidate_slope_bits;
    logic [31:0]        candidate_rest_bits;
    logic [31:0]        squash_digits;
    logic [31:0]        squash_slope_bits;
    logic [31:0]        squash_rest_bits;
  } cell_t;

  localparam cell_t CELL = {
    32'd8,           // bias_bits
    32'd16,          // sum_bits
    32'd8,           // y_bits
    32'd1073741824,  // mantissa_i
    32'd1073741824,  // mantissa_f
    32'd1073741824,  // mantissa_g
    32'd1073741824,  // mantissa_o
    32'd30,          // first_i
    32'd30,          // first_f
    32'd30,          // first_g
    32'd30,          // first_o
    32'd0,           // second_i
    32'd1,           // second_f
    32'd0,           // second_g
    32'd2,           // second_o
    32'd16,          // new_digits
    -32'sd32768,     // cell_low
    32'sd32767,      // cell_high
    32'd1073741824,  // hidden_mantissa
    32'd31,          // hidden_first
    32'd21,          // hidden_second
    32'sd0,          // zero
    -32'sd128,       // low
    32'sd127,        // high
    32'd7,           // sigma_digits
    32'd10,          // sigma_slope_bits
    32'd6,           // sigma_rest_bits
    32'd7,           // candidate_digits
    32'd10,          // candidate_slope_bits
    32'd6,           // candidate_rest_bits
    32'd7,           // squash_digits
    32'd10,          // squash_slope_bits
    32'd6            // squash_rest_bits
  };

endpackage

`default_nettype wire
