// Comparator bank: each lane counts its thresholds that the input exceeds.
//
// A lane's constants, from the least significant bit: Levels limits of InWidth + 1 bits (signed;
// the input counts when it is greater), the output for a count of zero, and a bit that inverts
// every comparison, which is how a falling staircase counts. With Shared, one row serves all lanes.
//
// Latency: 1, one more with several levels, one more with several groups (see hw_row_rom).

`default_nettype none

module hw_threshold #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned InWidth = 8,
  parameter bit InSigned = 1'b1,
  parameter int unsigned OutWidth = 2,
  parameter int unsigned Levels = 3,
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
  parameter RowFile = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*InWidth-1:0]  data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  if (Levels < 1 || InWidth < 1 || OutWidth < 1) begin : gen_illegal
    $error("hw_threshold: Levels and widths must be at least 1");
  end

  localparam int unsigned LimitWidth = InWidth + 1;
  localparam int unsigned LaneWidth = Levels * LimitWidth + OutWidth + 1;
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;
  localparam int unsigned Stages = 1 + ((Levels > 1) ? 1 : 0) + ((Groups > 1) ? 1 : 0);

  logic [Parallel*InWidth-1:0]  data;
  logic [RowWidth-1:0]          row;
  logic [Parallel*OutWidth-1:0] result_q;

  hw_row_rom #(
    .Groups(Groups),
    .RowWidth(RowWidth),
    .DataWidth(Parallel * InWidth),
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
    logic signed [LimitWidth-1:0] x;
    logic [Levels-1:0] hits;
    logic [Levels-1:0] counted;
    logic [OutWidth-1:0] base;
    logic [OutWidth-1:0] sum;

    assign constants = row[(Shared ? 0 : lane)*LaneWidth +: LaneWidth];
    assign x = {InSigned && data[lane*InWidth+InWidth-1], data[lane*InWidth +: InWidth]};
    for (genvar level = 0; level < Levels; level++) begin : gen_level
      assign hits[level] = (x > $signed(constants[level*LimitWidth +: LimitWidth]))
          ^ constants[LaneWidth-1];
    end

    if (Levels > 1) begin : gen_count_later
      logic [Levels-1:0] hits_q;
      logic [OutWidth-1:0] base_q;
      always_ff @(posedge clk_i) begin
        hits_q <= hits;
        base_q <= constants[LaneWidth-2 -: OutWidth];
      end
      assign counted = hits_q;
      assign base = base_q;
    end else begin : gen_count_now
      assign counted = hits;
      assign base = constants[LaneWidth-2 -: OutWidth];
    end

    always_comb begin
      sum = base;
      for (int unsigned i = 0; i < Levels; i++) sum = sum + OutWidth'(counted[i]);
    end
    always_ff @(posedge clk_i) result_q[lane*OutWidth +: OutWidth] <= sum;
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
