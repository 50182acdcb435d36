// Comparator bank: each lane counts its thresholds that the input exceeds.
//
// A lane's constants, from the least significant bit: Levels limits of InWidth + 1 bits (signed;
// the input counts when it is greater; they ascend), the output for a count of zero, and a bit that
// inverts every comparison, which is how a falling staircase counts. With Shared, one row serves
// all lanes.
//
// Latency: 1, one more with several levels, with several groups that of hw_row_rom more.

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

  if (Levels < 1 || InWidth < 1 || OutWidth < 1) begin : gen_illegal
    $error("hw_threshold: Levels and widths must be at least 1");
  end

  localparam int unsigned LimitWidth = InWidth + 1;
  localparam int unsigned LaneWidth = Levels * LimitWidth + OutWidth + 1;
  localparam int unsigned RowWidth = (Shared ? 1 : Parallel) * LaneWidth;
  localparam int unsigned RowStages = (Groups > 1) ? (Later ? 2 : 1) : 0;
  localparam int unsigned Stages = 1 + ((Levels > 1) ? 1 : 0) + RowStages;
  localparam int unsigned CountBits = $clog2(Levels + 1);

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

  // As limits ascend, what is above one is above all before it: the last hit is the count.
  function automatic logic [CountBits-1:0] count_of(input logic [Levels-1:0] hits);
    logic [(1 << CountBits)-1:0] at;
    at = '0;
    at[Levels:1] = hits;
    count_of = '0;
    for (int unsigned b = CountBits; b > 0; b--) begin
      if (at[count_of | (CountBits'(1) << (b - 1))]) begin
        count_of = count_of | (CountBits'(1) << (b - 1));
      end
    end
  endfunction

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [LaneWidth-1:0] constants;
    logic signed [LimitWidth-1:0] x;
    logic [Levels-1:0] hits;
    logic [OutWidth-1:0] base;
    logic [OutWidth-1:0] sum;
    logic falls;

    assign constants = row[(Shared ? 0 : lane)*LaneWidth +: LaneWidth];
    assign x = {InSigned && data[lane*InWidth+InWidth-1], data[lane*InWidth +: InWidth]};
    for (genvar level = 0; level < Levels; level++) begin : gen_level
      assign hits[level] = x > $signed(constants[level*LimitWidth +: LimitWidth]);
    end
    assign base = constants[LaneWidth-2 -: OutWidth];
    assign falls = constants[LaneWidth-1];

    if (Levels > 1) begin : gen_count_later
      logic [Levels-1:0] hits_q;
      logic [OutWidth-1:0] base_q, count;
      logic falls_q;
      always_ff @(posedge clk_i) begin
        hits_q <= hits;
        base_q <= falls ? base + OutWidth'(Levels) : base;
        falls_q <= falls;
      end
      assign count = OutWidth'(count_of(hits_q));
      assign sum = falls_q ? base_q - count : base_q + count;
    end else begin : gen_count_now
      assign sum = base + OutWidth'(hits[0] ^ falls);
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
