// Multiply, add, shift, clamp: y = floor + clamp((x * M + B) >> Shift, Low, High) + change.
//
// A lane's constants, from the least significant bit: M (signed, FactorWidth), B (signed,
// BiasWidth), with RowFloor the lane's floor (OutWidth), for each patch of Repair the bits of an
// input (InWidth) and what to add to its result (signed, 2 bits), and with two lines another bias
// (signed, BiasWidth) and the greatest x that it serves (signed, InWidth + 1). With Shared, one row
// serves all lanes. SumWidth must hold x * M + B. Low and High are the outputs' codes as signed
// numbers.
//
// Cuts are those of x (left) and of M (right), see hw_cut_product. With Later, what a floor and
// patches add is found in two cycles, and added behind the clamp in another one.
//
// Latency: 2, one more with Clamp, for each of the Cuts, with Later and a floor or patches, with
// several groups that of hw_row_rom more. A floor or patches need Clamp.

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
  parameter hw_cuts_pkg::cuts_t Cuts = hw_cuts_pkg::CUTS,
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

  localparam int unsigned FirstPatch = FactorWidth + BiasWidth + (RowFloor ? OutWidth : 0);
  localparam int unsigned PatchWidth = InWidth + 2;
  localparam int unsigned Below = FirstPatch + Repair.patches * PatchWidth;
  localparam int unsigned LaneWidth = Below + (Repair.two_lines ? BiasWidth + InWidth + 1 : 0);
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;
  localparam bit Offset = RowFloor || Repair.patches > 0;
  // Cycles of the product.
  localparam int unsigned Parts = ((Cuts.left > 0) ? 1 : 0) + ((Cuts.right > 0) ? 1 : 0);
  localparam int unsigned Factors = 1 + Parts + (Cuts.later ? 1 : 0);
  localparam int unsigned RowStages = (Groups > 1) ? (Later ? 2 : 1) : 0;
  localparam int unsigned Ends = 1 + (Clamp ? 1 : 0) + ((Later && Offset) ? 1 : 0);
  localparam int unsigned Stages = Factors + Ends + RowStages;
  localparam int unsigned XWidth = InWidth + (InSigned ? 0 : 1);
  localparam int unsigned PivotWidth = InWidth + 1;
  localparam int unsigned BiasesWidth = Factors * BiasWidth;

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
    logic signed [XWidth-1:0] x;
    logic signed [FactorWidth-1:0] factor;
    logic signed [SumWidth-1:0] product_q;
    logic signed [BiasWidth-1:0] bias, bias_q;
    logic [BiasesWidth-1:0] biases_q;
    logic [OutWidth-1:0] offset;

    assign constants = row[(Shared ? 0 : lane)*LaneWidth +: LaneWidth];
    assign x = XWidth'({1'b0, data[lane*InWidth +: InWidth]});
    assign factor = constants[FactorWidth-1:0];
    if (Repair.two_lines) begin : gen_two_lines
      logic signed [PivotWidth-1:0] pivot;

      assign pivot = constants[Below+BiasWidth +: PivotWidth];
      assign bias = constants[((PivotWidth'(x) <= pivot) ? Below : FactorWidth) +: BiasWidth];
    end else begin : gen_one_line
      assign bias = constants[FactorWidth +: BiasWidth];
    end
    hw_cut_product #(
      .LeftWidth(XWidth),
      .RightWidth(FactorWidth),
      .ProductWidth(SumWidth),
      .Cuts(Cuts)
    ) u_product (
      .clk_i,
      .left_i(x),
      .right_i(factor),
      .product_o(product_q)
    );
    always_ff @(posedge clk_i) biases_q <= BiasesWidth'({biases_q, bias});
    assign bias_q = biases_q[BiasesWidth-1 -: BiasWidth];

    // What is added behind the clamp travels beside the product and the sum.
    if (Offset) begin : gen_offset
      localparam int unsigned Patches = (Repair.patches > 0) ? Repair.patches : 1;
      localparam int unsigned OffsetsWidth = (1 + Factors) * OutWidth;

      logic [2*Patches-1:0] found, change;
      logic [OutWidth-1:0] given, floor, sum;
      logic [OffsetsWidth-1:0] sum_q;

      if (RowFloor) begin : gen_floor
        assign given = constants[FactorWidth + BiasWidth +: OutWidth];
      end else begin : gen_no_floor
        assign given = '0;
      end
      always_comb begin
        found = '0;
        for (int unsigned p = 0; p < Repair.patches; p++) begin
          if (constants[FirstPatch + p*PatchWidth +: InWidth] == x[InWidth-1:0]) begin
            found[2*p +: 2] = constants[FirstPatch + p*PatchWidth + InWidth +: 2];
          end
        end
      end
      if (Later) begin : gen_found
        always_ff @(posedge clk_i) begin
          change <= found;
          floor <= given;
        end
      end else begin : gen_at_once
        assign change = found;
        assign floor = given;
      end
      always_comb begin
        sum = floor;
        for (int unsigned p = 0; p < Repair.patches; p++) begin
          sum = sum + OutWidth'($signed(change[2*p +: 2]));
        end
      end
      always_ff @(posedge clk_i) sum_q <= OffsetsWidth'({sum_q, sum});
      assign offset = sum_q[OffsetsWidth-1 -: OutWidth];
    end else begin : gen_no_offset
      assign offset = '0;
    end

    hw_shift_clamp #(
      .SumWidth(SumWidth),
      .Shift(Shift),
      .Clamp(Clamp),
      .Low(Low),
      .High(High),
      .Apart(Later && Offset),
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
