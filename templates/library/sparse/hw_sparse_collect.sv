// Collects the sums of sparse PEs in an order known beforehand, and adds up those of split rows.
//
// A program row for every cycle: {free, emit, OutLanes x {use, pe, slot}}. Each lane adds the named
// sum to its own; a row with `emit` is the last of an output word, which leaves with the lanes'
// sums and zero in lanes that added none. The row with `free` is the last one of a vector.
// Channels vectors make a set: they are collected one after the other, with the same program, which
// is all of the Collects rows then. With one vector in a set, programs of several sets may follow
// each other, and take turns.
//
// set_ready_i announces a set: its first row may run in the next cycle. After that only the output
// can hold the rows up. The PEs' memories (hw_sparse_results) are outside: slot_o goes to all PEs
// alike, data_i is [((pe * OutLanes + lane) * Channels + channel) * Bits]. bank_o is the set's
// bank, taking turns.
//
// Handshake: output of a core. out_valid_o comes ceil(log4(Pes)) cycles (at least one) and one more
// after out_start_o.

`default_nettype none

module hw_sparse_collect #(
  parameter int unsigned Pes = 5,
  parameter int unsigned OutLanes = 2,
  parameter int unsigned Bits = 8,
  parameter int unsigned Slots = 4,
  parameter int unsigned Banks = 2,
  parameter int unsigned Collects = 6,
  parameter int unsigned Channels = 1,
  parameter CollectFile = "",
  localparam int unsigned SlotBits = (Slots > 1) ? $clog2(Slots) : 1,
  localparam int unsigned BankBits = (Banks > 1) ? $clog2(Banks) : 1
) (
  input  wire logic                                  clk_i,
  input  wire logic                                  rst_ni,
  // Sets of vectors
  input  wire logic                                  set_ready_i,
  output logic                                       set_free_o,
  // Sums
  output logic      [BankBits-1:0]                   bank_o,
  output logic      [OutLanes*SlotBits-1:0]          slot_o,
  input  wire logic [Pes*OutLanes*Channels*Bits-1:0] data_i,
  // Output to a credit FIFO
  input  wire logic                                  out_ok_i,
  output logic                                       out_start_o,
  output logic                                       out_valid_o,
  output logic      [OutLanes*Bits-1:0]              out_data_o
);

  if (Pes < 1 || OutLanes < 1 || Banks < 1 || Collects < 1
      || Channels < 1) begin : gen_illegal
    $error("hw_sparse_collect: counts of parts, rows and sets must be at least 1");
  end

  localparam int unsigned PeBits = (Pes > 1) ? $clog2(Pes) : 1;
  localparam int unsigned LaneBits = SlotBits + PeBits + 1;
  localparam int unsigned RowBits = OutLanes * LaneBits + 2;
  localparam int unsigned RowIndexBits = (Collects > 1) ? $clog2(Collects) : 1;
  localparam int unsigned CountBits = $clog2(Banks + 1);
  localparam int unsigned Levels = (Pes > 4) ? ($clog2(Pes) + 1) / 2 : 1;

  // ---- Program: the row of index_q is there; during reset the first one is read ----

  logic [RowIndexBits-1:0] index_q, index_d;
  logic [RowBits-1:0] row;
  logic fire, first_q, last, last_channel, end_set, emit;

  always_comb begin
    index_d = index_q;
    if (!rst_ni) index_d = '0;
    else if (fire && last && !last_channel) index_d = '0;
    else if (fire) index_d = (index_q == RowIndexBits'(Collects - 1)) ? '0 : index_q + 1'b1;
  end

  always_ff @(posedge clk_i) index_q <= index_d;

  hw_weight_rom #(
    .Width(RowBits), .Depth(Collects), .AddressBits(RowIndexBits), .WeightFile(CollectFile)
  ) u_program (
    .clk_i, .addr_i(index_d), .data_o(row)
  );

  // ---- The channel, one-hot ----

  logic [Channels-1:0] channel_q;

  if (Channels > 1) begin : gen_channels
    always_ff @(posedge clk_i) begin
      if (!rst_ni) channel_q <= Channels'(1);
      else if (fire && last) channel_q <= {channel_q[Channels-2:0], channel_q[Channels-1]};
    end
  end else begin : gen_one_channel
    assign channel_q = 1'b1;
  end

  assign last_channel = channel_q[Channels-1];
  assign end_set = fire && last && last_channel;

  // ---- Control ----

  logic [CountBits-1:0] ready_q;

  assign last = row[RowBits-1];
  assign emit = row[RowBits-2];
  assign fire = (!first_q || (ready_q != '0)) && (!emit || out_ok_i);
  assign out_start_o = fire && emit;
  assign set_free_o = end_set;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      ready_q <= '0;
      bank_o <= '0;
    end else begin
      ready_q <= ready_q + CountBits'(set_ready_i) - CountBits'(fire && first_q);
      if (fire) first_q <= end_set;
      if (end_set) bank_o <= (bank_o == BankBits'(Banks - 1)) ? '0 : bank_o + 1'b1;
    end
  end

  // ---- Lanes: choose a PE, then add ----

  logic [Levels-1:0] fire_q, emit_q;
  logic fresh_q;  // the next row is the first of an output word

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fire_q <= '0;
      fresh_q <= 1'b1;
      out_valid_o <= 1'b0;
    end else begin
      fire_q <= Levels'({fire_q, fire});
      if (fire_q[Levels-1]) fresh_q <= emit_q[Levels-1];
      out_valid_o <= fire_q[Levels-1] && emit_q[Levels-1];
    end
    emit_q <= Levels'({emit_q, emit});
  end

  for (genvar l = 0; l < OutLanes; l++) begin : gen_lane
    logic [Pes*Bits-1:0] candidates;
    logic [Bits-1:0] chosen, sum_q;
    logic [Levels-1:0] use_q;

    assign slot_o[l*SlotBits +: SlotBits] = row[l*LaneBits +: SlotBits];

    always_comb begin
      candidates = '0;
      for (int unsigned p = 0; p < Pes; p++) begin
        for (int unsigned c = 0; c < Channels; c++) begin
          if (channel_q[c]) begin
            candidates[p*Bits +: Bits] = candidates[p*Bits +: Bits]
                | data_i[((p*OutLanes + l)*Channels + c)*Bits +: Bits];
          end
        end
      end
    end

    hw_mux_tree #(
      .Count(Pes), .Width(Bits)
    ) u_choose (
      .clk_i,
      .select_i(row[l*LaneBits + SlotBits +: PeBits]),
      .data_i(candidates),
      .data_o(chosen)
    );

    always_ff @(posedge clk_i) begin
      use_q <= Levels'({use_q, row[l*LaneBits + SlotBits + PeBits]});
      if (fire_q[Levels-1]) begin
        sum_q <= (fresh_q ? '0 : sum_q) + (use_q[Levels-1] ? chosen : '0);
      end
    end
    assign out_data_o[l*Bits +: Bits] = sum_q;
  end

endmodule

`default_nettype wire
