// The element-wise part of an LSTM: from a unit's four sums and its old state to c and m.
//
// A pipeline that takes a unit per cycle. Numbers are two's complement; gates stand in the order
// i, f, candidate, o, element 0 lowest. Tables are read at the clamped, shifted value with the
// middle of the table for zero. What the shifts mean is said by the operation.
//
// Latency: c_valid_o comes 6 and m_valid_o 12 cycles after valid_i; tag_i travels along.

`default_nettype none

module hw_lstm_cell #(
  parameter hw_rnn_cell_pkg::cell_t Cell = hw_rnn_cell_pkg::CELL,
  parameter hw_rounding_pkg::rounding_e Lookup = hw_rounding_pkg::Floor,
  parameter int unsigned TagBits = 1,
  parameter SigmaFile = "",
  parameter CandidateFile = "",
  parameter SquashFile = "",
  localparam int unsigned ZBits = Cell.z_bits,
  localparam int unsigned BiasBits = Cell.bias_bits,
  localparam int unsigned PeepBits = Cell.peep_bits,
  localparam int unsigned CBits = Cell.c_bits,
  localparam int unsigned MBits = Cell.m_bits,
  localparam int unsigned SigmaBits = Cell.sigma_bits,
  localparam int unsigned CandidateBits = Cell.candidate_bits,
  localparam int unsigned SquashBits = Cell.squash_bits,
  localparam int CLow = Cell.c_low,
  localparam int CHigh = Cell.c_high,
  localparam int MLow = Cell.m_low,
  localparam int MHigh = Cell.m_high
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  valid_i,
  input  wire logic [TagBits-1:0]    tag_i,
  input  wire logic [4*ZBits-1:0]    z_i,
  input  wire logic [4*BiasBits-1:0] bias_i,
  input  wire logic [3*PeepBits-1:0] peep_i,
  input  wire logic [CBits-1:0]      c_i,
  output logic                       c_valid_o,
  output logic      [TagBits-1:0]    c_tag_o,
  output logic      [CBits-1:0]      c_o,
  output logic                       m_valid_o,
  output logic      [TagBits-1:0]    m_tag_o,
  output logic      [MBits-1:0]      m_o
);

  if (Cell.sigma_slices != 1 && Cell.sigma_slices != 3) begin : gen_illegal
    $error("hw_lstm_cell: the gates share a table, or have 3");
  end
  if (Cell.sigma_index < 1 || Cell.candidate_index < 1 || Cell.squash_index < 1
      || CLow > CHigh || MLow > MHigh) begin : gen_illegal1
    $error("hw_lstm_cell: tables have two elements or more, and limits are in order");
  end

  localparam int unsigned Stages = 12;
  localparam int unsigned CStage = 6;
  localparam int unsigned PeepProduct = PeepBits + CBits;
  localparam int unsigned ForgetBits = SigmaBits + CBits;
  localparam int unsigned InputBits = SigmaBits + CandidateBits;
  localparam int unsigned OutBits = SigmaBits + SquashBits;

  logic [Stages-1:0]  valid_q;
  logic [TagBits-1:0] tag_q [Stages];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Stages-2:0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    tag_q[0] <= tag_i;
    for (int i = 1; i < Stages; i++) tag_q[i] <= tag_q[i-1];
  end

  // ---------------------------------------------------------------- 1: biases, peephole products
  logic signed [ZBits-1:0]       zi_q1, zf_q1, zg_q1, zo_q1;
  logic signed [PeepProduct-1:0] pi_q1, pf_q1;
  logic signed [PeepBits-1:0]    peep_o_q [6];
  logic signed [CBits-1:0]       c_q [4];

  always_ff @(posedge clk_i) begin
    zi_q1 <= $signed(z_i[0*ZBits +: ZBits]) + ZBits'($signed(bias_i[0*BiasBits +: BiasBits]));
    zf_q1 <= $signed(z_i[1*ZBits +: ZBits]) + ZBits'($signed(bias_i[1*BiasBits +: BiasBits]));
    zg_q1 <= $signed(z_i[2*ZBits +: ZBits]) + ZBits'($signed(bias_i[2*BiasBits +: BiasBits]));
    zo_q1 <= $signed(z_i[3*ZBits +: ZBits]) + ZBits'($signed(bias_i[3*BiasBits +: BiasBits]));
    pi_q1 <= PeepProduct'($signed(peep_i[0*PeepBits +: PeepBits])) * PeepProduct'($signed(c_i));
    pf_q1 <= PeepProduct'($signed(peep_i[1*PeepBits +: PeepBits])) * PeepProduct'($signed(c_i));
    peep_o_q[0] <= $signed(peep_i[2*PeepBits +: PeepBits]);
    for (int i = 1; i < 6; i++) peep_o_q[i] <= peep_o_q[i-1];
    c_q[0] <= $signed(c_i);
    for (int i = 1; i < 4; i++) c_q[i] <= c_q[i-1];
  end

  // ---------------------------------------------------------------- 2: peepholes
  logic signed [ZBits-1:0] zi_q2, zf_q2, zg_q2;
  logic signed [ZBits-1:0] zo_q [6];

  always_ff @(posedge clk_i) begin
    zi_q2 <= zi_q1 + (ZBits'(pi_q1) <<< Cell.peep_shift_i);
    zf_q2 <= zf_q1 + (ZBits'(pf_q1) <<< Cell.peep_shift_f);
    zg_q2 <= zg_q1;
    zo_q[0] <= zo_q1;
    for (int i = 1; i < 6; i++) zo_q[i] <= zo_q[i-1];
  end

  // ---------------------------------------------------------------- 3, 4: i, f, candidate
  logic signed [SigmaBits-1:0]     i_q, f_q;
  logic signed [CandidateBits-1:0] g_q;

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.sigma_shift), .Index(Cell.sigma_index), .Width(SigmaBits),
    .Lookup(Lookup), .Slices(Cell.sigma_slices), .Slice(0), .File(SigmaFile)
  ) u_i (.clk_i, .value_i(zi_q2), .data_o(i_q));

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.sigma_shift), .Index(Cell.sigma_index), .Width(SigmaBits),
    .Lookup(Lookup), .Slices(Cell.sigma_slices), .Slice((Cell.sigma_slices > 1) ? 1 : 0),
    .File(SigmaFile)
  ) u_f (.clk_i, .value_i(zf_q2), .data_o(f_q));

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.candidate_shift), .Index(Cell.candidate_index),
    .Width(CandidateBits), .Lookup(Lookup), .File(CandidateFile)
  ) u_candidate (.clk_i, .value_i(zg_q2), .data_o(g_q));

  // ---------------------------------------------------------------- 5, 6: c
  logic signed [ForgetBits-1:0] kept_q;
  logic signed [InputBits-1:0]  new_q;
  logic signed [ZBits-1:0]      c_sum;
  logic [CBits-1:0]             c_rounded;
  logic signed [CBits-1:0]      c_new_q;

  if (Cell.parts) begin : gen_parts
    logic [CBits-1:0] kept, fresh;

    hw_round_clamp #(
      .InBits(ForgetBits), .Shift(Cell.forget_part), .HalfUp(Cell.half_up),
      .HalfEven(Cell.half_even), .Low(CLow), .High(CHigh), .OutBits(CBits)
    ) u_kept (.value_i(kept_q), .result_o(kept));

    hw_round_clamp #(
      .InBits(InputBits), .Shift(Cell.input_part), .HalfUp(Cell.half_up), .HalfEven(Cell.half_even),
      .Low(CLow), .High(CHigh), .OutBits(CBits)
    ) u_new (.value_i(new_q), .result_o(fresh));

    assign c_sum = (ZBits'($signed(kept)) <<< Cell.forget_shift)
                 + (ZBits'($signed(fresh)) <<< Cell.input_shift);
  end else begin : gen_whole
    assign c_sum = (ZBits'(kept_q) <<< Cell.forget_shift) + (ZBits'(new_q) <<< Cell.input_shift);
  end

  hw_round_clamp #(
    .InBits(ZBits), .Shift(Cell.c_shift), .HalfUp(Cell.half_up), .HalfEven(Cell.half_even),
    .Low(CLow), .High(CHigh), .OutBits(CBits)
  ) u_c (.value_i(c_sum), .result_o(c_rounded));

  always_ff @(posedge clk_i) begin
    kept_q <= ForgetBits'(f_q) * ForgetBits'(c_q[3]);
    new_q <= InputBits'(i_q) * InputBits'(g_q);
    c_new_q <= $signed(c_rounded);
  end

  assign c_valid_o = valid_q[CStage-1];
  assign c_tag_o = tag_q[CStage-1];
  assign c_o = c_new_q;

  // ---------------------------------------------------------------- 7, 8: squash, o's peephole
  logic signed [PeepProduct-1:0] po_q;
  logic signed [ZBits-1:0]       zo_q8;
  logic signed [SquashBits-1:0]  h_q;
  logic signed [SquashBits-1:0]  h_q2 [2];

  hw_rnn_table #(
    .ZBits(CBits), .Shift(Cell.squash_shift), .Index(Cell.squash_index), .Width(SquashBits),
    .Lookup(Lookup), .File(SquashFile)
  ) u_squash (.clk_i, .value_i(c_new_q), .data_o(h_q));

  always_ff @(posedge clk_i) begin
    po_q <= PeepProduct'(peep_o_q[5]) * PeepProduct'(c_new_q);
    zo_q8 <= zo_q[5] + (ZBits'(po_q) <<< Cell.peep_shift_o);
    h_q2[0] <= h_q;
    h_q2[1] <= h_q2[0];
  end

  // ---------------------------------------------------------------- 9, 10: o
  logic signed [SigmaBits-1:0] o_q;

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.sigma_shift), .Index(Cell.sigma_index), .Width(SigmaBits),
    .Lookup(Lookup), .Slices(Cell.sigma_slices), .Slice((Cell.sigma_slices > 1) ? 2 : 0),
    .File(SigmaFile)
  ) u_o (.clk_i, .value_i(zo_q8), .data_o(o_q));

  // ---------------------------------------------------------------- 11, 12: m
  logic signed [OutBits-1:0] m_product_q;
  logic [MBits-1:0]          m_rounded, m_q;

  hw_round_clamp #(
    .InBits(OutBits), .Shift(Cell.m_shift), .HalfUp(Cell.half_up), .HalfEven(Cell.half_even),
    .Low(MLow), .High(MHigh), .OutBits(MBits)
  ) u_m (.value_i(m_product_q), .result_o(m_rounded));

  always_ff @(posedge clk_i) begin
    m_product_q <= OutBits'(o_q) * OutBits'(h_q2[1]);
    m_q <= m_rounded;
  end

  assign m_valid_o = valid_q[Stages-1];
  assign m_tag_o = tag_q[Stages-1];
  assign m_o = m_q;

endmodule

`default_nettype wire
