// Table look-up: every lane reads its result at {group, input bits}, one memory per lane.
//
// The memory has Groups << InWidth rows, ordered by the bits of the input, so no arithmetic stands
// in front of it; one slice per lane, one for all with Shared.
//
// Latency: Stages, 1 or 2 (the second is the output register of a large memory).

`default_nettype none

module hw_table #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned InWidth = 4,
  parameter int unsigned OutWidth = 8,
  parameter int unsigned Groups = 2,
  parameter bit Shared = 1'b0,
  parameter int unsigned Stages = 2,
  parameter TableFile = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*InWidth-1:0]  data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  if (Stages < 1 || Stages > 2) begin : gen_illegal
    $error("hw_table: there are 1 or 2 stages");
  end
  if (Parallel < 1 || InWidth < 1 || OutWidth < 1) begin : gen_illegal1
    $error("hw_table: Parallel and widths must be at least 1");
  end

  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  localparam int unsigned Depth = Groups << InWidth;
  localparam int unsigned AddressBits = $clog2(Depth);

  logic [GroupBits-1:0]         group;
  logic [Parallel*OutWidth-1:0] found;
  logic [Parallel*OutWidth-1:0] result;

  hw_group_counter #(.Groups(Groups)) u_group (
    .clk_i,
    .rst_ni,
    .step_i(valid_i),
    .group_o(group)
  );

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    hw_slice_rom #(
      .Depth(Depth),
      .Width(OutWidth),
      .Slices(Shared ? 1 : Parallel),
      .Slice(Shared ? 0 : lane),
      .File(TableFile)
    ) u_rom (
      .clk_i,
      .addr_i((AddressBits'(group) << InWidth) | AddressBits'(data_i[lane*InWidth +: InWidth])),
      .data_o(found[lane*OutWidth +: OutWidth])
    );
  end

  if (Stages == 1) begin : gen_direct
    assign result = found;
  end else begin : gen_register
    always_ff @(posedge clk_i) result <= found;
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
    .data_i(result),
    .data_o
  );

endmodule

`default_nettype wire
