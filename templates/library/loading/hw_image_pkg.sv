// Kinds of images that weights are loaded from, by the number in their first beat.

`default_nettype none

package hw_image_pkg;

  typedef enum logic [7:0] {Plain = 1, Bitmap = 2, Huffman = 3} image_e;

  // Bits: of a beat, of the number of beats in the first one, of what a decoder sees at a time, and
  // of the longest Huffman code.
  typedef enum int unsigned {BeatBits = 32, LengthBits = 24, WindowBits = 16, Longest = 12} bits_e;

endpackage

`default_nettype wire
