// The state that frames of a recurrent engine begin with: y for the PEs, and c for the lanes.
//
// With TwoVectors c is a vector of its own, else it is y. A vector is taken while the one before is
// not in use: from start_i, which needs ok_o, until the output of that step, the first of Steps, is
// complete (done_i, which comes for every step). Without Shape.takes_state there are no such
// vectors, and ok_o is high.

`default_nettype none

module hw_rnn_begin #(
  parameter hw_rnn_lane_pkg::shape_t Shape = hw_rnn_lane_pkg::SHAPE,
  parameter hw_rnn_lane_pkg::format_t Format = hw_rnn_lane_pkg::FORMAT,
  parameter bit          TwoVectors = 1'b0,
  parameter int unsigned CBits = 16,
  parameter int unsigned Steps = 1,
  parameter int unsigned Lanes = 2,
  parameter int unsigned SourceBits = 1,  // of a lane in the order
  parameter int unsigned Channels = 1,
  parameter OrderFile = "",
  localparam int unsigned YInBits = Shape.takes_state ? Format.y0_bits : 1,
  localparam int unsigned CInBits = Shape.takes_state ? Format.c0_bits : 1,
  localparam int unsigned ActBits = Format.act_bits,
  localparam int unsigned ThingBits = Shape.thing_bits,
  localparam int unsigned LaneBits = $clog2(Lanes)
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  input  wire logic                          y_valid_i,
  output logic                               y_ready_o,
  input  wire logic [Channels*YInBits-1:0]   y_i,
  input  wire logic                          c_valid_i,
  output logic                               c_ready_o,
  input  wire logic [Channels*CInBits-1:0]   c_i,
  input  wire logic                          start_i,
  input  wire logic                          done_i,
  output logic                               ok_o,
  output logic                               y_write_o,
  output logic      [ThingBits+LaneBits-1:0] y_address_o,  // {thing, lane}
  output logic      [Channels*ActBits-1:0]   y_o,
  output logic      [Lanes-1:0]              c_write_o,
  output logic      [ThingBits-1:0]          c_thing_o,
  output logic      [Channels*CBits-1:0]     c_o
);

  if (Lanes < 1 || (Lanes & (Lanes - 1)) != 0 || Steps < 1) begin : gen_illegal
    $error("hw_rnn_begin: Lanes must be a power of two, and Steps at least 1");
  end

  localparam int unsigned OrderBits = SourceBits + ThingBits;  // {lane, thing}

  logic                 last_step, first_q, free, y_there, c_there, c_write;
  logic [OrderBits-1:0] y_order, c_order;

  hw_wrap #(.Count(Steps)) u_step (.clk_i, .rst_ni, .step_i(done_i), .last_o(last_step));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) first_q <= 1'b1;
    else if (done_i) first_q <= last_step;
  end

  assign free = done_i && first_q;
  assign ok_o = y_there && c_there;

  hw_rnn_state #(
    .Enable(Shape.takes_state), .Size(Shape.y_size), .Rows(Shape.order_rows), .InBits(YInBits),
    .InSigned(Format.y0_signed), .OutBits(ActBits), .LaneBits(SourceBits), .ThingBits(ThingBits),
    .Channels(Channels), .OrderFile(OrderFile)
  ) u_y (
    .clk_i, .rst_ni, .in_valid_i(y_valid_i), .in_ready_o(y_ready_o), .in_data_i(y_i),
    .use_i(start_i), .release_i(free), .ready_o(y_there), .write_o(y_write_o),
    .address_o(y_order), .data_o(y_o)
  );

  if (TwoVectors && Shape.takes_state) begin : gen_c
    hw_rnn_state #(
      .Size(Shape.order_rows - Shape.y_size), .Rows(Shape.order_rows), .First(Shape.y_size),
      .InBits(CInBits), .InSigned(Format.c0_signed), .OutBits(CBits), .LaneBits(SourceBits),
      .ThingBits(ThingBits), .Channels(Channels), .OrderFile(OrderFile)
    ) u_c (
      .clk_i, .rst_ni, .in_valid_i(c_valid_i), .in_ready_o(c_ready_o), .in_data_i(c_i),
      .use_i(start_i), .release_i(free), .ready_o(c_there), .write_o(c_write),
      .address_o(c_order), .data_o(c_o)
    );
  end else begin : gen_same
    logic unused;
    assign unused = &{1'b0, c_valid_i, c_i};
    assign c_ready_o = 1'b0;
    assign c_there = 1'b1;
    assign c_write = y_write_o;
    assign c_order = y_order;
    for (genvar c = 0; c < Channels; c++) begin : gen_channel
      assign c_o[c*CBits +: CBits] = CBits'($signed(y_o[c*ActBits +: ActBits]));
    end
  end

  assign c_thing_o = c_order[ThingBits-1:0];

  if (Lanes > 1) begin : gen_lanes
    assign y_address_o = {y_order[ThingBits-1:0], y_order[ThingBits +: LaneBits]};
    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      assign c_write_o[l] = c_write && (c_order[ThingBits +: LaneBits] == LaneBits'(l));
    end
  end else begin : gen_one_lane
    assign y_address_o = y_order[ThingBits-1:0];
    assign c_write_o = c_write;
  end

  logic unused_order;
  assign unused_order = &{1'b0, y_order, c_order};

endmodule

`default_nettype wire
