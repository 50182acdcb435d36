// Another fixed-point format: y = fit(round((x << Left) + B) >> Right).
//
// A lane's constants, from the least significant bit: B (signed, BiasWidth); ones at the digits
// that are rounded away (MaskWidth); to wrap, ones at the digits that are kept (OutWidth) and a bit
// that says whether the highest of these is a sign; to saturate or for zero, the least and the
// greatest result (signed, OutWidth + 1 bits each). With Shared, one row serves all lanes. Without
// Bias, B is zero in every row. SumWidth must hold every sum with its sign.
//
// Latency: 1, one more each with Bias, with a rounding that is not Constant, and with several
// groups, two with Later (see hw_row_rom).

`default_nettype none

module hw_cast #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned InWidth = 8,
  parameter bit InSigned = 1'b1,
  parameter int unsigned OutWidth = 4,
  parameter int unsigned BiasWidth = 5,
  parameter int unsigned MaskWidth = 3,
  parameter int unsigned SumWidth = 10,
  parameter int unsigned Left = 0,
  parameter int unsigned Right = 3,
  parameter bit Bias = 1'b1,
  parameter hw_cast_rounding_pkg::cast_rounding_e Rounding = hw_cast_rounding_pkg::TiesToEven,
  parameter hw_cast_fit_pkg::cast_fit_e Fit = hw_cast_fit_pkg::Saturate,
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
  parameter bit Later = 1'b0,
  parameter RowFile = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*InWidth-1:0]  data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  if (Right >= SumWidth || MaskWidth >= SumWidth || BiasWidth > SumWidth) begin : gen_illegal
    $error("hw_cast: SumWidth must be more than Right and MaskWidth, and hold the bias");
  end

  localparam bit Wraps = Fit == hw_cast_fit_pkg::Wrap;
  localparam bit Limits = Fit == hw_cast_fit_pkg::Saturate || Fit == hw_cast_fit_pkg::Zero;
  localparam int unsigned FitWidth = Wraps ? OutWidth + 1 : (Limits ? 2 * OutWidth + 2 : 0);
  localparam int unsigned LaneWidth = BiasWidth + MaskWidth + FitWidth;
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;
  localparam bit Rounds = Rounding != hw_cast_rounding_pkg::Constant;
  localparam int unsigned RowStages = (Groups > 1) ? (Later ? 2 : 1) : 0;
  localparam int unsigned Stages = 1 + (Bias ? 1 : 0) + (Rounds ? 1 : 0) + RowStages;
  // Wide enough for the shifted sum, for both limits, and for the result.
  localparam int unsigned ShiftedWidth = SumWidth - Right;
  localparam int unsigned ValueWidth =
      (ShiftedWidth > OutWidth + 1) ? ShiftedWidth : OutWidth + 1;

  logic [Parallel*InWidth-1:0]  data;
  logic [RowWidth-1:0]          row;
  logic [RowWidth-1:0]          biased_row;
  logic [RowWidth-1:0]          rounded_row;
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

  // A row travels beside its word; one row for ever stands still.
  if (Bias && Groups > 1) begin : gen_biased_row
    always_ff @(posedge clk_i) biased_row <= row;
  end else begin : gen_no_biased_row
    assign biased_row = row;
  end
  if (Rounds && Groups > 1) begin : gen_rounded_row
    always_ff @(posedge clk_i) rounded_row <= biased_row;
  end else begin : gen_no_rounded_row
    assign rounded_row = biased_row;
  end

  // Its bias has done its work.
  logic unused_row;
  assign unused_row = &{1'b0, rounded_row};

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    localparam int unsigned First = (Shared ? 0 : lane) * LaneWidth;

    logic signed [InWidth:0] x;
    logic signed [SumWidth-1:0] wide;
    logic signed [SumWidth-1:0] biased;
    logic signed [SumWidth-1:0] rounded;
    logic signed [SumWidth-1:0] masked;
    logic signed [ValueWidth-1:0] value;
    logic [MaskWidth-1:0] kept_mask;
    logic [OutWidth-1:0] result;

    assign x = {InSigned && data[lane*InWidth+InWidth-1], data[lane*InWidth +: InWidth]};
    assign wide = SumWidth'(x) <<< Left;

    if (Bias) begin : gen_bias
      logic signed [BiasWidth-1:0] bias;
      assign bias = row[First +: BiasWidth];
      always_ff @(posedge clk_i) biased <= wide + SumWidth'(bias);
    end else begin : gen_no_bias
      logic unused_bias;
      assign unused_bias = &{1'b0, row[First +: BiasWidth]};
      assign biased = wide;
    end

    if (Rounds) begin : gen_round
      logic [MaskWidth-1:0] mask;
      logic [MaskWidth:0] half;
      logic [MaskWidth:0] below;
      logic [MaskWidth:0] step;
      logic [MaskWidth:0] added;
      logic negative;

      assign mask = biased_row[First+BiasWidth +: MaskWidth];
      assign below = {1'b0, mask >> 1};
      assign half = {1'b0, mask ^ (mask >> 1)};
      assign step = {mask, 1'b1} ^ {1'b0, mask};
      assign negative = biased[SumWidth-1];
      always_comb begin
        unique case (Rounding)
          hw_cast_rounding_pkg::TowardsZero: added = negative ? {1'b0, mask} : '0;
          hw_cast_rounding_pkg::TiesAway: added = negative ? below : half;
          hw_cast_rounding_pkg::TiesToZero: added = negative ? half : below;
          default: begin
            added = below;
            if (mask[0] && (biased[MaskWidth:0] & step) != '0) added = half;
          end
        endcase
      end
      always_ff @(posedge clk_i) rounded <= biased + $signed(SumWidth'(added));
    end else begin : gen_no_round
      assign rounded = biased;
    end

    assign kept_mask = ~rounded_row[First+BiasWidth +: MaskWidth];
    assign masked = {rounded[SumWidth-1:MaskWidth], rounded[MaskWidth-1:0] & kept_mask};
    assign value = ValueWidth'($signed(masked[SumWidth-1:Right]));
    // The digits behind the point are cut off.
    logic unused_low;
    assign unused_low = &{1'b0, masked};

    if (Wraps) begin : gen_wrap
      logic [OutWidth-1:0] keep;
      logic [OutWidth-1:0] top;
      logic negative;
      logic unused_high;

      assign keep = rounded_row[First+BiasWidth+MaskWidth +: OutWidth];
      assign top = keep ^ (keep >> 1);
      assign negative = rounded_row[First+LaneWidth-1] && (value[OutWidth-1:0] & top) != '0;
      assign result = negative ? (value[OutWidth-1:0] | ~keep) : (value[OutWidth-1:0] & keep);
      assign unused_high = &{1'b0, value};
    end else if (Limits) begin : gen_limits
      logic signed [OutWidth:0] low;
      logic signed [OutWidth:0] high;

      assign low = rounded_row[First+BiasWidth+MaskWidth +: OutWidth+1];
      assign high = rounded_row[First+BiasWidth+MaskWidth+OutWidth+1 +: OutWidth+1];
      always_comb begin
        result = value[OutWidth-1:0];
        if (Fit == hw_cast_fit_pkg::Zero) begin
          if (value < ValueWidth'(low) || value > ValueWidth'(high)) result = '0;
        end else begin
          if (value < ValueWidth'(low)) result = low[OutWidth-1:0];
          if (value > ValueWidth'(high)) result = high[OutWidth-1:0];
        end
      end
    end else begin : gen_plain
      logic unused_high;
      assign unused_high = &{1'b0, value};
      assign result = value[OutWidth-1:0];
    end

    always_ff @(posedge clk_i) result_q[lane*OutWidth +: OutWidth] <= result;
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
