// Requantizer without a multiplier: y = floor + clamp(((+-x << Left) + B) >> Shift, Low, High).
//
// A lane's constants, from the least significant bit: B (signed, BiasWidth), a bit that negates x,
// and with RowFloor the lane's floor (OutWidth). With Shared, one row serves all lanes. SumWidth
// must hold (+-x << Left) + B. Low and High are the outputs' codes as signed numbers. With
// HalfEven, an odd result of the shift that drops nothing but zeros is one less.
//
// Latency: 1, one more with Clamp, one more with Later and a floor, with several groups those of
// module hw_row_rom more.

`default_nettype none

module hw_rescale #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned InWidth = 16,
  parameter bit InSigned = 1'b1,
  parameter int unsigned OutWidth = 8,
  parameter int unsigned BiasWidth = 12,
  parameter int unsigned SumWidth = 17,
  parameter int unsigned Left = 0,
  parameter int unsigned Shift = 6,
  parameter bit HalfEven = 1'b0,
  parameter bit Clamp = 1'b1,
  parameter int Low = -128,
  parameter int High = 127,
  parameter bit RowFloor = 1'b0,
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

  if (Shift >= SumWidth) begin : gen_illegal
    $error("hw_rescale: Shift must be less than SumWidth");
  end
  if (RowFloor && !Clamp) begin : gen_illegal1
    $error("hw_rescale: a floor needs Clamp");
  end

  localparam int unsigned LaneWidth = BiasWidth + 1 + (RowFloor ? OutWidth : 0);
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;
  localparam bit Apart = Later && RowFloor;
  localparam int unsigned Ends = 1 + (Clamp ? 1 : 0) + (Apart ? 1 : 0);
  localparam int unsigned Stages = Ends + ((Groups > 1) ? (Later ? 2 : 1) : 0);

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
    logic signed [SumWidth-1:0] wide;
    logic signed [BiasWidth-1:0] bias;
    logic [OutWidth-1:0] offset;

    assign constants = row[(Shared ? 0 : lane)*LaneWidth +: LaneWidth];
    assign x = {InSigned && data[lane*InWidth+InWidth-1], data[lane*InWidth +: InWidth]};
    assign wide = SumWidth'(x) <<< Left;
    assign bias = constants[BiasWidth-1:0];

    // The floor travels beside the sum.
    if (RowFloor) begin : gen_floor
      localparam int unsigned FloorsWidth = (Apart ? 2 : 1) * OutWidth;
      logic [FloorsWidth-1:0] floor_q;
      always_ff @(posedge clk_i) begin
        floor_q <= FloorsWidth'({floor_q, constants[LaneWidth-1 -: OutWidth]});
      end
      assign offset = floor_q[FloorsWidth-1 -: OutWidth];
    end else begin : gen_no_floor
      assign offset = '0;
    end

    hw_shift_clamp #(
      .SumWidth(SumWidth),
      .Shift(Shift),
      .HalfEven(HalfEven),
      .Clamp(Clamp),
      .Low(Low),
      .High(High),
      .Apart(Apart),
      .OutWidth(OutWidth)
    ) u_clamp (
      .clk_i,
      .sum_i((constants[BiasWidth] ? -wide : wide) + SumWidth'(bias)),
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
