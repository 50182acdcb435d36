// Takes a vector of the state that a frame begins with, an element of each channel per word.
//
// Rows of the order are {lane, thing}: where the element belongs; the first one that counts is row
// First. A word is taken while fewer than Size are in use. ready_o is high in cycle t if all words
// had been taken before t and use_i has not come for them yet; release_i, later, frees them all in
// the next cycle. An element leaves in the cycle after it was taken. Without Enable there is no
// such vector, and ready_o is high.

`default_nettype none

module hw_rnn_state #(
  parameter bit          Enable = 1'b1,
  parameter int unsigned Size = 8,
  parameter int unsigned Rows = 8,   // of the order
  parameter int unsigned First = 0,
  parameter int unsigned InBits = 16,
  parameter bit          InSigned = 1'b1,
  parameter int unsigned OutBits = 16,
  parameter int unsigned LaneBits = 1,
  parameter int unsigned ThingBits = 3,
  parameter int unsigned Channels = 1,
  parameter OrderFile = ""
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         in_valid_i,
  output logic                              in_ready_o,
  input  wire logic [Channels*InBits-1:0]   in_data_i,
  input  wire logic                         use_i,
  input  wire logic                         release_i,
  output logic                              ready_o,
  output logic                              write_o,
  output logic      [LaneBits+ThingBits-1:0] address_o,  // {lane, thing}
  output logic      [Channels*OutBits-1:0]  data_o
);

  if (Size < 1 || Channels < 1) begin : gen_illegal
    $error("hw_rnn_state: Size and Channels must be at least 1");
  end
  if (First + Size > Rows) begin : gen_illegal1
    $error("hw_rnn_state: every element has a row of the order");
  end
  if (InBits < 1 || InBits > OutBits) begin : gen_illegal2
    $error("hw_rnn_state: an element must fit into OutBits");
  end

  if (Enable) begin : gen_vector
    localparam int unsigned CountBits = $clog2(Size + 1);
    localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1;

    logic [CountBits-1:0]        count_q;
    logic [Channels*OutBits-1:0] extended;
    logic [RowBits-1:0]          row;
    logic                        used_q, take;

    assign take = in_valid_i && (count_q != CountBits'(Size));
    assign in_ready_o = take;
    assign row = RowBits'(First) + RowBits'(count_q);
    assign ready_o = (count_q == CountBits'(Size)) && !used_q;

    for (genvar c = 0; c < Channels; c++) begin : gen_channel
      if (InSigned) begin : gen_signed
        assign extended[c*OutBits +: OutBits] = OutBits'($signed(in_data_i[c*InBits +: InBits]));
      end else begin : gen_unsigned
        assign extended[c*OutBits +: OutBits] = OutBits'(in_data_i[c*InBits +: InBits]);
      end
    end

    hw_slice_rom #(
      .Depth(Rows), .Width(LaneBits + ThingBits), .File(OrderFile)
    ) u_order (.clk_i, .addr_i(row), .data_o(address_o));

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        count_q <= '0;
        used_q <= 1'b0;
        write_o <= 1'b0;
      end else begin
        if (release_i) count_q <= '0;
        else if (take) count_q <= count_q + CountBits'(1);
        used_q <= (used_q || use_i) && !release_i;
        write_o <= take;
      end
    end

    always_ff @(posedge clk_i) data_o <= extended;
  end else begin : gen_none
    logic unused;
    assign unused = &{1'b0, clk_i, rst_ni, in_valid_i, in_data_i, use_i, release_i};
    assign in_ready_o = 1'b0;
    assign ready_o = 1'b1;
    assign write_o = 1'b0;
    assign address_o = '0;
    assign data_o = '0;
  end

endmodule

`default_nettype wire
