// Product of a constant sparse matrix and vectors: Pes processing elements work in step through a
// program with one row of entries per cycle.
//
// A vector arrives as InWords words of InLanes elements. The words that a column of the matrix
// needs (Words of them, by the keep memory) go to every PE's copy of the vector, which has two
// banks: one is loaded while the other is used. When a set is complete and a result bank is free,
// its program rows run without a stop. When row ReadyStep has run the collector may start: its own
// program reads every sum after it has been written, in the order of the output's rows, OutLanes
// per word.
//
// Channels vectors that follow each other make a set, for which the program runs once: they are
// loaded one after the other, computed in step, and collected one after the other.
//
// With External the program comes in as a stream that begins anew with every set, and a row that is
// wanted (weights_ready_o) and not there is a gap: PEs keep what they have. The collector can not
// follow gaps, so ReadyStep is the last row then.
//
// Program row: for every PE {last, index, weight}, PE 0 in the least significant bits (see
// module hw_sparse_pe). With code bits in Plan, a weight is a place in the code book; see
// module hw_codebook.
// Sets with different matrices (Groups) take turns, each for as long as its own program. For every
// group, ProgramRows holds three numbers of 32 bits: the rows of its program, its row ReadyStep,
// and its rows of the collector's program.
//
// Handshake: a core. Token by token:
//   load      one word per cycle while those of two sets are not in use
//   compute   a cycle per row of the set's program; its first row waits for the whole set and for
//             one of ResultBanks; its last row frees the set's words
//   collect   from 6 cycles after row ReadyStep on; see hw_sparse_collect for its latency

`default_nettype none

module hw_sparse_matvec #(
  parameter hw_sparse_pkg::plan_t Plan = hw_sparse_pkg::PLAN,
  parameter bit          External = 1'b0,
  parameter int unsigned Pes = 3,
  parameter int unsigned InLanes = 2,
  parameter int unsigned InWords = 5,
  parameter int unsigned Groups = 1,
  parameter logic [Groups*96-1:0] ProgramRows = {32'd4, 32'd3, 32'd7},
  parameter int unsigned Channels = 1,
  parameter int unsigned OutLanes = 2,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned WBits = 4,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 4,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 8,
  parameter int unsigned OutBits = 12,
  parameter ProgramFile = "",
  parameter CodeFile = "",
  parameter CollectFile = "",
  parameter KeepFile = "",
  localparam int unsigned IndexBits = Plan.index_bits,
  localparam int unsigned StoredBits = (Plan.code_bits > 0) ? Plan.code_bits : WBits,
  localparam int unsigned EntryBits = StoredBits + IndexBits + 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,

  input  wire logic                        in0_valid_i,
  output logic                             in0_ready_o,
  input  wire logic [InLanes*XBits-1:0]    in0_data_i,

  input  wire logic                        weights_valid_i,
  output logic                             weights_ready_o,
  input  wire logic [Pes*EntryBits-1:0]    weights_data_i,

  input  wire logic                        out_ok_i,
  output logic                             out_start_o,
  output logic                             out_valid_o,
  output logic      [OutLanes*OutBits-1:0] out_data_o
);

  localparam int unsigned Words = Plan.words;
  localparam int unsigned Slots = Plan.slots;
  localparam int unsigned ResultBanks = Plan.result_banks;
  localparam bit Delta = Plan.delta;

  if (InWords < 1 || Channels < 1 || ResultBanks < 1
      || (Channels > 1 && Groups > 1)) begin : gen_illegal
    $error("hw_sparse_matvec: vectors of a set have the same matrix, and counts are at least 1");
  end

  localparam int unsigned InWordBits = (InWords > 1) ? $clog2(InWords) : 1;
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned SetWords = Channels * InWords;
  localparam int unsigned UsedBits = $clog2(2 * SetWords + 1);
  localparam int unsigned Rows = Plan.rows;
  localparam int unsigned RowIndexBits = (Rows > 1) ? $clog2(Rows) : 1;
  localparam int unsigned SlotBits = (Slots > 1) ? $clog2(Slots) : 1;
  localparam int unsigned BankBits = (ResultBanks > 1) ? $clog2(ResultBanks) : 1;
  localparam int unsigned SpaceBits = $clog2(ResultBanks + 1);
  localparam int unsigned Latency = 5;  // of hw_sparse_pe

  logic release_set, start_set;

  // ---- Load: a word is written the cycle after it was taken, if any column needs it ----

  logic [UsedBits-1:0] used_q;
  logic [InWordBits-1:0] in_word_q;
  logic [WordBits-1:0] word_q;
  logic [InLanes*XBits-1:0] data_q;
  logic [1:0] full_q;  // sets complete and not yet started
  logic [Channels-1:0] channel_q, channel_q2;  // which vector of the set, one-hot
  logic take, take_last, take_set, take_q, last_q, set_q, keep, load_bank_q;

  assign take = in0_valid_i && (used_q != UsedBits'(2 * SetWords));
  assign take_last = take && (in_word_q == InWordBits'(InWords - 1));
  assign take_set = take_last && channel_q[Channels-1];
  assign in0_ready_o = take;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      used_q <= '0;
      in_word_q <= '0;
      full_q <= '0;
      take_q <= 1'b0;
      channel_q <= Channels'(1);
    end else begin
      used_q <= used_q + UsedBits'(take) - (release_set ? UsedBits'(SetWords) : '0);
      if (take) in_word_q <= take_last ? '0 : in_word_q + 1'b1;
      if (take_last) channel_q <= Channels'({channel_q, channel_q[Channels-1]});
      full_q <= full_q + 2'(take_set) - 2'(start_set);
      take_q <= take;
    end
    last_q <= take_last;
    set_q <= take_set;
    channel_q2 <= channel_q;
    data_q <= in0_data_i;
  end

  if (Words == InWords) begin : gen_keep_all
    assign keep = 1'b1;
  end else begin : gen_keep
    hw_weight_rom #(
      .Width(1), .Depth(InWords), .AddressBits(InWordBits), .WeightFile(KeepFile)
    ) u_keep (
      .clk_i, .addr_i(in_word_q), .data_o(keep)
    );
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q <= '0;
      load_bank_q <= 1'b0;
    end else if (take_q) begin
      if (last_q) word_q <= '0;
      else if (keep) word_q <= word_q + 1'b1;
      load_bank_q <= load_bank_q ^ set_q;
    end
  end

  // ---- Compute: one program row per cycle ----

  logic [SpaceBits-1:0] banks_q;  // result banks in use
  logic [Pes*EntryBits-1:0] row;
  logic first_step, last_step, ready_step, wanted, there, fire, set_free, use_bank_q;

  hw_sparse_turns #(
    .Groups(Groups), .ProgramRows(ProgramRows)
  ) u_turns (
    .clk_i,
    .rst_ni,
    .step_i(fire),
    .first_o(first_step),
    .last_o(last_step),
    .ready_o(ready_step)
  );

  assign wanted = !first_step || ((full_q != '0) && (banks_q != SpaceBits'(ResultBanks)));
  assign fire = wanted && there;
  assign start_set = fire && first_step;
  assign release_set = fire && last_step;
  assign weights_ready_o = External && wanted;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      banks_q <= '0;
      use_bank_q <= 1'b0;
    end else begin
      banks_q <= banks_q + SpaceBits'(start_set) - SpaceBits'(set_free);
      use_bank_q <= use_bank_q ^ release_set;
    end
  end

  if (External) begin : gen_external
    assign there = weights_valid_i;
    assign row = weights_data_i;
  end else begin : gen_on_chip
    // The row of index_q is there; during reset the first one is read.
    logic [RowIndexBits-1:0] index_q, index_d;
    logic unused;

    assign there = 1'b1;
    assign unused = &{1'b0, weights_valid_i, weights_data_i};

    always_comb begin
      index_d = index_q;
      if (!rst_ni) index_d = '0;
      else if (fire) index_d = (index_q == RowIndexBits'(Rows - 1)) ? '0 : index_q + 1'b1;
    end

    always_ff @(posedge clk_i) index_q <= index_d;

    hw_weight_rom #(
      .Width(Pes*EntryBits), .Depth(Rows), .AddressBits(RowIndexBits), .WeightFile(ProgramFile)
    ) u_program (
      .clk_i, .addr_i(index_d), .data_o(row)
    );
  end

  // ---- PEs and their sums ----

  logic [Latency-1:0] end_q, ready_q;
  logic [BankBits-1:0] sum_bank_q, read_bank;
  logic [OutLanes*SlotBits-1:0] read_slot;
  logic [Pes*OutLanes*Channels*OutBits-1:0] sums;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      end_q <= '0;
      ready_q <= '0;
      sum_bank_q <= '0;
    end else begin
      end_q <= {end_q[Latency-2:0], release_set};
      ready_q <= {ready_q[Latency-2:0], fire && ready_step};
      if (end_q[Latency-1]) begin
        sum_bank_q <= (sum_bank_q == BankBits'(ResultBanks - 1)) ? '0 : sum_bank_q + 1'b1;
      end
    end
  end

  for (genvar p = 0; p < Pes; p++) begin : gen_pe
    logic [Channels*OutBits-1:0] sum;
    logic [WBits-1:0] weight;
    logic done;

    hw_codebook #(
      .CodeBits(Plan.code_bits), .Bits(WBits), .CodeFile(CodeFile)
    ) u_codes (
      .codes_i(row[p*EntryBits +: StoredBits]), .numbers_o(weight)
    );

    hw_sparse_pe #(
      .Encoding(Encoding), .WBits(WBits), .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned),
      .ProductBits(ProductBits), .SumBits(OutBits), .Lanes(InLanes), .Words(Words), .Banks(2),
      .IndexBits(IndexBits), .Delta(Delta), .Channels(Channels)
    ) u_pe (
      .clk_i,
      .rst_ni,
      .x_write_i((take_q && keep) ? channel_q2 : '0),
      .x_bank_i(load_bank_q),
      .x_word_i(word_q),
      .x_data_i(data_q),
      .valid_i(fire),
      .last_i(row[p*EntryBits + StoredBits + IndexBits]),
      .restart_i(last_step),
      .bank_i(use_bank_q),
      .index_i(row[p*EntryBits + StoredBits +: IndexBits]),
      .weight_i(weight),
      .done_o(done),
      .sum_o(sum)
    );

    hw_sparse_results #(
      .Width(Channels*OutBits), .Slots(Slots), .Banks(ResultBanks), .Readers(OutLanes)
    ) u_results (
      .clk_i,
      .rst_ni,
      .write_i(done),
      .end_i(end_q[Latency-1]),
      .bank_i(sum_bank_q),
      .data_i(sum),
      .read_bank_i(read_bank),
      .read_slot_i(read_slot),
      .read_data_o(sums[p*OutLanes*Channels*OutBits +: OutLanes*Channels*OutBits])
    );
  end

  hw_sparse_collect #(
    .Pes(Pes), .OutLanes(OutLanes), .Bits(OutBits), .Slots(Slots), .Banks(ResultBanks),
    .Collects(Plan.collects), .Channels(Channels), .CollectFile(CollectFile)
  ) u_collect (
    .clk_i,
    .rst_ni,
    .set_ready_i(ready_q[Latency-1]),
    .set_free_o(set_free),
    .bank_o(read_bank),
    .slot_o(read_slot),
    .data_i(sums),
    .out_ok_i,
    .out_start_o,
    .out_valid_o,
    .out_data_o
  );

endmodule

`default_nettype wire
