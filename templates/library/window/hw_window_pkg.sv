// The sizes of a sliding window and of its map. The constant is an example, with which the module
// can be read alone.

`default_nettype none

package hw_window_pkg;

  // Sizes in pixels, words and windows.
  typedef struct packed {
    logic [31:0] height;           // of the map, in pixels
    logic [31:0] width;
    logic [31:0] groups;           // of channels, one after the other
    logic [31:0] group_words;      // of a pixel
    logic [31:0] kernel_height;    // in taps
    logic [31:0] kernel_width;
    logic [31:0] stride_height;    // from window to window
    logic [31:0] stride_width;
    logic [31:0] dilation_height;  // from tap to tap
    logic [31:0] dilation_width;
    logic [31:0] pad_top;          // rows above the map
    logic [31:0] pad_left;         // columns left of it
    logic [31:0] out_height;       // in windows
    logic [31:0] out_width;
  } shape_t;

  localparam shape_t SHAPE = {
    32'd4,  // height
    32'd4,  // width
    32'd1,  // groups
    32'd1,  // group_words
    32'd3,  // kernel_height
    32'd3,  // kernel_width
    32'd1,  // stride_height
    32'd1,  // stride_width
    32'd1,  // dilation_height
    32'd1,  // dilation_width
    32'd1,  // pad_top
    32'd1,  // pad_left
    32'd4,  // out_height
    32'd4   // out_width
  };

endpackage

`default_nettype wire
