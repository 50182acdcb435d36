// The decoder of Huffman images: how many codes have 1, 2, ... Longest bits; the symbols, of
// PieceBits bits, in the order of their codes; then the code of each symbol, its first bit first.
// One of these per step; latency 2.
//
// The code is canonical: codes of one length follow each other as numbers, in the order of their
// symbols, and begin behind those of the length before, doubled. So a code of so many bits is below
// a limit of its length, and above those of shorter ones; and it and its symbol's place in the
// table are a constant of its length apart.
//
// error_o is high while a number of codes comes that is too large, or bits that begin no code.

`default_nettype none

module hw_decode_huffman #(
  parameter int unsigned PieceBits = 8
) (
  input  wire logic                                clk_i,
  input  wire logic                                rst_ni,
  input  wire logic                                step_i,
  input  wire logic [hw_image_pkg::WindowBits-1:0] window_i,
  output logic      [4:0]                          take_o,
  output logic                                     symbol_o,
  output logic                                     valid_o,
  output logic      [PieceBits-1:0]                piece_o,
  output logic                                     error_o
);

  localparam int unsigned Longest = hw_image_pkg::Longest;

  if (PieceBits < 1 || PieceBits >= Longest - 1) begin : gen_illegal
    $error("hw_decode_huffman: a symbol has a bit at least, and a number of symbols fits a code");
  end

  // ---------------------------------------------------------------- head: numbers of codes
  logic [Longest-1:0] length_q;      // of the codes whose number comes, one bit for each
  logic [Longest:0] first_q, behind; // the first code of that length, and the one behind its last
  logic [PieceBits:0] start_q, sum;  // symbols that have shorter codes, and those with these
  logic [PieceBits:0] count;
  logic [PieceBits:0] place_q;       // of the symbol that comes next
  logic counting, naming, wrong_count;
  logic [4:0] count_bits;

  // Of each length: the first number of Longest bits that begins with no code of it or a shorter
  // one, and what is added to a code to get the place of its symbol.
  logic [Longest:0] limit_q [Longest];
  logic [PieceBits-1:0] offset_q [Longest];

  assign counting = |length_q;
  assign naming = !counting && place_q != start_q;
  assign symbol_o = !counting && !naming;
  assign sum = start_q + count;
  assign behind = first_q + (Longest+1)'(count);

  // Of one bit there are two codes, of two bits four; of many bits no more than symbols.
  always_comb begin
    count_bits = 5'(PieceBits + 1);
    count = window_i[PieceBits:0];
    for (int unsigned n = 0; n < Longest; n++) begin
      if (length_q[n] && n + 1 < PieceBits) begin
        count_bits = 5'(n + 2);
        count = (PieceBits+1)'(window_i[PieceBits:0] & ((PieceBits+1)'(1) << (n + 2)) - 1'b1);
      end
    end
  end

  // More codes than there are of that length, or more symbols than there are.
  always_comb begin
    wrong_count = sum < start_q || sum > {1'b1, {PieceBits{1'b0}}};
    for (int unsigned n = 0; n < Longest; n++) begin
      if (length_q[n] && behind > (Longest+1)'(1) << (n + 1)) wrong_count = 1'b1;
    end
    if (length_q[Longest-1] && sum == '0) wrong_count = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      length_q <= Longest'(1);
      first_q <= '0;
      start_q <= '0;
      place_q <= '0;
    end else if (step_i && counting) begin
      length_q <= length_q << 1;
      first_q <= behind << 1;
      start_q <= sum;
    end else if (step_i && naming) begin
      place_q <= place_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned n = 0; n < Longest; n++) begin
      if (step_i && length_q[n]) begin
        limit_q[n] <= behind << (Longest - 1 - n);
        offset_q[n] <= PieceBits'(start_q) - PieceBits'(first_q);
      end
    end
  end

  // ---------------------------------------------------------------- codes
  logic [Longest-1:0] code, below, is_length;
  logic [4:0] code_bits;
  logic [PieceBits-1:0] place_d, symbol_place_q;
  logic symbol_q;

  for (genvar n = 0; n < Longest; n++) begin : gen_length
    assign code[Longest-1-n] = window_i[n];
    assign below[n] = {1'b0, code} < limit_q[n];
    assign is_length[n] = below[n] && ((n == 0) || !below[(n > 0) ? n - 1 : 0]);
  end

  always_comb begin
    code_bits = '0;
    place_d = '0;
    for (int unsigned n = 0; n < Longest; n++) begin
      if (is_length[n]) begin
        code_bits |= 5'(n + 1);
        place_d |= PieceBits'(code >> (Longest - 1 - n)) + offset_q[n];
      end
    end
  end

  always_comb begin
    take_o = '0;
    if (step_i) take_o = counting ? count_bits : naming ? 5'(PieceBits) : code_bits;
  end

  assign error_o = step_i && (counting ? wrong_count : !naming && !below[Longest-1]);

  // ---------------------------------------------------------------- symbols
  logic [PieceBits-1:0] symbols [2**PieceBits];

  always_ff @(posedge clk_i) begin
    if (step_i && naming) symbols[place_q[PieceBits-1:0]] <= window_i[PieceBits-1:0];
    piece_o <= symbols[symbol_place_q];
  end

  always_ff @(posedge clk_i) begin
    symbol_place_q <= place_d;
    if (!rst_ni) begin
      symbol_q <= 1'b0;
      valid_o <= 1'b0;
    end else begin
      symbol_q <= step_i && symbol_o;
      valid_o <= symbol_q;
    end
  end

  logic unused;
  assign unused = &{1'b0, window_i[hw_image_pkg::WindowBits-1:Longest]};

endmodule

`default_nettype wire
