// The decoder of plain images: a row of RowBits bits comes in pieces of PieceBits, and the last one
// has what is left. A piece per step; latency 1.

`default_nettype none

module hw_decode_plain #(
  parameter int unsigned RowBits = 40,
  parameter int unsigned PieceBits = 16
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

  localparam int unsigned Pieces = (RowBits + PieceBits - 1) / PieceBits;
  localparam int unsigned Rest = RowBits - (Pieces - 1) * PieceBits;

  if (RowBits < 1 || PieceBits < 1 || PieceBits > hw_image_pkg::WindowBits) begin : gen_illegal
    $error("hw_decode_plain: a piece has a bit at least, and is no wider than a window");
  end

  logic last;

  hw_wrap #(.Count(Pieces)) u_piece (.clk_i, .rst_ni, .step_i, .last_o(last));

  assign take_o = !step_i ? '0 : last ? 5'(Rest) : 5'(PieceBits);
  assign symbol_o = 1'b1;
  assign error_o = 1'b0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_o <= 1'b0;
    else valid_o <= step_i;
    piece_o <= window_i[PieceBits-1:0];
  end

  if (PieceBits < hw_image_pkg::WindowBits) begin : gen_unused
    logic unused;
    assign unused = &{1'b0, window_i[hw_image_pkg::WindowBits-1:PieceBits]};
  end

endmodule

`default_nettype wire
