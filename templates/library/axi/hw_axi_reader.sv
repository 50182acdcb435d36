// Reads an image of Rows beats from external memory over and over, ahead of its use.
//
// An AXI4 read master (channels AR and R only). Beat r of the image stands at
// base_i + r * DataBits / 8 and holds a row in its RowBits least significant bits; the stream at
// the other side brings row after row and begins again behind the last one. base_i is a multiple
// of 4096 and does not change after reset. Reading begins with the end of reset, so the memory
// holds the image before; a reset ends all bursts on both sides, as AXI demands.
//
// Bursts (INCR, full beats, in order, one ID) have BurstBeats beats, the last one of the image what
// is left. They begin at multiples of BurstBeats beats, which is a power of two and at most 4096
// bytes, so none crosses a 4 KiB boundary. A burst is asked for when all of its beats have a place
// among the Depth places; so several are under way at a time, and rready is always high.
//
// Throughput: a row per cycle, if memory delivers a beat per cycle and Depth - BurstBeats covers
// the cycles from the asking to the first beat, and a few more.
//
// starved_o counts the cycles (modulo 2^32) in which row_ready_i waits for row_valid_o. error_o
// stays high after a response that is not OKAY.

`default_nettype none

module hw_axi_reader #(
  parameter int unsigned DataBits = 64,
  parameter int unsigned AddressBits = 32,
  parameter int unsigned RowBits = 50,
  parameter int unsigned Rows = 100,
  parameter int unsigned BurstBeats = 16,
  parameter int unsigned Depth = 64,
  parameter bit Block = 1,
  parameter Name = ""
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_ni,
  input  wire logic [AddressBits-1:0] base_i,
  // Read address channel
  output logic      [0:0]             arid_o,
  output logic      [AddressBits-1:0] araddr_o,
  output logic      [7:0]             arlen_o,
  output logic      [2:0]             arsize_o,
  output logic      [1:0]             arburst_o,
  output logic                        arvalid_o,
  input  wire logic                   arready_i,
  // Read data channel
  input  wire logic [0:0]             rid_i,
  input  wire logic [DataBits-1:0]    rdata_i,
  input  wire logic [1:0]             rresp_i,
  input  wire logic                   rlast_i,
  input  wire logic                   rvalid_i,
  output logic                        rready_o,
  // Rows
  output logic                        row_valid_o,
  input  wire logic                   row_ready_i,
  output logic      [RowBits-1:0]     row_data_o,
  // Status
  output logic      [31:0]            starved_o,
  output logic                        error_o
);

  localparam int unsigned BeatBytes = DataBits / 8;
  localparam int unsigned BurstBytes = BurstBeats * BeatBytes;
  localparam int unsigned Bursts = (Rows + BurstBeats - 1) / BurstBeats;
  localparam int unsigned Rest = Rows - (Bursts - 1) * BurstBeats;
  localparam int unsigned RoomBits = $clog2(Depth + 1);

  localparam bit Regular = (BurstBeats & (BurstBeats - 1)) == 0;

  if (BurstBytes > 4096 || BurstBeats > 256 || !Regular) begin : gen_long
    $error("hw_axi_reader %s: BurstBeats is not a power of two, or too large", Name);
  end
  if (Depth < BurstBeats || RowBits > DataBits || Rows < 1) begin : gen_wide
    $error("hw_axi_reader %s: a burst has no room, or a row is wider than a beat", Name);
  end

  // ---------------------------------------------------------------- asking for bursts
  logic [RoomBits-1:0]    room_q, room_d, beats;  // places that no beat is on its way to
  logic [AddressBits-1:0] offset_q, address_q;
  logic [7:0]             length_q;
  logic                   valid_q, ask, last, pop;

  assign beats = last ? RoomBits'(Rest) : RoomBits'(BurstBeats);
  assign ask = (!valid_q || arready_i) && (room_q >= beats);
  assign pop = row_valid_o && row_ready_i;

  hw_wrap #(.Count(Bursts)) u_burst (.clk_i, .rst_ni, .step_i(ask), .last_o(last));

  always_comb begin
    room_d = room_q + RoomBits'(pop);
    if (ask) room_d = room_d - beats;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      room_q <= RoomBits'(Depth);
      offset_q <= '0;
    end else begin
      valid_q <= ask || (valid_q && !arready_i);
      room_q <= room_d;
      if (ask) offset_q <= last ? '0 : offset_q + AddressBits'(BurstBytes);
    end
  end

  always_ff @(posedge clk_i) begin
    if (ask) begin
      address_q <= base_i + offset_q;
      length_q <= last ? 8'(Rest - 1) : 8'(BurstBeats - 1);
    end
  end

  assign arid_o = 1'b0;
  assign araddr_o = address_q;
  assign arlen_o = length_q;
  assign arsize_o = 3'($clog2(BeatBytes));
  assign arburst_o = 2'b01;
  assign arvalid_o = valid_q;

  // ---------------------------------------------------------------- rows
  logic unused_ok;

  assign rready_o = 1'b1;

  hw_credit_fifo #(.Width(RowBits), .Depth(Depth), .Block(Block), .Name(Name)) u_rows (
    .clk_i, .rst_ni, .reserve_i(rvalid_i), .ok_o(unused_ok), .push_i(rvalid_i),
    .data_i(rdata_i[RowBits-1:0]), .valid_o(row_valid_o), .ready_i(row_ready_i),
    .data_o(row_data_o)
  );

  if (RowBits < DataBits) begin : gen_padding
    logic unused_padding;
    assign unused_padding = &{1'b0, rdata_i[DataBits-1:RowBits]};
  end

  // ---------------------------------------------------------------- status
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      starved_o <= '0;
      error_o <= 1'b0;
    end else begin
      starved_o <= starved_o + 32'(row_ready_i && !row_valid_o);
      error_o <= error_o || (rvalid_i && rresp_i[1]);
    end
  end

  logic unused;
  assign unused = &{1'b0, rid_i, rlast_i, rresp_i[0], unused_ok};

endmodule

`default_nettype wire
