// Products of a stream of vectors with matrices that come as another stream, folded onto Pe rows
// x Simd columns of lanes.
//
// The matrices of a frame, one for each of Groups groups, come at input 1 and are kept in one of
// two banks (hw_pair_banks) while the other one is used. Input 0 brings Passes * Groups vectors of
// a frame, as Steps words of Simd elements each; vector v meets matrix v mod Groups. Where a block
// is a whole matrix, Heads of them may stand side by side: words of either input and of the output
// then have as many vectors one behind the other, and there are Groups / Heads of each. During the
// first fold each step takes one word and keeps it; the following Folds - 1 folds replay the kept
// words. The last step of every fold starts one output word of Pe sums. Elements of a last word
// beyond the end of its vector are zero at either input, and so they are at the output.
//
// Handshake: a core with an independent writer, which takes a word of input 1 per cycle while a
// bank is free. The first vector of a frame waits for its matrices; nothing stalls behind
// out_start_o. Latency from out_start_o to out_valid_o: 2 cycles (operands, accumulator) and that
// of hw_dot. With registers in Sums, operands pass another one (one cycle more); with two, hw_dot
// adds two numbers per cycle; with three, products of Multiply pass another register.

`default_nettype none

module hw_pair_matvec #(
  parameter int unsigned Pe = 2,
  parameter int unsigned Simd = 2,
  parameter int unsigned Folds = 2,
  parameter int unsigned Steps = 2,
  parameter int unsigned Groups = 2,
  parameter int unsigned Heads = 1,
  parameter bit          Transposed = 1'b0,
  parameter int unsigned Pixels = 3,
  parameter int unsigned Passes = 2,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter hw_sums_pkg::sums_t Sums = hw_sums_pkg::SUMS,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter int unsigned OutBits = 6,
  localparam int unsigned Lanes1 = Transposed ? Simd : Pe
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,

  input  wire logic                            in0_valid_i,
  output logic                                 in0_ready_o,
  input  wire logic [Heads*Simd*XBits-1:0]     in0_data_i,

  input  wire logic                            in1_valid_i,
  output logic                                 in1_ready_o,
  input  wire logic [Heads*Lanes1*WBits-1:0]   in1_data_i,

  input  wire logic                            out_ok_i,
  output logic                                 out_start_o,
  output logic                                 out_valid_o,
  output logic      [Heads*Pe*OutBits-1:0]     out_data_o
);

  localparam int unsigned Group = Sums.group;
  localparam int unsigned Registers = Sums.registers;
  localparam int unsigned SumBits = Sums.sum_bits;

  if (Passes < 1 || Group < 1 || OutBits < 1) begin : gen_illegal
    $error("hw_pair_matvec: Passes, groups of sums and OutBits must be at least 1");
  end
  if (Registers > 3) begin : gen_illegal1
    $error("hw_pair_matvec: at most three registers more");
  end
  if (Sums.pack != 1 || Sums.code_bits != 0 || Sums.made != 0 || Sums.external)
  begin : gen_illegal2
    $error("hw_pair_matvec: only constant weights share multiplications, have a book or are made");
  end

  if (Heads < 1 || Groups % Heads > 0 || (Heads > 1 && Folds * Steps > 1)) begin : gen_illegal3
    $error("hw_pair_matvec: heads side by side divide the groups, and a block is a whole matrix");
  end

  localparam int unsigned Rows = Heads * Pe;
  localparam int unsigned Operands = (Registers > 0) ? 2 : 1;
  localparam int unsigned Radix = (Registers > 1) ? 2 : 4;
  // Products that multipliers make wait a cycle.
  localparam bit Later = Registers > 2 && Encoding == hw_encoding_pkg::Multiply;

  localparam int unsigned Depth = Groups / Heads * Folds * Steps;
  localparam int unsigned AddressBits = (Depth > 1) ? $clog2(Depth) : 1;
  localparam int unsigned StepBits = (Steps > 1) ? $clog2(Steps) : 1;

  // ---- Control: which step of which fold of which vector, and whether it happens ----

  logic [AddressBits-1:0] addr_q;
  logic [StepBits-1:0] step_q;
  logic full, fire, first_step_q, last_step, first_fold_q, last_fold, last_place, last_pass;

  assign fire = full && (!first_fold_q || in0_valid_i) && (!last_step || out_ok_i);
  assign in0_ready_o = fire && first_fold_q;
  assign out_start_o = fire && last_step;

  hw_wrap #(.Count(Steps)) i_step (.clk_i, .rst_ni, .step_i(fire), .last_o(last_step));
  hw_wrap #(.Count(Folds)) i_fold (
    .clk_i, .rst_ni, .step_i(fire && last_step), .last_o(last_fold)
  );
  hw_wrap #(.Count(Depth)) i_place (.clk_i, .rst_ni, .step_i(fire), .last_o(last_place));
  hw_wrap #(.Count(Passes)) i_pass (
    .clk_i, .rst_ni, .step_i(fire && last_place), .last_o(last_pass)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      addr_q <= '0;
      step_q <= '0;
      first_step_q <= 1'b1;
      first_fold_q <= 1'b1;
    end else if (fire) begin
      addr_q <= last_place ? '0 : addr_q + 1'b1;
      step_q <= last_step ? '0 : step_q + 1'b1;
      first_step_q <= last_step;
      if (last_step) first_fold_q <= last_fold;
    end
  end

  // ---- Operands ----

  logic [Rows*Simd*WBits-1:0] stored, weights, w_operands;
  logic [Heads*Simd*XBits-1:0] x_q, x_operands;

  hw_pair_banks #(
    .Pe(Transposed ? Pe : Rows), .Simd(Transposed ? Heads * Simd : Simd), .Folds(Folds),
    .Steps(Steps), .Groups(Groups / Heads), .Transposed(Transposed), .Pixels(Pixels), .Bits(WBits)
  ) i_banks (
    .clk_i, .rst_ni,
    .in_valid_i(in1_valid_i), .in_ready_o(in1_ready_o), .in_data_i(in1_data_i),
    .full_o(full), .release_i(fire && last_place && last_pass), .addr_i(addr_q),
    .last_block_i(Transposed ? last_fold : last_step), .data_o(stored)
  );

  if (Transposed) begin : gen_heads
    // A row of the banks has that row of every head.
    for (genvar h = 0; h < Heads; h++) begin : gen_head
      for (genvar p = 0; p < Pe; p++) begin : gen_row
        assign weights[(h*Pe + p)*Simd*WBits +: Simd*WBits] =
            stored[(p*Heads + h)*Simd*WBits +: Simd*WBits];
      end
    end
  end else begin : gen_as_stored
    assign weights = stored;
  end

  if (Folds > 1) begin : gen_replay
    // One port: a word is passed on in the cycle in which it is written.
    logic [Heads*Simd*XBits-1:0] kept [Steps];

    always_ff @(posedge clk_i) begin
      if (first_fold_q) begin
        kept[step_q] <= in0_data_i;
        x_q <= in0_data_i;
      end else begin
        x_q <= kept[step_q];
      end
    end
  end else begin : gen_pass
    logic unused;
    assign unused = &{1'b0, step_q};
    always_ff @(posedge clk_i) x_q <= in0_data_i;
  end

  if (Operands > 1) begin : gen_later
    always_ff @(posedge clk_i) begin
      x_operands <= x_q;
      w_operands <= weights;
    end
  end else begin : gen_now
    assign x_operands = x_q;
    assign w_operands = weights;
  end

  // ---- Dot products, with the flags of their step travelling alongside ----

  // Of hw_dot: first sums, and a stage for every Radix that are left.
  localparam int unsigned Levels = $clog2((Simd + Group - 1) / Group);
  localparam int unsigned DotStages =
      1 + ((Radix == 2) ? Levels : (Levels + 1) / 2) + (Later ? 1 : 0);
  localparam int unsigned Delay = DotStages + Operands;
  logic [Rows*SumBits-1:0] sum;
  logic [Delay-1:0] valid_q, first_q, last_q;

  hw_dot #(
    .Encoding(Encoding), .Rows(Rows), .Vectors(Heads), .Terms(Simd), .Group(Group), .Radix(Radix),
    .Later(Later), .WBits(WBits), .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned),
    .ProductBits(ProductBits), .SumBits(SumBits)
  ) i_dot (
    .clk_i, .w_i(w_operands), .x_i(x_operands), .sum_o(sum)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Delay-2:0], fire};
    first_q <= {first_q[Delay-2:0], first_step_q};
    last_q <= {last_q[Delay-2:0], last_step};
  end

  // ---- Accumulators ----

  always_ff @(posedge clk_i) begin
    if (!rst_ni) out_valid_o <= 1'b0;
    else out_valid_o <= valid_q[Delay-1] && last_q[Delay-1];
    if (valid_q[Delay-1]) begin
      for (int unsigned p = 0; p < Rows; p++) begin
        out_data_o[p*OutBits +: OutBits] <=
            (first_q[Delay-1] ? '0 : out_data_o[p*OutBits +: OutBits])
            + OutBits'($signed(sum[p*SumBits +: SumBits]));
      end
    end
  end

endmodule

`default_nettype wire
