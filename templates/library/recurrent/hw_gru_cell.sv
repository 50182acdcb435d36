// The element-wise part of a GRU whose reset gate acts after the matrix: from four sums to h.
//
// A pipeline that takes a unit per cycle. Sums and biases are r, u, the candidate's input part a,
// and its recurrent part b, element 0 lowest:
//
//   r = sigma[z_r], u = sigma[z_u], n = candidate[(a << n_shift) + r * b],
//   h = round(((one - u) * n << input_shift) + (u * h_i << forget_shift), c_shift)
//
// Latency: 12.

`default_nettype none

module hw_gru_cell #(
  parameter hw_rnn_cell_pkg::cell_t Cell = hw_rnn_cell_pkg::CELL,
  parameter int unsigned TagBits = 1,
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
  input  wire logic [TagBits-1:0]    tag_i,
  input  wire logic [4*ZBits-1:0]    z_i,
  input  wire logic [4*BiasBits-1:0] bias_i,
  input  wire logic [HBits-1:0]      h_i,
  output logic                       valid_o,
  output logic      [TagBits-1:0]    tag_o,
  output logic      [HBits-1:0]      h_o
);

  if (Cell.sigma_index < 1 || Cell.candidate_index < 1 || HLow > HHigh) begin : gen_illegal
    $error("hw_gru_cell: tables have two elements or more, and HLow is at most HHigh");
  end

  localparam int unsigned Stages = 12;
  localparam int unsigned RestBits = (ZBits < 33) ? ZBits : 33;  // of One - u

  logic [TagBits-1:0] tag_q [Stages];

  hw_valid_pipe #(.Stages(Stages)) u_valid (.clk_i, .rst_ni, .valid_i, .valid_o);

  always_ff @(posedge clk_i) begin
    tag_q[0] <= tag_i;
    for (int i = 1; i < Stages; i++) tag_q[i] <= tag_q[i-1];
  end

  assign tag_o = tag_q[Stages-1];

  // ---------------------------------------------------------------- 1: biases
  logic signed [ZBits-1:0] zr_q, zu_q;
  logic signed [ZBits-1:0] a_q [4];
  logic signed [ZBits-1:0] b_q [3];
  logic signed [HBits-1:0] h_q [7];

  always_ff @(posedge clk_i) begin
    zr_q <= $signed(z_i[0*ZBits +: ZBits]) + ZBits'($signed(bias_i[0*BiasBits +: BiasBits]));
    zu_q <= $signed(z_i[1*ZBits +: ZBits]) + ZBits'($signed(bias_i[1*BiasBits +: BiasBits]));
    a_q[0] <= $signed(z_i[2*ZBits +: ZBits]) + ZBits'($signed(bias_i[2*BiasBits +: BiasBits]));
    b_q[0] <= $signed(z_i[3*ZBits +: ZBits]) + ZBits'($signed(bias_i[3*BiasBits +: BiasBits]));
    h_q[0] <= $signed(h_i);
    for (int i = 1; i < 4; i++) a_q[i] <= a_q[i-1];
    for (int i = 1; i < 3; i++) b_q[i] <= b_q[i-1];
    for (int i = 1; i < 7; i++) h_q[i] <= h_q[i-1];
  end

  // ---------------------------------------------------------------- 2, 3: r, u
  logic signed [SigmaBits-1:0] r_q, u_q;
  logic signed [SigmaBits-1:0] u_q2 [4];

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.sigma_shift), .Index(Cell.sigma_index), .Width(SigmaBits),
    .File(SigmaFile)
  ) u_r (.clk_i, .value_i(zr_q), .data_o(r_q));

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.sigma_shift), .Index(Cell.sigma_index), .Width(SigmaBits),
    .File(SigmaFile)
  ) u_u (.clk_i, .value_i(zu_q), .data_o(u_q));

  // ---------------------------------------------------------------- 4, 5: the candidate's sum
  logic signed [ZBits-1:0] reset_q, v_q;

  always_ff @(posedge clk_i) begin
    reset_q <= ZBits'(r_q) * b_q[2];
    v_q <= (a_q[3] <<< Cell.n_shift) + reset_q;
    u_q2[0] <= u_q;
    for (int i = 1; i < 4; i++) u_q2[i] <= u_q2[i-1];
  end

  // ---------------------------------------------------------------- 6, 7: the candidate
  logic signed [CandidateBits-1:0] n_q, n_q2;

  hw_rnn_table #(
    .ZBits(ZBits), .Shift(Cell.candidate_shift), .Index(Cell.candidate_index),
    .Width(CandidateBits), .File(CandidateFile)
  ) u_n (.clk_i, .value_i(v_q), .data_o(n_q));

  // ---------------------------------------------------------------- 8 to 12: h
  logic signed [RestBits-1:0] rest_q;
  logic signed [ZBits-1:0]    new_q, kept_q, kept_q2, sum_q;
  logic [HBits-1:0]           rounded;

  hw_round_clamp #(
    .InBits(ZBits), .Shift(Cell.c_shift), .HalfUp(Cell.half_up), .Low(HLow), .High(HHigh),
    .OutBits(HBits)
  ) u_h (.value_i(sum_q), .result_o(rounded));

  always_ff @(posedge clk_i) begin
    // 8
    rest_q <= RestBits'(One) - RestBits'(u_q2[3]);
    kept_q <= ZBits'(u_q2[3]) * ZBits'(h_q[6]);
    n_q2 <= n_q;
    // 9
    new_q <= ZBits'(rest_q) * ZBits'(n_q2);
    kept_q2 <= kept_q;
    // 10
    sum_q <= (new_q <<< Cell.input_shift) + (kept_q2 <<< Cell.forget_shift);
  end

  // 11, 12
  logic [HBits-1:0] rounded_q, rounded_q2;

  always_ff @(posedge clk_i) begin
    rounded_q <= rounded;
    rounded_q2 <= rounded_q;
  end

  assign h_o = rounded_q2;

endmodule

`default_nettype wire
