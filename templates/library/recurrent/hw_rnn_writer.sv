// The write port of a lane of a recurrent engine, and the memory of its output.
//
// A complete projection row (row_i) is rounded to y; m comes as it is. Both go to the PEs, to word
// YWord or MWord and further. With ResetBefore y is the state h of a unit, which comes as it is,
// too. Without Projected, y is m, and goes to the bank that the next step reads. y also stays in a
// memory of two banks, from which it is read with one cycle of latency. A tag is {parity, thing}.
// Words hold an element of each channel, channel 0 lowest.
//
// Latency: y is written 2 cycles after row_i or 1 cycle after h_valid_i, m 1 cycle after m_valid_i;
// never both in one cycle.

`default_nettype none

module hw_rnn_writer #(
  parameter int unsigned AccBits = 40,
  parameter int unsigned ActBits = 16,
  parameter int unsigned MBits = 16,
  parameter int unsigned HBits = 16,
  parameter int unsigned TagBits = 4,
  parameter int unsigned WordBits = 5,
  parameter int unsigned YWord = 8,
  parameter int unsigned MWord = 16,
  parameter bit          Projected = 1'b1,
  parameter bit          ResetBefore = 1'b0,
  parameter int unsigned YBits = 16,
  parameter int unsigned YShift = 15,
  parameter int          YLow = -32768,
  parameter int          YHigh = 32767,
  parameter bit          HalfUp = 1'b1,
  parameter bit          HalfEven = 1'b0,
  parameter int unsigned Channels = 1,
  localparam int unsigned StateBits = WordBits + (Projected ? 0 : 1),
  localparam int unsigned ElementBits = Channels * ActBits
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  // Projection rows
  input  wire logic                        row_i,
  input  wire logic [TagBits-1:0]          row_tag_i,
  input  wire logic [Channels*AccBits-1:0] row_sum_i,
  // Elements of m
  input  wire logic                        m_valid_i,
  input  wire logic [TagBits-1:0]          m_tag_i,
  input  wire logic [Channels*MBits-1:0]   m_i,
  // Elements of h
  input  wire logic                        h_valid_i,
  input  wire logic [TagBits-1:0]          h_tag_i,
  input  wire logic [Channels*HBits-1:0]   h_i,
  // To the PEs
  output logic                             write_o,
  output logic      [StateBits-1:0]        address_o,
  output logic      [ElementBits-1:0]      data_o,
  // Output memory
  input  wire logic [TagBits-1:0]          out_address_i,
  output logic      [ElementBits-1:0]      out_data_o
);

  if (Channels < 1 || TagBits < 2) begin : gen_illegal
    $error("hw_rnn_writer: Channels must be at least 1, and TagBits at least 2");
  end
  if (YLow > YHigh) begin : gen_illegal1
    $error("hw_rnn_writer: YLow must not be greater than YHigh");
  end
  if (MBits > ActBits) begin : gen_illegal2
    $error("hw_rnn_writer: an element of m must fit into ActBits");
  end

  localparam int unsigned ThingBits = TagBits - 1;

  logic               out_write_q;
  logic [TagBits-1:0] out_address_q;

  if (ResetBefore) begin : gen_reset
    always_ff @(posedge clk_i) begin
      write_o <= (m_valid_i || h_valid_i) && rst_ni;
      out_write_q <= h_valid_i && rst_ni;
    end

    always_ff @(posedge clk_i) begin
      address_o <= h_valid_i ? WordBits'(h_tag_i[ThingBits-1:0]) + WordBits'(YWord)
                             : WordBits'(m_tag_i[ThingBits-1:0]) + WordBits'(MWord);
      out_address_q <= h_tag_i;
    end

    for (genvar c = 0; c < Channels; c++) begin : gen_channel
      always_ff @(posedge clk_i) begin
        data_o[c*ActBits +: ActBits] <= h_valid_i ? ActBits'($signed(h_i[c*HBits +: HBits]))
                                                  : ActBits'($signed(m_i[c*MBits +: MBits]));
      end
    end

    logic unused;
    assign unused = &{1'b0, row_i, row_tag_i, row_sum_i, m_tag_i[ThingBits]};
  end else if (Projected) begin : gen_projected
    logic [TagBits-1:0] y_tag_q;
    logic               y_valid_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        y_valid_q <= 1'b0;
        write_o <= 1'b0;
        out_write_q <= 1'b0;
      end else begin
        y_valid_q <= row_i;
        write_o <= m_valid_i || y_valid_q;
        out_write_q <= y_valid_q;
      end
    end

    always_ff @(posedge clk_i) begin
      y_tag_q <= row_tag_i;
      address_o <= y_valid_q ? WordBits'(y_tag_q[ThingBits-1:0]) + WordBits'(YWord)
                             : WordBits'(m_tag_i[ThingBits-1:0]) + WordBits'(MWord);
      out_address_q <= y_tag_q;
    end

    for (genvar c = 0; c < Channels; c++) begin : gen_channel
      logic [YBits-1:0] rounded, y_q;

      hw_round_clamp #(
        .InBits(AccBits), .Shift(YShift), .HalfUp(HalfUp), .HalfEven(HalfEven), .Low(YLow),
        .High(YHigh), .OutBits(YBits)
      ) u_y (.value_i(row_sum_i[c*AccBits +: AccBits]), .result_o(rounded));

      always_ff @(posedge clk_i) begin
        y_q <= rounded;
        data_o[c*ActBits +: ActBits] <= y_valid_q ? ActBits'($signed(y_q))
                                                  : ActBits'($signed(m_i[c*MBits +: MBits]));
      end
    end

    logic unused;
    assign unused = &{1'b0, m_tag_i[ThingBits], h_valid_i, h_tag_i, h_i};
  end else begin : gen_plain
    always_ff @(posedge clk_i) begin
      write_o <= m_valid_i && rst_ni;
      out_write_q <= m_valid_i && rst_ni;
    end

    // The step that follows reads what this one writes.
    always_ff @(posedge clk_i) begin
      address_o <= {!m_tag_i[ThingBits], WordBits'(m_tag_i[ThingBits-1:0]) + WordBits'(YWord)};
      out_address_q <= m_tag_i;
    end

    for (genvar c = 0; c < Channels; c++) begin : gen_channel
      always_ff @(posedge clk_i) begin
        data_o[c*ActBits +: ActBits] <= ActBits'($signed(m_i[c*MBits +: MBits]));
      end
    end

    logic unused;
    assign unused = &{1'b0, row_i, row_tag_i, row_sum_i, h_valid_i, h_tag_i, h_i};
  end

  logic [ElementBits-1:0] out_mem [1 << TagBits];

  always_ff @(posedge clk_i) begin
    if (out_write_q) out_mem[out_address_q] <= data_o;
  end
  always_ff @(posedge clk_i) out_data_o <= out_mem[out_address_i];

endmodule

`default_nettype wire
