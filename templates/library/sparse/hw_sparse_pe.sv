// A processing element for sparse rows: one weight times one element of a vector per cycle, summed
// up in a register until the row (or the segment of a row) ends; all this for Channels vectors in
// step, which share the weights.
//
// The program is outside: the caller presents one entry per cycle, from a memory or a stream, and
// every PE of an engine works in step. So an entry is just {weight, place of its element, whether
// it is the segment's last}; there is no handshake and nothing stalls. Cycles without valid_i are
// gaps that do not count. Entries with a weight of zero may fill up the program of a PE that has
// less to do than others; the last of them has restart_i, so that the next one begins a segment.
//
// Vectors: the PE has its own copy of the vectors, written through x_*_i: a word of Lanes elements
// into that of each channel whose bit of x_write_i is set. A word written in cycle t is read by
// entries presented in cycle t or later. Several vectors, phases or halves of a double buffer are
// told apart by bank_i, the upper part of the address; entries of cycle t use the bank of cycle t,
// and have read it when the cycle t + 1 ends.
//
// Place of an element: index = word << log2(Lanes) | lane. With Delta = 0 it is index_i. With
// Delta = 1 index_i is the number of places skipped since the segment's last entry (for its first
// entry: since place 0), so the places of a segment ascend.
//
// Result: done_o and sum_o (two's complement, SumBits for every channel) come 5 cycles after the
// entry with last_i. sum_o holds until the next entry's product arrives.
//
// Encoding, WSigned, XSigned, ProductBits: as in hw_dot, without a constant part.

`default_nettype none

module hw_sparse_pe #(
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned WBits = 4,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 4,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 8,
  parameter int unsigned SumBits = 12,
  parameter int unsigned Channels = 1,
  parameter int unsigned Lanes = 1,
  parameter int unsigned Words = 8,      // per bank
  parameter int unsigned Banks = 2,
  parameter int unsigned IndexBits = 3,  // of index_i
  parameter bit          Delta = 1'b0,
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1,
  localparam int unsigned BankBits = (Banks > 1) ? $clog2(Banks) : 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  // Vectors
  input  wire logic [Channels-1:0]         x_write_i,
  input  wire logic [BankBits-1:0]         x_bank_i,
  input  wire logic [WordBits-1:0]         x_word_i,
  input  wire logic [Lanes*XBits-1:0]      x_data_i,
  // Entries
  input  wire logic                        valid_i,
  input  wire logic                        last_i,
  input  wire logic                        restart_i,
  input  wire logic [BankBits-1:0]         bank_i,
  input  wire logic [IndexBits-1:0]        index_i,
  input  wire logic [WBits-1:0]            weight_i,
  // Sums
  output logic                             done_o,
  output logic      [Channels*SumBits-1:0] sum_o
);

  localparam int unsigned LaneBits = (Lanes > 1) ? $clog2(Lanes) : 0;
  localparam int unsigned PlaceBits = WordBits + LaneBits;
  localparam int unsigned AddressBits = WordBits + ((Banks > 1) ? BankBits : 0);
  localparam int unsigned Latency = 5;

  if ((Lanes & (Lanes - 1)) != 0) begin : gen_illegal
    $error("hw_sparse_pe: Lanes must be a power of two");
  end

  // Flags of an entry, each stage one cycle later.
  logic [Latency-1:0] valid_q, last_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Latency-2:0], valid_i};
    last_q <= {last_q[Latency-2:0], last_i};
  end

  // ---- First cycle: the place of the element ----

  logic [PlaceBits-1:0] place, place_q;

  if (Delta) begin : gen_delta
    logic [PlaceBits-1:0] next_q;  // the place after the segment's last entry

    assign place = next_q + PlaceBits'(index_i);
    always_ff @(posedge clk_i) begin
      if (!rst_ni) next_q <= '0;
      else if (valid_i) next_q <= (last_i || restart_i) ? '0 : place + PlaceBits'(1);
    end
  end else begin : gen_absolute
    assign place = PlaceBits'(index_i);
    logic unused_restart;
    assign unused_restart = restart_i;
  end

  logic [BankBits-1:0] bank_q;
  logic [WBits-1:0] weight_q, weight_q2, weight_q3;

  always_ff @(posedge clk_i) begin
    place_q <= place;
    bank_q <= bank_i;
    weight_q <= weight_i;
    weight_q2 <= weight_q;
    weight_q3 <= weight_q2;
  end

  // ---- Second cycle: the words with the elements ----

  logic [AddressBits-1:0] read, write;

  if (Banks > 1) begin : gen_banks
    assign read = {bank_q, place_q[PlaceBits-1:LaneBits]};
    assign write = {x_bank_i, x_word_i};
  end else begin : gen_one_bank
    assign read = place_q[PlaceBits-1:LaneBits];
    assign write = x_word_i;
    logic unused_bank;
    assign unused_bank = &{1'b0, bank_q, x_bank_i};
  end

  // ---- Third cycle: the elements; fourth: products; fifth: sums ----

  logic [((Lanes > 1) ? LaneBits : 1)-1:0] lane_q;
  logic fresh_q;  // the next product begins a segment

  if (Lanes > 1) begin : gen_lanes
    always_ff @(posedge clk_i) lane_q <= place_q[LaneBits-1:0];
  end else begin : gen_one_lane
    assign lane_q = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) fresh_q <= 1'b1;
    else if (valid_q[Latency-2]) fresh_q <= last_q[Latency-2];
  end

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [Lanes*XBits-1:0] vector_mem [Banks << WordBits];
    logic [Lanes*XBits-1:0] word_q;
    logic [XBits-1:0] x_q;
    logic [ProductBits-1:0] product;
    logic [SumBits-1:0] sum_q;

    always_ff @(posedge clk_i) begin
      if (x_write_i[c]) vector_mem[write] <= x_data_i;
    end

    always_ff @(posedge clk_i) begin
      word_q <= vector_mem[read];
    end

    // Bit by bit: an index in steps of XBits is a product to synthesis.
    for (genvar b = 0; b < XBits; b++) begin : gen_bit
      logic [Lanes-1:0] lanes;
      for (genvar l = 0; l < Lanes; l++) begin : gen_lane
        assign lanes[l] = word_q[l*XBits + b];
      end
      always_ff @(posedge clk_i) x_q[b] <= lanes[lane_q];
    end

    hw_dot #(
      .Encoding(Encoding), .Rows(1), .Terms(1), .WBits(WBits), .WSigned(WSigned), .XBits(XBits),
      .XSigned(XSigned), .ProductBits(ProductBits), .SumBits(ProductBits)
    ) i_dot (
      .clk_i, .w_i(weight_q3), .x_i(x_q), .sum_o(product)
    );

    always_ff @(posedge clk_i) begin
      if (valid_q[Latency-2]) begin
        sum_q <= (fresh_q ? '0 : sum_q) + SumBits'($signed(product));
      end
    end
    assign sum_o[c*SumBits +: SumBits] = sum_q;
  end

  assign done_o = valid_q[Latency-1] && last_q[Latency-1];

endmodule

`default_nettype wire
