// Rows of weights that are loaded once after reset, from an image in external memory.
//
// The image is read (hw_axi_image), cut into symbols of PieceBits bits by the decoder of its Kind,
// and its Rows rows of RowBits bits are kept in a memory, the first symbol of a row in its least
// significant bits. When all are there loaded_o rises, and the stream at the other side brings row
// after row, one per cycle, and begins again behind the last one.
//
// The last beat of an image makes the sum of all beats zero. Where it does not, or the image ends
// before its rows or holds what is no code, error_o rises and stays high and loaded_o never does;
// so it is after a read that failed.
//
// starved_o counts the cycles in which the decoder waited for external memory, the first ones after
// reset included. Of the others until loaded_o, every second one decodes something, but for a few
// behind the last.

`default_nettype none

module hw_loaded_weights #(
  parameter hw_image_pkg::image_e Kind = hw_image_pkg::Plain,
  parameter int unsigned AddressBits = 32,
  parameter int unsigned RowBits = 40,
  parameter int unsigned Rows = 6,
  parameter int unsigned PieceBits = 16,
  parameter int unsigned MostBeats = 100,
  parameter int unsigned BurstBeats = 16,
  parameter int unsigned Depth = 64,
  parameter Name = ""
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_ni,
  input  wire logic [AddressBits-1:0]            base_i,
  // Read address channel
  output logic      [0:0]                        arid_o,
  output logic      [AddressBits-1:0]            araddr_o,
  output logic      [7:0]                        arlen_o,
  output logic      [2:0]                        arsize_o,
  output logic      [1:0]                        arburst_o,
  output logic                                   arvalid_o,
  input  wire logic                              arready_i,
  // Read data channel
  input  wire logic [0:0]                        rid_i,
  input  wire logic [hw_image_pkg::BeatBits-1:0] rdata_i,
  input  wire logic [1:0]                        rresp_i,
  input  wire logic                              rlast_i,
  input  wire logic                              rvalid_i,
  output logic                                   rready_o,
  // Rows
  output logic                                   row_valid_o,
  input  wire logic                              row_ready_i,
  output logic      [RowBits-1:0]                row_data_o,
  // Status
  output logic                                   loaded_o,
  output logic      [31:0]                       starved_o,
  output logic                                   error_o
);

  localparam int unsigned Pieces = (RowBits + PieceBits - 1) / PieceBits;
  localparam int unsigned AddressWidth = (Rows > 1) ? $clog2(Rows) : 1;

  if (Rows < 1 || RowBits < 1 || PieceBits < 1) begin : gen_illegal
    $error("hw_loaded_weights %s: there is a row of a bit and a piece of one at least", Name);
  end

  // ---------------------------------------------------------------- beats, and bits of them
  logic beat_valid, beat_ready, ended, failed;
  logic [hw_image_pkg::BeatBits-1:0] beat, sum;
  logic window_valid, step, symbol, bad_code, starving;
  logic [hw_image_pkg::WindowBits-1:0] window;
  logic [4:0] take;

  hw_axi_image #(
    .Kind(Kind), .AddressBits(AddressBits), .MostBeats(MostBeats), .BurstBeats(BurstBeats),
    .Depth(Depth), .Name(Name)
  ) u_image (
    .clk_i, .rst_ni, .base_i, .arid_o, .araddr_o, .arlen_o, .arsize_o, .arburst_o, .arvalid_o,
    .arready_i, .rid_i, .rdata_i, .rresp_i, .rlast_i, .rvalid_i, .rready_o,
    .valid_o(beat_valid), .ready_i(beat_ready), .data_o(beat), .ended_o(ended), .error_o(failed)
  );

  hw_bit_window u_window (
    .clk_i, .rst_ni, .valid_i(beat_valid), .ready_o(beat_ready), .data_i(beat), .sum_o(sum),
    .valid_o(window_valid), .window_o(window), .take_i(take), .waits_o(starving)
  );

  // ---------------------------------------------------------------- symbols
  logic done_q, last_symbol, piece_valid;
  logic [PieceBits-1:0] piece;

  assign step = window_valid && !done_q && !error_o;

  if (Kind == hw_image_pkg::Huffman) begin : gen_huffman
    hw_decode_huffman #(.PieceBits(PieceBits)) u_decoder (
      .clk_i, .rst_ni, .step_i(step), .window_i(window), .take_o(take), .symbol_o(symbol),
      .valid_o(piece_valid), .piece_o(piece), .error_o(bad_code)
    );
  end else if (Kind == hw_image_pkg::Bitmap) begin : gen_bitmap
    hw_decode_bitmap #(.PieceBits(PieceBits)) u_decoder (
      .clk_i, .rst_ni, .step_i(step), .window_i(window), .take_o(take), .symbol_o(symbol),
      .valid_o(piece_valid), .piece_o(piece), .error_o(bad_code)
    );
  end else begin : gen_plain
    hw_decode_plain #(.RowBits(RowBits), .PieceBits(PieceBits)) u_decoder (
      .clk_i, .rst_ni, .step_i(step), .window_i(window), .take_o(take), .symbol_o(symbol),
      .valid_o(piece_valid), .piece_o(piece), .error_o(bad_code)
    );
  end

  hw_wrap #(.Count(Rows * Pieces)) u_symbols (
    .clk_i, .rst_ni, .step_i(step && symbol), .last_o(last_symbol)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) done_q <= 1'b0;
    else done_q <= done_q || (step && symbol && last_symbol);
  end

  // ---------------------------------------------------------------- rows
  (* no_rw_check *) logic [RowBits-1:0] mem [Rows];
  logic [Pieces*PieceBits-1:0] row_q, row_d;
  logic [AddressWidth-1:0] place_q;
  logic last_piece, write_q, last_row, full_q, fetch, whole;

  if (Pieces > 1) begin : gen_shift
    assign row_d = {piece, row_q[Pieces*PieceBits-1:PieceBits]};
  end else begin : gen_one
    assign row_d = piece;
  end

  hw_wrap #(.Count(Pieces)) u_pieces (
    .clk_i, .rst_ni, .step_i(piece_valid), .last_o(last_piece)
  );

  assign last_row = place_q == AddressWidth'(Rows - 1);
  assign whole = full_q && ended && !error_o;
  assign fetch = whole && sum == '0 && (!row_valid_o || row_ready_i);

  always_ff @(posedge clk_i) begin
    if (piece_valid) row_q <= row_d;
    if (write_q) mem[place_q] <= row_q[RowBits-1:0];
    if (fetch) row_data_o <= mem[place_q];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q <= 1'b0;
      full_q <= 1'b0;
      place_q <= '0;
      row_valid_o <= 1'b0;
    end else begin
      write_q <= piece_valid && last_piece;
      full_q <= full_q || (write_q && last_row);
      if (write_q || fetch) place_q <= last_row ? '0 : place_q + 1'b1;
      row_valid_o <= row_valid_o || fetch;
    end
  end

  if (Pieces * PieceBits > RowBits) begin : gen_unused
    logic unused;
    assign unused = &{1'b0, row_q[Pieces*PieceBits-1:RowBits]};
  end

  // ---------------------------------------------------------------- status
  logic waits, wrong_q;

  assign loaded_o = row_valid_o;
  assign error_o = failed || wrong_q;
  assign waits = (starving && !done_q) || (full_q && !ended);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      starved_o <= '0;
      wrong_q <= 1'b0;
    end else begin
      starved_o <= starved_o + 32'(waits && !error_o);
      wrong_q <= wrong_q || bad_code || (whole && sum != '0)
                 // No beat is left to wait for, or one is that nobody takes.
                 || (starving && !done_q && ended) || (full_q && !ended && !beat_ready);
    end
  end

endmodule

`default_nettype wire
