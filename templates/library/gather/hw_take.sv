// Pixels of a frame by their numbers, from two banks that keep frames while others come in.
//
// A frame has Pixels pixels of Words words each at input 0, and Count numbers of pixels at input 1.
// The output is the words of pixel after pixel, as the numbers say. A place that is no pixel of the
// frame gives anything.
//
// Handshake: a core with an independent writer, which takes a word of input 0 per cycle while a
// bank is free. The first word of a pixel waits for the frame and takes the number; the last word
// of the last pixel empties the bank, which can be written a cycle later. out_valid_o comes two
// cycles after out_start_o.

`default_nettype none

module hw_take #(
  parameter int unsigned Pixels = 6,
  parameter int unsigned Words = 3,
  parameter int unsigned Count = 2,
  parameter int unsigned Bits = 4,
  parameter int unsigned PlaceBits = 3
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_ni,

  input  wire logic                 in0_valid_i,
  output logic                      in0_ready_o,
  input  wire logic [Bits-1:0]      in0_data_i,

  input  wire logic                 in1_valid_i,
  output logic                      in1_ready_o,
  input  wire logic [PlaceBits-1:0] in1_data_i,

  input  wire logic                 out_ok_i,
  output logic                      out_start_o,
  output logic                      out_valid_o,
  output logic      [Bits-1:0]      out_data_o
);

  if (Pixels < 1 || Words < 1 || Count < 1 || Bits < 1 || PlaceBits < 1) begin : gen_illegal
    $error("hw_take: Pixels, Words, Count, Bits and PlaceBits must be at least 1");
  end

  localparam int unsigned PixelBits = (Pixels > 1) ? $clog2(Pixels) : 1;
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned AddressBits = 1 + PixelBits + WordBits;  // {bank, pixel, word}

  // ---- Writing: words of a pixel, pixels of a frame ----

  logic write, pixel_end, frame_end, last_word, last_pixel, write_bank_q;
  logic [1:0] complete_q;
  logic [WordBits-1:0] write_word_q;
  logic [PixelBits-1:0] write_pixel_q;

  assign write = in0_valid_i && !complete_q[1];
  assign in0_ready_o = write;
  assign last_word = write_word_q == WordBits'(Words - 1);
  assign last_pixel = write_pixel_q == PixelBits'(Pixels - 1);
  assign pixel_end = write && last_word;
  assign frame_end = pixel_end && last_pixel;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_word_q <= '0;
      write_pixel_q <= '0;
      write_bank_q <= 1'b0;
    end else if (write) begin
      write_word_q <= last_word ? '0 : write_word_q + 1'b1;
      if (pixel_end) write_pixel_q <= last_pixel ? '0 : write_pixel_q + 1'b1;
      write_bank_q <= write_bank_q ^ frame_end;
    end
  end

  // ---- Reading: words of a pixel, pixels that are wanted ----

  logic fire, first_q, read_last_word, taken, last_taken, release_bank, read_bank_q;
  logic [WordBits-1:0] read_word_q;
  logic [PlaceBits-1:0] place_q, place;

  assign read_last_word = read_word_q == WordBits'(Words - 1);
  assign fire = (complete_q != 2'd0) && out_ok_i && (!first_q || in1_valid_i);
  assign in1_ready_o = fire && first_q;
  assign out_start_o = fire;
  assign taken = fire && read_last_word;
  assign release_bank = taken && last_taken;
  assign place = first_q ? in1_data_i : place_q;

  hw_wrap #(.Count(Count)) i_taken (.clk_i, .rst_ni, .step_i(taken), .last_o(last_taken));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      read_word_q <= '0;
      read_bank_q <= 1'b0;
      complete_q <= 2'd0;
    end else begin
      if (fire) begin
        first_q <= read_last_word;
        read_word_q <= read_last_word ? '0 : read_word_q + 1'b1;
      end
      read_bank_q <= read_bank_q ^ release_bank;
      complete_q <= complete_q + 2'(frame_end) - 2'(release_bank);
    end
  end

  always_ff @(posedge clk_i) place_q <= place;

  // ---- The banks ----

  logic [Bits-1:0] word_mem [1 << AddressBits];
  logic [Bits-1:0] read_q;

  always_ff @(posedge clk_i) begin
    if (write) word_mem[{write_bank_q, write_pixel_q, write_word_q}] <= in0_data_i;
  end

  always_ff @(posedge clk_i) begin
    read_q <= word_mem[{read_bank_q, PixelBits'(place), read_word_q}];
    out_data_o <= read_q;
  end

  hw_valid_pipe #(.Stages(2)) i_valid (.clk_i, .rst_ni, .valid_i(fire), .valid_o(out_valid_o));

endmodule

`default_nettype wire
