// A processing element of a recurrent engine: each cycle one weight times an element per channel.
//
// It has its own copy of the vectors. An element is named by its place: x from 0 on, y from
// StateBase on, m from MBase on. x has two banks; y and m are spread over as many memories as
// there are lanes (place mod Lanes), because every lane may write one element per cycle. With
// DoubleState they have two banks as well (then there is no m). A word of the memories holds the
// element of every channel, channel 0 lowest, and so do the results.
//
// With TakesState there is another copy of y, which is read in the first step of a sequence;
// element {thing, lane} of it is written as it comes.
//
// An entry is {flag, last, skip [SkipBits], weight [WBits]}. The first entry of a segment stands
// `skip` places after 0, or with `flag` after MBase; each further one {flag, skip} places after the
// entry before. With `last` the segment is complete: its sum goes to the result register `slot`,
// which alternates between 0 and 1, beginning with 0 at an entry marked by sync_i.
//
// Encoding, WSigned, ProductBits: as in hw_dot, without a constant part; elements are signed.
//
// Latency: entry_i is read in cycle t; the element is read in t + 1 (one written in t or before
// counts); the sum is in the result register in t + 5.

`default_nettype none

module hw_rnn_pe #(
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned WBits = 12,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned SkipBits = 7,
  parameter int unsigned ActBits = 16,
  parameter int unsigned ProductBits = 28,
  parameter int unsigned AccBits = 40,
  parameter int unsigned XSize = 8,
  parameter int unsigned MBase = 16,
  parameter int unsigned PlaceBits = 5,
  parameter int unsigned Lanes = 1,
  parameter int unsigned StateWords = 32,
  parameter bit          DoubleState = 1'b0,
  parameter int unsigned XShift = 0,
  parameter int unsigned RShift = 0,
  parameter int unsigned Channels = 1,
  parameter bit          TakesState = 1'b0,
  parameter int unsigned YWord = 8,      // these two with TakesState
  parameter int unsigned ThingBits = 3,
  localparam int unsigned XAddressBits = ((XSize > 1) ? $clog2(XSize) : 1) + 1,
  localparam int unsigned WordBits = (StateWords > 1) ? $clog2(StateWords) : 1,
  localparam int unsigned StateBits = WordBits + (DoubleState ? 1 : 0),
  localparam int unsigned BeginBits = ThingBits + $clog2(Lanes),
  localparam int unsigned ElementBits = Channels * ActBits
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  // Program
  input  wire logic                         valid_i,
  input  wire logic                         sync_i,
  input  wire logic [WBits+SkipBits+1:0]    entry_i,
  input  wire logic [Channels-1:0]          fresh_i,   // y is that of the beginning, mostly zero
  input  wire logic                         x_bank_i,
  input  wire logic                         parity_i,  // bank of y
  // Vectors
  input  wire logic                         x_write_i,
  input  wire logic [XAddressBits-1:0]      x_address_i,
  input  wire logic [ElementBits-1:0]       x_data_i,
  input  wire logic [Lanes-1:0]             state_write_i,
  input  wire logic [Lanes*StateBits-1:0]   state_address_i,
  input  wire logic [Lanes*ElementBits-1:0] state_data_i,
  input  wire logic                         begin_write_i,
  input  wire logic [BeginBits-1:0]         begin_address_i,  // {thing, lane}
  input  wire logic [ElementBits-1:0]       begin_data_i,
  // Results
  input  wire logic                         slot_i,
  output logic      [Channels*AccBits-1:0]  result_o
);

  if (Lanes < 1 || (Lanes & (Lanes - 1)) != 0) begin : gen_illegal
    $error("hw_rnn_pe: Lanes must be a power of two");
  end
  if (XSize < 1 || StateWords < 1 || Channels < 1) begin : gen_illegal1
    $error("hw_rnn_pe: XSize, StateWords and Channels must be at least 1");
  end

  localparam int unsigned LaneBits = $clog2(Lanes);

  // ---------------------------------------------------------------- t: the place
  logic                 first_q, first;
  logic [PlaceBits-1:0] place, before_q, base, skip;
  logic                 flag, is_last, is_projection, is_projection_q;

  assign {flag, is_last} = entry_i[WBits+SkipBits +: 2];
  assign first = first_q || sync_i;
  assign is_projection = first ? flag : is_projection_q;
  assign base = is_projection ? PlaceBits'(MBase) : '0;
  assign skip = PlaceBits'({flag && !first, entry_i[WBits +: SkipBits]});
  assign place = (first ? base : before_q) + skip;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) first_q <= 1'b1;
    else if (valid_i) first_q <= is_last;
  end

  always_ff @(posedge clk_i) if (valid_i) is_projection_q <= is_projection;

  logic [3:0]                valid_q;
  logic [3:0]                first_p, last_p, sync_p;
  logic [PlaceBits-1:0]      place_q;
  logic [WBits-1:0]          weight_q, weight_q2, weight_q3;
  logic                      gates_q, x_bank_q, parity_q;
  logic [Channels-1:0]       fresh_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[2:0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    if (valid_i) before_q <= place;
    first_p <= {first_p[2:0], first};
    last_p <= {last_p[2:0], is_last};
    sync_p <= {sync_p[2:0], sync_i};
    place_q <= place;
    weight_q <= entry_i[WBits-1:0];
    weight_q2 <= weight_q;
    weight_q3 <= weight_q2;
    gates_q <= !is_projection;
    fresh_q <= fresh_i;
    x_bank_q <= x_bank_i;
    parity_q <= parity_i;
  end

  // ---------------------------------------------------------------- t + 1: the memories
  logic [ElementBits-1:0]       x_mem [1 << XAddressBits];
  logic [ElementBits-1:0]       x_q;
  logic [Lanes*ElementBits-1:0] state_q;
  logic [StateBits-1:0]         state_read;
  logic                         is_x, is_x_q, is_x_q2;
  logic [Channels-1:0]          blank_q;

  assign is_x = gates_q && (place_q < PlaceBits'(XSize));

  if (DoubleState) begin : gen_double
    assign state_read = {parity_q, WordBits'(place_q >> LaneBits)};
  end else begin : gen_single
    logic unused_parity;
    assign unused_parity = parity_q;
    assign state_read = WordBits'(place_q >> LaneBits);
  end

  always_ff @(posedge clk_i) begin
    if (x_write_i) x_mem[x_address_i] <= x_data_i;
  end

  always_ff @(posedge clk_i) begin
    x_q <= x_mem[{x_bank_q, (XAddressBits - 1)'(place_q)}];
    is_x_q <= is_x;
    is_x_q2 <= is_x_q;
    blank_q <= (gates_q && !is_x) ? fresh_q : '0;
  end

  for (genvar l = 0; l < Lanes; l++) begin : gen_state
    logic [ElementBits-1:0] state_mem [1 << StateBits];

    always_ff @(posedge clk_i) begin
      if (state_write_i[l]) begin
        state_mem[state_address_i[l*StateBits +: StateBits]] <=
            state_data_i[l*ElementBits +: ElementBits];
      end
    end

    always_ff @(posedge clk_i) state_q[l*ElementBits +: ElementBits] <= state_mem[state_read];
  end

  logic [ElementBits-1:0] begin_q;

  if (TakesState) begin : gen_begin
    logic [ElementBits-1:0] begin_mem [1 << BeginBits];

    always_ff @(posedge clk_i) begin
      if (begin_write_i) begin_mem[begin_address_i] <= begin_data_i;
    end

    always_ff @(posedge clk_i) begin
      begin_q <= begin_mem[BeginBits'(place_q - PlaceBits'(YWord << LaneBits))];
    end
  end else begin : gen_zero
    logic unused_begin;
    assign unused_begin = &{1'b0, begin_write_i, begin_address_i, begin_data_i};
    assign begin_q = '0;
  end

  // ---------------------------------------------------------------- t + 2: the element
  logic [ElementBits-1:0] state_element;

  if (Lanes > 1) begin : gen_lanes
    logic [LaneBits-1:0] lane_q;
    always_ff @(posedge clk_i) lane_q <= place_q[LaneBits-1:0];
    assign state_element = state_q[lane_q*ElementBits +: ElementBits];
  end else begin : gen_one_lane
    assign state_element = state_q;
  end

  // Flags of the product and of the sum, for all channels.
  logic shift_x_q, shift_r_q, gates_q2, gates_q3, slot_q, slot;

  assign slot = slot_q && !sync_p[3];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) slot_q <= 1'b0;
    else if (valid_q[3]) slot_q <= slot ^ last_p[3];
  end

  always_ff @(posedge clk_i) begin
    gates_q2 <= gates_q;
    gates_q3 <= gates_q2;
    shift_x_q <= is_x_q2;
    shift_r_q <= gates_q3 && !is_x_q2;
  end

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [ActBits-1:0]            element_q;
    logic signed [ProductBits-1:0] product_q;
    logic signed [AccBits-1:0]     sum_q, sum, term;
    logic [AccBits-1:0]            result_q [2];

    always_ff @(posedge clk_i) begin
      if (is_x_q) element_q <= x_q[c*ActBits +: ActBits];
      else if (blank_q[c]) element_q <= begin_q[c*ActBits +: ActBits];
      else element_q <= state_element[c*ActBits +: ActBits];
    end

    // -------------------------------------------------------------- t + 3: the product
    hw_dot #(
      .Encoding(Encoding), .Rows(1), .Terms(1), .WBits(WBits), .WSigned(WSigned), .XBits(ActBits),
      .XSigned(1'b1), .ProductBits(ProductBits), .SumBits(ProductBits)
    ) u_dot (
      .clk_i, .w_i(weight_q3), .x_i(element_q), .sum_o(product_q)
    );

    // -------------------------------------------------------------- t + 4: the sum
    always_comb begin
      term = AccBits'(product_q);
      if (shift_x_q) term = AccBits'(product_q) <<< XShift;
      if (shift_r_q) term = AccBits'(product_q) <<< RShift;
    end

    assign sum = (first_p[3] ? '0 : sum_q) + term;

    always_ff @(posedge clk_i) begin
      if (valid_q[3]) sum_q <= sum;
      if (valid_q[3] && last_p[3]) result_q[slot] <= sum;
    end

    assign result_o[c*AccBits +: AccBits] = result_q[slot_i];
  end

endmodule

`default_nettype wire
