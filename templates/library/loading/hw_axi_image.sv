// Reads an image from external memory once after reset, and then nothing more.
//
// An AXI4 read master (channels AR and R only). The first beat of the image says how many there are
// and of which kind it is (see hw_image_pkg); it is read alone, and then the whole image, the first
// beat again. base_i is a multiple of 4096 and does not change after reset; a reset ends all bursts
// on both sides, as AXI demands.
//
// Bursts (INCR, full beats, in order, one ID) have BurstBeats beats, the last one what is left.
// They begin at multiples of BurstBeats beats, which is a power of two and at most 4096 bytes, so
// none crosses a 4 KiB boundary. A burst is asked for when all of its beats have a place among the
// Depth places; so several are under way at a time, and rready is always high.
//
// The stream at the other side brings beat after beat; ended_o is high when all have been taken.
// error_o stays high after a response that is not OKAY, and when the first beat names another kind
// or a number of beats that is below three or above MostBeats; nothing is read then.

`default_nettype none

module hw_axi_image #(
  parameter hw_image_pkg::image_e Kind = hw_image_pkg::Plain,
  parameter int unsigned AddressBits = 32,
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
  // Beats
  output logic                                   valid_o,
  input  wire logic                              ready_i,
  output logic      [hw_image_pkg::BeatBits-1:0] data_o,
  output logic                                   ended_o,
  output logic                                   error_o
);

  localparam int unsigned BeatBytes = hw_image_pkg::BeatBits / 8;
  localparam int unsigned LengthBits = hw_image_pkg::LengthBits;
  localparam int unsigned RoomBits = $clog2(Depth + 1);
  localparam bit Regular = (BurstBeats & (BurstBeats - 1)) == 0;

  if (BurstBeats * BeatBytes > 4096 || BurstBeats > 256 || !Regular) begin : gen_long
    $error("hw_axi_image %s: BurstBeats is not a power of two, or too large", Name);
  end
  if (Depth < BurstBeats) begin : gen_wide
    $error("hw_axi_image %s: a burst has no room", Name);
  end
  if (MostBeats < 3 || MostBeats >= 1 << LengthBits) begin : gen_size
    $error("hw_axi_image %s: an image has three beats at least, and a number of 24 bits", Name);
  end

  // ---------------------------------------------------------------- asking for bursts
  logic [RoomBits-1:0]    room_q, room_d, beats;  // places that no beat is on its way to
  logic [LengthBits-1:0]  unasked_q, untaken_q;
  logic [AddressBits-1:0] offset_q, address_q;
  logic [7:0]             length_q;
  logic                   valid_q, first_q, known_q, ask, last, pop, head, fits;

  assign last = unasked_q <= LengthBits'(BurstBeats);
  assign beats = first_q ? RoomBits'(1) : last ? RoomBits'(unasked_q) : RoomBits'(BurstBeats);
  assign ask = (!valid_q || arready_i) && (room_q >= beats)
               && (first_q || (known_q && unasked_q != '0));
  assign pop = valid_o && ready_i;
  assign head = rvalid_i && !known_q;  // the first beat, for the first time
  assign fits = rdata_i[LengthBits +: 8] == Kind && rdata_i[LengthBits-1:0] >= LengthBits'(3)
                && rdata_i[LengthBits-1:0] <= LengthBits'(MostBeats);

  always_comb begin
    room_d = room_q + RoomBits'(pop || head);
    if (ask) room_d = room_d - beats;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      first_q <= 1'b1;
      known_q <= 1'b0;
      room_q <= RoomBits'(Depth);
      offset_q <= '0;
      unasked_q <= '0;
      untaken_q <= '0;
      error_o <= 1'b0;
    end else begin
      valid_q <= ask || (valid_q && !arready_i);
      if (ask) first_q <= 1'b0;
      known_q <= known_q || rvalid_i;
      room_q <= room_d;
      if (ask && !first_q) offset_q <= offset_q + AddressBits'(BurstBeats * BeatBytes);
      if (head) unasked_q <= fits ? rdata_i[LengthBits-1:0] : '0;
      else if (ask && !first_q) unasked_q <= unasked_q - LengthBits'(beats);
      if (head) untaken_q <= rdata_i[LengthBits-1:0];
      else if (pop) untaken_q <= untaken_q - 1'b1;
      error_o <= error_o || (rvalid_i && rresp_i[1]) || (head && !fits);
    end
  end

  always_ff @(posedge clk_i) begin
    if (ask) begin
      address_q <= base_i + offset_q;
      length_q <= 8'(beats) - 8'd1;
    end
  end

  assign arid_o = 1'b0;
  assign araddr_o = address_q;
  assign arlen_o = length_q;
  assign arsize_o = 3'($clog2(BeatBytes));
  assign arburst_o = 2'b01;
  assign arvalid_o = valid_q;

  // ---------------------------------------------------------------- beats
  logic unused_ok, push;

  assign rready_o = 1'b1;
  assign push = rvalid_i && known_q;
  assign ended_o = known_q && untaken_q == '0;

  hw_credit_fifo #(.Width(hw_image_pkg::BeatBits), .Depth(Depth), .Block(1), .Name(Name)) u_beats (
    .clk_i, .rst_ni, .reserve_i(push), .ok_o(unused_ok), .push_i(push), .data_i(rdata_i),
    .valid_o, .ready_i, .data_o
  );

  logic unused;
  assign unused = &{1'b0, rid_i, rlast_i, rresp_i[0], unused_ok};

endmodule

`default_nettype wire
