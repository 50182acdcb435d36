// Matrix-vector product with constant weights, folded onto Pe rows x Simd columns of lanes.
//
// A vector of FanIn elements arrives as Steps words of Simd elements. During the first fold each
// step takes one word and keeps it; the following Folds - 1 folds replay the kept words. The last
// step of every fold starts one output word of Pe sums, so a vector takes Folds * Steps cycles and
// vectors follow each other without a gap. Vector v uses weight set v mod Groups; row
// (set * Folds + fold) * Steps + step of the weight memory holds lane (p, s) at p * Simd + s.
//
// Handshake: in0 by valid/ready; a word is started only while out_ok_i is high, nothing stalls
// behind out_start_o. Latency from out_start_o to out_valid_o: 2 cycles (operands, accumulator)
// and that of hw_dot. With registers in Sums, what memories give passes another one (one cycle
// more), so that no cycle has a memory and logic behind it; with two, hw_dot adds two numbers per
// cycle; with three, products of Multiply pass another register.
//
// A sum starts from the constant part of its dot product (see hw_dot): from Start, or with
// StartBits above zero from row (set * Folds + fold) of the start memory, where lane p is at p.
// With doubled in Sums, the sums of hw_dot count twice.
//
// With external in Sums there is no weight memory: its rows come in as a stream that begins anew
// behind the last one, and a row that is wanted (weights_ready_o) and not there is a gap.
//
// With code bits in Sums, a weight is stored as a place in the code book; see hw_codebook, which
// stands behind the weight memory and in front of a register there. With a made register in Sums
// there is no weight memory: it makes single bits, as MadeRows say; see hw_weights.
//
// Only in the last fold may fewer rows than Pe be meaningful. Lanes from KeptLanes on, whose
// weights can not be zero, are cleared then.

`default_nettype none

module hw_matvec #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter int unsigned Folds = 1,
  parameter int unsigned Steps = 1,
  parameter int unsigned Groups = 1,
  parameter int unsigned KeptLanes = 1,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter hw_sums_pkg::sums_t Sums = hw_sums_pkg::SUMS,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter int unsigned OutBits = 4,
  parameter int          Start = 0,
  parameter int unsigned StartBits = 0,
  parameter WeightFile = "",
  parameter CodeFile = "",
  parameter StartFile = "",
  parameter MadeRows = 1'b0,
  localparam int unsigned StoredBits = (Sums.code_bits > 0) ? Sums.code_bits : WBits
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,

  input  wire logic                  in0_valid_i,
  output logic                       in0_ready_o,
  input  wire logic [Simd*XBits-1:0] in0_data_i,

  // Rows of weights, if they are external
  input  wire logic                          weights_valid_i,
  output logic                               weights_ready_o,
  input  wire logic [Pe*Simd*StoredBits-1:0] weights_data_i,

  input  wire logic                  out_ok_i,
  output logic                       out_start_o,
  output logic                       out_valid_o,
  output logic      [Pe*OutBits-1:0] out_data_o
);

  localparam int unsigned Group = Sums.group;
  localparam int unsigned Registers = Sums.registers;
  localparam int unsigned Pack = Sums.pack;
  localparam bit External = Sums.external;
  localparam int unsigned SumBits = Sums.sum_bits;

  if (Pe < 1 || Simd < 1 || Folds < 1 || Steps < 1 || Groups < 1 || Group < 1) begin : gen_illegal
    $error("hw_matvec: Pe, Simd, Folds, Steps, Groups and groups of sums must be at least 1");
  end
  if (KeptLanes < 1 || KeptLanes > Pe) begin : gen_illegal1
    $error("hw_matvec: between 1 and Pe lanes are kept");
  end
  if (Registers > 3) begin : gen_illegal2
    $error("hw_matvec: at most three registers more");
  end

  localparam int unsigned Operands = (Registers > 0) ? 2 : 1;
  localparam int unsigned Radix = (Registers > 1 && Pack == 1) ? 2 : 4;
  // Products that multipliers make wait a cycle.
  localparam bit Later = Registers > 2 && Pack == 1 && Encoding == hw_encoding_pkg::Multiply;

  localparam int unsigned Depth = Groups * Folds * Steps;
  localparam int unsigned StepBits = (Steps > 1) ? $clog2(Steps) : 1;
  localparam int unsigned FoldBits = (Folds > 1) ? $clog2(Folds) : 1;
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1;

  // ---- Control: which step of which fold, and whether it happens in this cycle ----

  logic [StepBits-1:0] step_q;
  logic [FoldBits-1:0] unused_fold;
  logic [AddressBits-1:0] addr_q;
  logic first_step, last_step, first_fold, last_fold, wanted, fire;

  hw_wrap_ends #(.Count(Steps)) i_step (
    .clk_i, .rst_ni, .step_i(fire), .count_o(step_q), .first_o(first_step), .last_o(last_step)
  );
  hw_wrap_ends #(.Count(Folds)) i_fold (
    .clk_i, .rst_ni, .step_i(out_start_o), .count_o(unused_fold), .first_o(first_fold),
    .last_o(last_fold)
  );

  assign wanted = (!first_fold || in0_valid_i) && (!last_step || out_ok_i);
  assign fire = wanted && (!External || weights_valid_i);
  assign in0_ready_o = fire && first_fold;
  assign out_start_o = fire && last_step;
  assign weights_ready_o = External && wanted;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) addr_q <= '0;
    else if (fire) addr_q <= (addr_q == AddressBits'(Depth - 1)) ? '0 : addr_q + 1'b1;
  end

  // ---- Operands ----

  logic [Pe*Simd*StoredBits-1:0] stored;
  logic [Pe*Simd*WBits-1:0] weights;
  logic [Simd*XBits-1:0] x_q;

  hw_weights #(
    .Width(Pe*Simd*StoredBits), .Depth(Depth), .AddressBits(AddressBits), .Steps(Steps),
    .External(External), .WeightFile(WeightFile), .Length(Sums.made), .RowsBits($bits(MadeRows)),
    .Rows(MadeRows)
  ) i_weights (.clk_i, .addr_i(addr_q), .row_i(weights_data_i), .data_o(stored));

  hw_codebook #(
    .Lanes(Pe*Simd), .CodeBits(Sums.code_bits), .Bits(WBits), .CodeFile(CodeFile)
  ) i_codes (.codes_i(stored), .numbers_o(weights));

  if (Folds > 1) begin : gen_replay
    // One port: a word is passed on in the cycle in which it is written.
    logic [Simd*XBits-1:0] kept [Steps];

    always_ff @(posedge clk_i) begin
      if (first_fold) begin
        kept[step_q] <= in0_data_i;
        x_q <= in0_data_i;
      end else begin
        x_q <= kept[step_q];
      end
    end
  end else begin : gen_pass
    logic unused_step;
    assign unused_step = &{1'b0, step_q};
    always_ff @(posedge clk_i) x_q <= in0_data_i;
  end

  logic [Pe*Simd*WBits-1:0] w_operands;
  logic [Simd*XBits-1:0] x_operands;

  if (Operands > 1) begin : gen_later
    always_ff @(posedge clk_i) x_operands <= x_q;
    if (Depth > 1 || External) begin : gen_weights
      always_ff @(posedge clk_i) w_operands <= weights;
    end else begin : gen_constant
      assign w_operands = weights;
    end
  end else begin : gen_now
    assign x_operands = x_q;
    assign w_operands = weights;
  end

  // ---- Dot products, with the flags of their step travelling alongside ----

  // Of hw_dot: first sums, then a stage for every Radix that are left, and one with packed rows.
  localparam int unsigned Levels = $clog2((Simd + Group - 1) / Group);
  localparam int unsigned RowStages =  // sums of rows, and where there are many, of four of them
      (Encoding != hw_encoding_pkg::SeparableSums) ? 0 : (WBits > 7) ? 2 : 1;
  localparam int unsigned DotStages =
      1 + ((Radix == 2) ? Levels : (Levels + 1) / 2) + ((Pack > 1 || Later) ? 1 : 0) + RowStages;
  localparam int unsigned Delay = DotStages + Operands;
  logic [Pe*SumBits-1:0] sum;
  logic [Delay-1:0] valid_q, first_q, last_q, ragged_q;

  hw_dot #(
    .Encoding(Encoding), .Rows(Pe), .Vectors(1), .Terms(Simd), .Group(Group), .Radix(Radix),
    .Pack(Pack), .Later(Later), .Overlap(Sums.overlap), .WBits(WBits), .WSigned(WSigned),
    .XBits(XBits), .XSigned(XSigned), .ProductBits(ProductBits), .SumBits(SumBits)
  ) i_dot (
    .clk_i, .w_i(w_operands), .x_i(x_operands), .sum_o(sum)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Delay-2:0], fire};
    first_q <= {first_q[Delay-2:0], first_step};
    last_q <= {last_q[Delay-2:0], last_step};
    ragged_q <= {ragged_q[Delay-2:0], last_fold};
  end

  // ---- Accumulators ----

  // A start memory is read one cycle before a fold's first sum arrives, or two.
  localparam int unsigned StartDepth = Groups * Folds;
  localparam int unsigned StartAddressBits = (StartDepth > 1) ? $clog2(StartDepth) : 1;
  logic [Pe*OutBits-1:0] start;

  if (StartBits > 0) begin : gen_starts
    logic [StartAddressBits-1:0] start_addr_q;
    logic [Pe*StartBits-1:0] start_row, start_operands;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) start_addr_q <= '0;
      else if (valid_q[Delay-1-Operands] && last_q[Delay-1-Operands]) begin
        start_addr_q <= (start_addr_q == StartAddressBits'(StartDepth - 1))
            ? '0 : start_addr_q + 1'b1;
      end
    end

    hw_weight_rom #(
      .Width(Pe*StartBits), .Depth(StartDepth), .AddressBits(StartAddressBits),
      .WeightFile(StartFile)
    ) i_starts (
      .clk_i, .addr_i(start_addr_q), .data_o(start_row)
    );

    if (Operands > 1 && StartDepth > 1) begin : gen_later
      always_ff @(posedge clk_i) start_operands <= start_row;
    end else begin : gen_now
      assign start_operands = start_row;
    end

    always_comb begin
      for (int unsigned p = 0; p < Pe; p++) begin
        start[p*OutBits +: OutBits] = OutBits'($signed(start_operands[p*StartBits +: StartBits]));
      end
    end
  end else begin : gen_constant
    assign start = {Pe{OutBits'(Start)}};
  end

  localparam bit Ragged = KeptLanes < Pe;

  logic [Pe*OutBits-1:0] acc_q;
  logic out_ragged_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) out_valid_o <= 1'b0;
    else out_valid_o <= valid_q[Delay-1] && last_q[Delay-1];
    out_ragged_q <= ragged_q[Delay-1];
    if (valid_q[Delay-1]) begin
      for (int unsigned p = 0; p < Pe; p++) begin
        acc_q[p*OutBits +: OutBits] <=
            (first_q[Delay-1] ? start[p*OutBits +: OutBits] : acc_q[p*OutBits +: OutBits])
            + (OutBits'($signed(sum[p*SumBits +: SumBits])) << Sums.doubled);
      end
    end
  end

  always_comb begin
    for (int unsigned p = 0; p < Pe; p++) begin
      out_data_o[p*OutBits +: OutBits] =
          (Ragged && p >= KeptLanes && out_ragged_q) ? '0 : acc_q[p*OutBits +: OutBits];
    end
  end

endmodule

`default_nettype wire
