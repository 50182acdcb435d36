// The decoder of bitmap images: the most frequent symbol, of PieceBits bits; then for each symbol a
// bit, and where it is 1, the symbol. The first symbol or another one per step; latency 1.

`default_nettype none

module hw_decode_bitmap #(
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

  if (PieceBits < 1 || PieceBits >= hw_image_pkg::WindowBits) begin : gen_illegal
    $error("hw_decode_bitmap: a symbol has a bit at least, and fits a window with one more");
  end

  logic known_q;
  logic [PieceBits-1:0] common_q;

  assign symbol_o = known_q;
  assign error_o = 1'b0;

  always_comb begin
    take_o = '0;
    if (step_i && !known_q) take_o = 5'(PieceBits);
    else if (step_i) take_o = window_i[0] ? 5'(PieceBits + 1) : 5'd1;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      known_q <= 1'b0;
      valid_o <= 1'b0;
    end else begin
      known_q <= known_q || step_i;
      valid_o <= step_i && known_q;
    end
    if (step_i && !known_q) common_q <= window_i[PieceBits-1:0];
    piece_o <= window_i[0] ? window_i[1 +: PieceBits] : common_q;
  end

  if (PieceBits < hw_image_pkg::WindowBits - 1) begin : gen_unused
    logic unused;
    assign unused = &{1'b0, window_i[hw_image_pkg::WindowBits-1:PieceBits+1]};
  end

endmodule

`default_nettype wire
