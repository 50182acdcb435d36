// Multiply, add, shift, clamp, and correct: y = floor + level - late, where
// level = clamp((x * M + B) >> Shift, 0, Steps), and late is 1 at the first x of a level whose bit
// {group, level} is set: there the staircase rises one value of x later than the line says.
//
// A lane's constants, from the least significant bit: M (signed, never negative, FactorWidth),
// B (signed, BiasWidth), with RowFloor the lane's floor (OutWidth); without it, Low is the floor.
// With Shared, one row serves all lanes. SumWidth must hold x * M + B, and Steps << Shift. Cuts are
// those of x (left) and of M (right), see hw_cut_product. With Later, the bit that was read has a
// register, too.
//
// Latency: 4, one more with Later and for each of the Cuts, with several groups that of hw_row_rom
// more.

`default_nettype none

module hw_late_requantize #(
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
  parameter int unsigned Steps = 255,
  parameter int Low = -128,
  parameter bit RowFloor = 1'b0,
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
  parameter bit Later = 1'b0,
  parameter hw_cuts_pkg::cuts_t Cuts = hw_cuts_pkg::CUTS,
  parameter RowFile = "",
  parameter LateFile = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*InWidth-1:0]  data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  if (Steps < 1 || SumWidth < Shift + $clog2(Steps + 1) + 1) begin : gen_illegal
    $error("hw_late_requantize: SumWidth must hold Steps << Shift, and Steps be at least 1");
  end

  localparam int unsigned LaneWidth = FactorWidth + BiasWidth + (RowFloor ? OutWidth : 0);
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int unsigned LevelBits = $clog2(Steps + 1);
  localparam int unsigned ValueWidth = SumWidth - Shift;
  localparam int unsigned Depth = Groups << LevelBits;
  localparam int unsigned AddressBits = $clog2(Depth);
  // Cycles of the product.
  localparam int unsigned Parts = ((Cuts.left > 0) ? 1 : 0) + ((Cuts.right > 0) ? 1 : 0);
  localparam int unsigned Factors = 1 + Parts + (Cuts.later ? 1 : 0);
  localparam int unsigned ToLevel = Factors + 1 + ((Groups > 1) ? (Later ? 2 : 1) : 0);
  localparam int unsigned XWidth = InWidth + (InSigned ? 0 : 1);
  localparam int unsigned BiasesWidth = Factors * BiasWidth;
  localparam int unsigned FactorsWidth = (1 + Factors) * FactorWidth;

  logic [Parallel*InWidth-1:0]  data;
  logic [RowWidth-1:0]          row;
  logic [Parallel*OutWidth-1:0] result_q;
  logic [GroupBits-1:0]         group;
  logic                         level_valid;

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

  // Counts words once more where their levels are known.
  hw_valid_pipe #(.Stages(ToLevel)) u_level_valid (
    .clk_i,
    .rst_ni,
    .valid_i,
    .valid_o(level_valid)
  );
  hw_group_counter #(.Groups(Groups)) u_group (
    .clk_i,
    .rst_ni,
    .step_i(level_valid),
    .group_o(group)
  );

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [LaneWidth-1:0] constants;
    logic signed [XWidth-1:0] x;
    logic signed [FactorWidth-1:0] factor, step_q;
    logic signed [BiasWidth-1:0] bias_q;
    logic [BiasesWidth-1:0] biases_q;
    logic [FactorsWidth-1:0] factors_q;
    logic signed [SumWidth-1:0] product_q, sum_q;
    logic [ValueWidth-1:0] value;
    logic [SumWidth-1:0] rest;
    logic [LevelBits-1:0] level, level_q;
    logic above, below, first_q, late;
    logic [OutWidth-1:0] floor;

    assign constants = row[(Shared ? 0 : lane)*LaneWidth +: LaneWidth];
    assign x = XWidth'({1'b0, data[lane*InWidth +: InWidth]});
    assign factor = constants[FactorWidth-1:0];
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
    always_ff @(posedge clk_i) begin
      biases_q <= BiasesWidth'({biases_q, constants[FactorWidth +: BiasWidth]});
      factors_q <= FactorsWidth'({factors_q, factor});
      sum_q <= product_q + SumWidth'(bias_q);
    end
    assign bias_q = biases_q[BiasesWidth-1 -: BiasWidth];
    assign step_q = factors_q[FactorsWidth-1 -: FactorWidth];

    // The level, and whether the value of x before this one has a smaller one.
    assign value = ValueWidth'(sum_q >>> Shift);
    assign rest = sum_q & ((SumWidth'(1) << Shift) - SumWidth'(1));
    assign below = value[ValueWidth-1];
    assign above = !below && (value > ValueWidth'(Steps));
    always_comb begin
      level = value[LevelBits-1:0];
      if (below) level = '0;
      if (above) level = LevelBits'(Steps);
    end
    hw_slice_rom #(
      .Depth(Depth),
      .Width(1),
      .Slices(Shared ? 1 : Parallel),
      .Slice(Shared ? 0 : lane),
      .File(LateFile)
    ) u_late (
      .clk_i,
      .addr_i((AddressBits'(group) << LevelBits) | AddressBits'(level)),
      .data_o(late)
    );
    always_ff @(posedge clk_i) begin
      level_q <= level;
      first_q <= !above && (rest < SumWidth'(step_q));
    end

    if (RowFloor) begin : gen_floor
      localparam int unsigned FloorsWidth = (2 + Factors) * OutWidth;
      logic [FloorsWidth-1:0] floor_q;
      always_ff @(posedge clk_i) begin
        floor_q <= FloorsWidth'({floor_q, constants[FactorWidth + BiasWidth +: OutWidth]});
      end
      assign floor = floor_q[FloorsWidth-1 -: OutWidth];
    end else begin : gen_low
      assign floor = OutWidth'(Low);
    end
    if (Later) begin : gen_later
      logic [OutWidth-1:0] raised_q;
      logic late_q, still_first_q;
      always_ff @(posedge clk_i) begin
        raised_q <= floor + OutWidth'(level_q);
        late_q <= late;
        still_first_q <= first_q;
        result_q[lane*OutWidth +: OutWidth] <= raised_q - OutWidth'(late_q && still_first_q);
      end
    end else begin : gen_at_once
      always_ff @(posedge clk_i) begin
        result_q[lane*OutWidth +: OutWidth] <=
            floor + OutWidth'(level_q) - OutWidth'(late && first_q);
      end
    end
  end

  hw_valid_pipe #(.Stages(ToLevel + (Later ? 3 : 2))) u_valid (
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
