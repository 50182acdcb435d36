// Multiply, add, shift, clamp: y = floor + clamp((x * M + B) >> Shift, Low, High) + change.
//
// A lane's constants, from the least significant bit: M (signed, FactorWidth), B (signed,
// BiasWidth), with RowFloor the lane's floor (OutWidth), for each patch of Repair the bits of an
// input (InWidth) and what to add to its result (signed, 2 bits), and with two lines another bias
// (signed, BiasWidth) and the greatest x that it serves (signed, InWidth + 1). With Shared, one row
// serves all lanes. SumWidth must hold x * M + B. Low and High are the outputs' codes as signed
// numbers.
//
// With Split above zero, x is multiplied by the lowest Split bits of M and by the others apart, and
// the sum of the products takes a cycle of its own.
//
// Latency: 2, one more with Clamp, one more with Split, with several groups that of hw_row_rom
// more. A floor or patches need Clamp.

`default_nettype none

module hw_requantize #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned InWidth = 16,
  parameter bit InSigned = 1'b1,
  parameter int unsigned OutWidth = 8,
  parameter int unsigned FactorWidth = 12,
  parameter int unsigned BiasWidth = 20,
  parameter int unsigned SumWidth = 29,
  parameter int unsigned Shift = 14,
  parameter bit Clamp = 1'b1,
  parameter int Low = -128,
  parameter int High = 127,
  parameter bit RowFloor = 1'b0,
  parameter hw_repair_pkg::repair_t Repair = hw_repair_pkg::REPAIR,
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
  parameter bit Later = 1'b0,
  parameter int unsigned Split = 0,
  parameter RowFile = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*InWidth-1:0]  data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  if (Shift >= SumWidth) begin : gen_illegal
    $error("hw_requantize: Shift must be less than SumWidth");
  end
  if ((RowFloor || Repair.patches != 0) && !Clamp) begin : gen_illegal1
    $error("hw_requantize: a floor or patches need Clamp");
  end
  if (Split >= FactorWidth) begin : gen_illegal2
    $error("hw_requantize: Split must leave a bit of the factor");
  end

  localparam int unsigned FirstPatch = FactorWidth + BiasWidth + (RowFloor ? OutWidth : 0);
  localparam int unsigned PatchWidth = InWidth + 2;
  localparam int unsigned Below = FirstPatch + Repair.patches * PatchWidth;
  localparam int unsigned LaneWidth = Below + (Repair.two_lines ? BiasWidth + InWidth + 1 : 0);
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;
  localparam int unsigned Factors = (Split > 0) ? 2 : 1;  // cycles of the product
  localparam int unsigned RowStages = (Groups > 1) ? (Later ? 2 : 1) : 0;
  localparam int unsigned Stages = 1 + Factors + (Clamp ? 1 : 0) + RowStages;

  logic [Parallel*InWidth-1:0]  data;
  logic [RowWidth-1:0]          row;
  logic [Parallel*OutWidth-1:0] result_q;

  hw_row_rom #(
    .Groups(Groups),
    .RowWidth(RowWidth),
    .DataWidth(Parallel * InWidth),
    .Later(Later),
    .RowFile(RowFile)
  ) u_rows (
    .clk_i,
    .rst_ni,
    .valid_i,
    .data_i,
    .data_o(data),
    .row_o(row)
  );

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [LaneWidth-1:0] constants;
    logic signed [InWidth:0] x;
    logic signed [FactorWidth-1:0] factor;
    logic signed [SumWidth-1:0] product_q;
    logic signed [BiasWidth-1:0] bias, bias_q;
    logic [OutWidth-1:0] offset;

    assign constants = row[(Shared ? 0 : lane)*LaneWidth +: LaneWidth];
    assign x = {InSigned && data[lane*InWidth+InWidth-1], data[lane*InWidth +: InWidth]};
    assign factor = constants[FactorWidth-1:0];
    if (Repair.two_lines) begin : gen_two_lines
      logic signed [InWidth:0] pivot;

      assign pivot = constants[Below+BiasWidth +: InWidth+1];
      assign bias = constants[((x <= pivot) ? Below : FactorWidth) +: BiasWidth];
    end else begin : gen_one_line
      assign bias = constants[FactorWidth +: BiasWidth];
    end
    if (Split > 0) begin : gen_two_products
      logic signed [SumWidth-1:0] low_q, high_q;
      logic signed [BiasWidth-1:0] early_bias_q;
      logic [Split-1:0] low;
      logic signed [FactorWidth-Split-1:0] high;

      assign low = factor[Split-1:0];
      assign high = factor[FactorWidth-1:Split];
      always_ff @(posedge clk_i) begin
        low_q <= SumWidth'(x) * SumWidth'($signed({1'b0, low}));
        high_q <= SumWidth'(x) * SumWidth'(high);
        early_bias_q <= bias;
        product_q <= low_q + (high_q << Split);
        bias_q <= early_bias_q;
      end
    end else begin : gen_product
      always_ff @(posedge clk_i) begin
        product_q <= SumWidth'(x) * SumWidth'(factor);
        bias_q <= bias;
      end
    end

    // What is added behind the clamp travels beside the product and the sum.
    if (RowFloor || Repair.patches > 0) begin : gen_offset
      logic [OutWidth-1:0] floor;
      logic [OutWidth-1:0] sum;
      logic [(1+Factors)*OutWidth-1:0] sum_q;
      if (RowFloor) begin : gen_floor
        assign floor = constants[FactorWidth + BiasWidth +: OutWidth];
      end else begin : gen_no_floor
        assign floor = '0;
      end
      always_comb begin
        sum = floor;
        for (int unsigned p = 0; p < Repair.patches; p++) begin
          if (constants[FirstPatch + p*PatchWidth +: InWidth] == x[InWidth-1:0]) begin
            sum = sum + OutWidth'($signed(constants[FirstPatch + p*PatchWidth + InWidth +: 2]));
          end
        end
      end
      always_ff @(posedge clk_i) sum_q <= {sum_q[Factors*OutWidth-1:0], sum};
      assign offset = sum_q[(1+Factors)*OutWidth-1 -: OutWidth];
    end else begin : gen_no_offset
      assign offset = '0;
    end

    hw_shift_clamp #(
      .SumWidth(SumWidth),
      .Shift(Shift),
      .Clamp(Clamp),
      .Low(Low),
      .High(High),
      .OutWidth(OutWidth)
    ) u_clamp (
      .clk_i,
      .sum_i(product_q + SumWidth'(bias_q)),
      .offset_i(offset),
      .result_o(result_q[lane*OutWidth +: OutWidth])
    );
  end

  hw_valid_pipe #(.Stages(Stages)) u_valid (
    .clk_i,
    .rst_ni,
    .valid_i,
    .valid_o
  );
  hw_tail_mask #(
    .Parallel(Parallel),
    .Width(OutWidth),
    .Words(Words),
    .Tail(Tail)
  ) u_mask (
    .clk_i,
    .rst_ni,
    .valid_i(valid_o),
    .data_i(result_q),
    .data_o
  );

endmodule

`default_nettype wire
