// The element-wise part of a GRU whose reset gate acts before the matrix, in two phases.
//
// A pipeline that takes a unit per cycle, in either phase. Sums z and biases are those of r, u, the
// candidate over x, and the candidate over the reset state, element 0 lowest. The first phase
// (valid_i) makes the reset state m and keeps u; the second (candidate_i), at least 4 cycles later,
// makes h:
//
//   r = sigma[z[0] + bias[0]], u = sigma[z[1] + bias[1]], m = round(r * h_i, reset_shift)
//   n = candidate[((z[2] + bias[2]) << n_shift) + (z[3] << RShift) + bias[3]]
//   h = round(((one - u) * n << input_shift) + (u * h_i << forget_shift), c_shift)
//
// Latency: 5 in the first phase, 8 in the second.

`default_nettype none

module hw_gru_reset_cell #(
  parameter hw_rnn_cell_pkg::cell_t Cell = hw_rnn_cell_pkg::CELL,
  parameter int unsigned RShift = 0,
  parameter int unsigned UnitAddress = 3,  // lowest bits of the tag: which unit
  parameter int unsigned TagBits = 4,
  parameter SigmaFile = "",
  parameter CandidateFile = "",
  localparam int unsigned ZBits = Cell.z_bits,
  localparam int unsigned BiasBits = Cell.bias_bits,
  localparam int unsigned HBits = Cell.c_bits,
  localparam int unsigned SigmaBits = Cell.sigma_bits,
  localparam int unsigned CandidateBits = Cell.candidate_bits,
  localparam int One = Cell.one,
  localparam int HLow = Cell.c_low,
  localparam int HHigh = Cell.c_high
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  valid_i,
  input  wire logic                  candidate_i,
  input  wire logic [TagBits-1:0]    tag_i,
  input  wire logic [4*ZBits-1:0]    z_i,
  input  wire logic [4*BiasBits-1:0] bias_i,
  input  wire logic [HBits-1:0]      h_i,
  output logic                       m_valid_o,
  output logic      [TagBits-1:0]    m_tag_o,
  output logic      [HBits-1:0]      m_o,
  output logic                       h_valid_o,
  output logic      [TagBits-1:0]    h_tag_o,
  output logic      [HBits-1:0]      h_o
);

  if (Cell.sigma_index < 1 || Cell.candidate_index < 1 || HLow > HHigh) begin : gen_illegal
    $error("hw_gru_reset_cell: tables have two elements or more, and HLow is at most HHigh");
  end
  if (UnitAddress < 1 || UnitAddress > TagBits) begin : gen_illegal1
    $error("hw_gru_reset_cell: a tag must hold the number of a unit");
  end

  localparam int unsigned Stages = 8;
  localparam int unsigned MStages = 5;
  localparam int unsigned RestBits = (ZBits < 33) ? ZBits : 33;  // of One - u
  localparam int unsigned ResetBits = SigmaBits + HBits;

  logic [MStages-1:0] valid_q;
  logic [TagBits-1:0] tag_q [Stages];

  hw_valid_pipe #(.Stages(Stages)) u_valid (
    .clk_i, .rst_ni, .valid_i(candidate_i), .valid_o(h_valid_o)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[MStages-2:0], valid_i};
  end

  always_ff @(posedge clk_i) begin
    tag_q[0] <= tag_i;
    for (int i = 1; i < Stages; i++) tag_q[i] <= tag_q[i-1];
  end

  assign m_valid_o = valid_q[MStages-1];
  assign m_tag_o = tag_q[MStages-1];
  assign h_tag_o = tag_q[Stages-1];

  // ---------------------------------------------------------------- 1: biases
  logic signed [ZBits-1:0] zr_q, zu_q, a_q, b_q;
  logic signed [HBits-1:0] h_q [4];

  always_ff @(posedge clk_i) begin
    zr_q <= $signed(z_i[0*ZBits +: ZBits]) + ZBits'($signed(bias_i[0*BiasBits +: BiasBits]));
    zu_q <= $signed(z_i[1*ZBits +: ZBits]) + ZBits'($signed(bias_i[1*BiasBits +: BiasBits]));
    a_q <= $signed(z_i[2*ZBits +: ZBits]) + ZBits'($signed(bias_i[2*BiasBits +: BiasBits]));
    b_q <= ($signed(z_i[3*ZBits +: ZBits]) <<< RShift)
         + ZBits'($signed(bias_i[3*BiasBits +: BiasBits]));
    h_q[0] <= $signed(h_i);
    for (int i = 1; i < 4; i++) h_q[i] <= h_q[i-1];
  end

  // ---------------------------------------------------------------- 2, 3: r, u
  logic signed [SigmaBits-1:0] r_q, u_q;

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.sigma_shift), .Index(Cell.sigma_index), .Width(SigmaBits),
    .File(SigmaFile)
  ) u_r (.clk_i, .value_i(zr_q), .data_o(r_q));

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.sigma_shift), .Index(Cell.sigma_index), .Width(SigmaBits),
    .File(SigmaFile)
  ) u_u (.clk_i, .value_i(zu_q), .data_o(u_q));

  // ---------------------------------------------------------------- 4, 5: the reset state
  logic signed [ResetBits-1:0] reset_q;
  logic [HBits-1:0]            reset_rounded, m_q;

  hw_round_clamp #(
    .InBits(ResetBits), .Shift(Cell.reset_shift), .HalfUp(Cell.half_up), .Low(HLow), .High(HHigh),
    .OutBits(HBits)
  ) u_m (.value_i(reset_q), .result_o(reset_rounded));

  always_ff @(posedge clk_i) begin
    reset_q <= ResetBits'(r_q) * ResetBits'(h_q[2]);
    m_q <= reset_rounded;
  end

  assign m_o = m_q;

  // ---------------------------------------------------------------- u, from phase to phase
  logic [SigmaBits-1:0]        u_mem [1 << UnitAddress];
  logic signed [SigmaBits-1:0] kept_u_q [4];

  always_ff @(posedge clk_i) begin
    if (valid_q[2]) u_mem[UnitAddress'(tag_q[2])] <= u_q;
  end

  always_ff @(posedge clk_i) begin
    kept_u_q[0] <= u_mem[UnitAddress'(tag_i)];
    for (int i = 1; i < 4; i++) kept_u_q[i] <= kept_u_q[i-1];
  end

  // ---------------------------------------------------------------- 2 to 4: the candidate
  logic signed [ZBits-1:0]         v_q;
  logic signed [CandidateBits-1:0] n_q, n_q2;

  always_ff @(posedge clk_i) v_q <= (a_q <<< Cell.n_shift) + b_q;

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.candidate_shift), .Index(Cell.candidate_index),
    .Width(CandidateBits), .File(CandidateFile)
  ) u_n (.clk_i, .value_i(v_q), .data_o(n_q));

  // ---------------------------------------------------------------- 5 to 8: h
  logic signed [RestBits-1:0] rest_q;
  logic signed [ZBits-1:0]    new_q, kept_q, kept_q2, sum_q;
  logic [HBits-1:0]           rounded, rounded_q;

  hw_round_clamp #(
    .InBits(ZBits), .Shift(Cell.c_shift), .HalfUp(Cell.half_up), .Low(HLow), .High(HHigh),
    .OutBits(HBits)
  ) u_h (.value_i(sum_q), .result_o(rounded));

  always_ff @(posedge clk_i) begin
    // 5
    rest_q <= RestBits'(One) - RestBits'(kept_u_q[3]);
    kept_q <= ZBits'(kept_u_q[3]) * ZBits'(h_q[3]);
    n_q2 <= n_q;
    // 6
    new_q <= ZBits'(rest_q) * ZBits'(n_q2);
    kept_q2 <= kept_q;
    // 7, 8
    sum_q <= (new_q <<< Cell.input_shift) + (kept_q2 <<< Cell.forget_shift);
    rounded_q <= rounded;
  end

  assign h_o = rounded_q;

endmodule

`default_nettype wire
