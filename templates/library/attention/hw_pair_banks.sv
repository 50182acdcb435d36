// Keeps a frame of a matrix that comes as a stream, while the frame before it is read.
//
// A frame has Pixels pixels, each Groups vectors of as many words as there are blocks on the other
// side. With Transposed, pixels are rows of the matrix and words hold Simd columns of one row;
// else pixels are columns, and words hold Pe rows of one. Either way a word goes as it is into one
// of several memories: pixels take turns among them; words of a block are in one place of all.
//
// Of the Groups * Folds * Steps places, place (group * Folds + fold) * Steps + step has the block
// of Pe x Simd elements whose element (p, s) is at p * Simd + s of data_o, a cycle after it was
// asked for. Pixels that a ragged last block lacks are zero; last_block_i says that a place is in
// one.
//
// There are two banks. in_ready_o is high in the cycle that takes a word; a bank that release_i
// empties can be written a cycle later. full_o: the oldest bank is complete, from the cycle on that
// follows its last word.

`default_nettype none

module hw_pair_banks #(
  parameter int unsigned Pe = 2,
  parameter int unsigned Simd = 2,
  parameter int unsigned Folds = 2,
  parameter int unsigned Steps = 2,
  parameter int unsigned Groups = 2,
  parameter bit          Transposed = 1'b0,
  parameter int unsigned Pixels = 3,
  parameter int unsigned Bits = 4,
  localparam int unsigned Depth = Groups * Folds * Steps,
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1,
  localparam int unsigned Lanes = Transposed ? Simd : Pe
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_ni,

  input  wire logic                    in_valid_i,
  output logic                         in_ready_o,
  input  wire logic [Lanes*Bits-1:0]   in_data_i,

  output logic                         full_o,
  input  wire logic                    release_i,
  input  wire logic [AddressBits-1:0]  addr_i,
  input  wire logic                    last_block_i,
  output logic      [Pe*Simd*Bits-1:0] data_o
);

  localparam int unsigned Memories = Transposed ? Pe : Simd;
  localparam int unsigned Blocks = Transposed ? Folds : Steps;
  localparam int unsigned Words = Transposed ? Steps : Folds;
  localparam int unsigned Kept = Pixels - (Blocks - 1) * Memories;  // pixels of the last block

  if (Pe < 1 || Simd < 1 || Folds < 1 || Steps < 1 || Groups < 1 || Bits < 1) begin : gen_illegal
    $error("hw_pair_banks: Pe, Simd, Folds, Steps, Groups and Bits must be at least 1");
  end
  if (Pixels > Blocks * Memories || Pixels <= (Blocks - 1) * Memories) begin : gen_illegal1
    $error("hw_pair_banks: pixels fill all blocks but the last");
  end

  // ---- Words of a vector, vectors of a pixel, pixels of a frame ----

  logic write, vector_end, pixel_end, frame_end, last_word, last_group, last_pixel;
  logic [1:0] complete_q;

  assign write = in_valid_i && !complete_q[1];
  assign in_ready_o = write;
  assign vector_end = write && last_word;
  assign pixel_end = vector_end && last_group;
  assign frame_end = pixel_end && last_pixel;

  hw_wrap #(.Count(Words)) i_word (.clk_i, .rst_ni, .step_i(write), .last_o(last_word));
  hw_wrap #(.Count(Groups)) i_group (.clk_i, .rst_ni, .step_i(vector_end), .last_o(last_group));
  hw_wrap #(.Count(Pixels)) i_pixel (.clk_i, .rst_ni, .step_i(pixel_end), .last_o(last_pixel));

  // ---- Where a word goes: which memory, and which place in it ----

  localparam logic [AddressBits-1:0] NextWord = AddressBits'(Transposed ? 1 : Steps);
  localparam logic [AddressBits-1:0] NextBlock = AddressBits'(Transposed ? Steps : 1);
  localparam logic [AddressBits-1:0] NextGroup = AddressBits'(Folds * Steps);

  logic [Memories-1:0] turn_q;
  logic [AddressBits-1:0] word_q, group_q, block_q, next_group, next_block;

  assign next_group = group_q + NextGroup;
  assign next_block = turn_q[Memories-1] ? block_q + NextBlock : block_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || frame_end) begin
      turn_q <= Memories'(1);
      word_q <= '0;
      group_q <= '0;
      block_q <= '0;
    end else if (pixel_end) begin
      turn_q <= (turn_q << 1) | (turn_q >> (Memories - 1));
      word_q <= next_block;
      group_q <= next_block;
      block_q <= next_block;
    end else if (vector_end) begin
      word_q <= next_group;
      group_q <= next_group;
    end else if (write) begin
      word_q <= word_q + NextWord;
    end
  end

  // ---- Banks ----

  logic write_bank_q, read_bank_q;

  assign full_o = complete_q != 2'd0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      complete_q <= 2'd0;
      write_bank_q <= 1'b0;
      read_bank_q <= 1'b0;
    end else begin
      complete_q <= complete_q + 2'(frame_end) - 2'(release_i);
      write_bank_q <= write_bank_q ^ frame_end;
      read_bank_q <= read_bank_q ^ release_i;
    end
  end

  // ---- Memories ----

  localparam int unsigned PlaceBits = (Depth > 1) ? AddressBits + 1 : 1;
  logic [PlaceBits-1:0] write_place, read_place;

  if (Depth > 1) begin : gen_places
    assign write_place = {write_bank_q, word_q};
    assign read_place = {read_bank_q, addr_i};
  end else begin : gen_place
    logic unused;
    assign unused = &{1'b0, word_q, addr_i};
    assign write_place = write_bank_q;
    assign read_place = read_bank_q;
  end

  logic [Memories*Lanes*Bits-1:0] found;

  for (genvar m = 0; m < Memories; m++) begin : gen_memory
    logic [Lanes*Bits-1:0] word_mem [1 << PlaceBits];
    logic [Lanes*Bits-1:0] read_q;

    always_ff @(posedge clk_i) begin
      if (write && turn_q[m]) word_mem[write_place] <= in_data_i;
    end
    always_ff @(posedge clk_i) read_q <= word_mem[read_place];

    if (m >= Kept) begin : gen_ragged
      logic missing_q;
      always_ff @(posedge clk_i) missing_q <= last_block_i;
      assign found[m*Lanes*Bits +: Lanes*Bits] = missing_q ? '0 : read_q;
    end else begin : gen_whole
      assign found[m*Lanes*Bits +: Lanes*Bits] = read_q;
    end
  end

  if (Kept == Memories) begin : gen_no_ragged
    logic unused_last;
    assign unused_last = last_block_i;
  end

  for (genvar p = 0; p < Pe; p++) begin : gen_row
    for (genvar s = 0; s < Simd; s++) begin : gen_column
      localparam int unsigned From = Transposed ? p * Simd + s : s * Pe + p;
      assign data_o[(p*Simd+s)*Bits +: Bits] = found[From*Bits +: Bits];
    end
  end

endmodule

`default_nettype wire
