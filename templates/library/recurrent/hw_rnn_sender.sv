// Sends vectors that stand in the lanes' output memories: one element of every channel per word.
//
// A source is the output of a lane or, behind all of these, its c (with twice as many sources).
//
// Every done_i is a vector that can be sent from the next cycle on; vectors alternate between two
// banks. A row of the order is {lane, thing}: where the element is. read_o addresses the memories,
// whose data comes a cycle later. last_o is high in the cycle that starts the last word of a
// vector. out_valid_o comes 3 cycles after out_start_o.

`default_nettype none

module hw_rnn_sender #(
  parameter int unsigned Size = 8,
  parameter int unsigned Rows = Size,  // of the order, of which the first ones count
  parameter int unsigned Lanes = 2,
  parameter int unsigned Sources = Lanes,
  parameter int unsigned ThingBits = 3,
  parameter int unsigned ActBits = 16,
  parameter int unsigned CBits = 16,
  parameter int unsigned OutBits = 16,
  parameter int unsigned Channels = 1,
  parameter OrderFile = "",
  localparam int unsigned Bits = (Sources > Lanes && CBits > ActBits) ? CBits : ActBits
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_ni,
  input  wire logic                              done_i,
  output logic                                   last_o,
  output logic      [ThingBits:0]                read_o,  // {bank, thing}
  input  wire logic [Lanes*Channels*ActBits-1:0] data_i,  // [(lane * Channels + channel) * ActBits]
  input  wire logic [Lanes*Channels*CBits-1:0]   c_i,
  input  wire logic                              out_ok_i,
  output logic                                   out_start_o,
  output logic                                   out_valid_o,
  output logic      [Channels*OutBits-1:0]       out_data_o
);

  if (Size < 1 || Lanes < 1 || ThingBits < 1 || Channels < 1) begin : gen_illegal
    $error("hw_rnn_sender: Size, Lanes, ThingBits and Channels must be at least 1");
  end
  if (OutBits > Bits) begin : gen_illegal1
    $error("hw_rnn_sender: an output is not wider than an element");
  end
  if (Rows < Size || Sources < Lanes) begin : gen_illegal2
    $error("hw_rnn_sender: every element has a row of the order, and every lane is a source");
  end

  localparam int unsigned LaneBits = (Sources > 1) ? $clog2(Sources) : 1;
  localparam int unsigned OrderBits = LaneBits + ThingBits;
  localparam int unsigned IndexBits = (Size > 1) ? $clog2(Size) : 1;
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1;

  logic [IndexBits-1:0] index_q;
  logic [OrderBits-1:0] order;
  logic [LaneBits-1:0]  lane_q;
  logic [1:0]           done_q;
  logic                 bank_q, bank_q2;

  assign out_start_o = (done_q != 2'd0) && out_ok_i;
  assign last_o = out_start_o && (index_q == IndexBits'(Size - 1));
  assign read_o = {bank_q2, order[ThingBits-1:0]};

  hw_valid_pipe #(.Stages(3)) u_valid (
    .clk_i, .rst_ni, .valid_i(out_start_o), .valid_o(out_valid_o)
  );
  hw_slice_rom #(
    .Depth(Rows), .Width(OrderBits), .File(OrderFile)
  ) u_order (.clk_i, .addr_i(RowBits'(index_q)), .data_o(order));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      done_q <= 2'd0;
      index_q <= '0;
      bank_q <= 1'b0;
    end else begin
      done_q <= done_q + 2'(done_i) - 2'(last_o);
      if (out_start_o) index_q <= last_o ? '0 : index_q + IndexBits'(1);
      bank_q <= bank_q ^ last_o;
    end
  end

  logic unused;
  assign unused = &{1'b0, c_i};

  always_ff @(posedge clk_i) begin
    bank_q2 <= bank_q;
    lane_q <= order[OrderBits-1:ThingBits];
  end

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    logic [Sources*Bits-1:0] elements;

    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      assign elements[l*Bits +: Bits] =
          Bits'($signed(data_i[(l*Channels+c)*ActBits +: ActBits]));
    end

    for (genvar l = Lanes; l < Sources; l++) begin : gen_c
      assign elements[l*Bits +: Bits] = Bits'($signed(c_i[((l-Lanes)*Channels+c)*CBits +: CBits]));
    end

    always_ff @(posedge clk_i) begin
      out_data_o[c*OutBits +: OutBits] <= elements[lane_q*Bits +: OutBits];
    end
  end

endmodule

`default_nettype wire
