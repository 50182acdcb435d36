// Takes the elements of x, one of each channel per word, and hands them to the PEs for writing into
// two banks.
//
// A word is taken while fewer than 2 * XSize are in use; release_i frees XSize of them in the next
// cycle. ready_o is high in cycle t if all words of a vector had been taken before t; the last one
// reaches the memories in the cycle after it was taken.

`default_nettype none

module hw_rnn_loader #(
  parameter int unsigned XSize = 8,
  parameter int unsigned XBits = 16,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ActBits = 16,
  parameter int unsigned Channels = 1,
  localparam int unsigned IndexBits = (XSize > 1) ? $clog2(XSize) : 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  input  wire logic                        in0_valid_i,
  output logic                             in0_ready_o,
  input  wire logic [Channels*XBits-1:0]   in0_data_i,
  input  wire logic                        release_i,
  output logic                             ready_o,
  output logic                             write_o,
  output logic      [IndexBits:0]          address_o,  // {bank, element}
  output logic      [Channels*ActBits-1:0] data_o
);

  if (XSize < 1 || Channels < 1) begin : gen_illegal
    $error("hw_rnn_loader: XSize and Channels must be at least 1");
  end
  if (XBits < 1 || XBits > ActBits) begin : gen_illegal1
    $error("hw_rnn_loader: an element of x must fit into ActBits");
  end

  localparam int unsigned CountBits = $clog2(2 * XSize + 1);
  localparam logic [IndexBits-1:0] LAST = IndexBits'(XSize - 1);

  logic [CountBits-1:0]        count_q, count_d;
  logic [IndexBits-1:0]        index_q;
  logic [Channels*ActBits-1:0] extended;
  logic                        bank_q, take;

  assign take = in0_valid_i && (count_q != CountBits'(2 * XSize));
  assign in0_ready_o = take;
  assign ready_o = count_q >= CountBits'(XSize);

  for (genvar c = 0; c < Channels; c++) begin : gen_channel
    if (XSigned) begin : gen_signed
      assign extended[c*ActBits +: ActBits] = ActBits'($signed(in0_data_i[c*XBits +: XBits]));
    end else begin : gen_unsigned
      assign extended[c*ActBits +: ActBits] = ActBits'(in0_data_i[c*XBits +: XBits]);
    end
  end

  always_comb begin
    count_d = count_q + CountBits'(take);
    if (release_i) count_d = count_d - CountBits'(XSize);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      index_q <= '0;
      bank_q <= 1'b0;
      write_o <= 1'b0;
    end else begin
      count_q <= count_d;
      write_o <= take;
      if (take) begin
        index_q <= (index_q == LAST) ? '0 : index_q + IndexBits'(1);
        bank_q <= bank_q ^ (index_q == LAST);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    address_o <= {bank_q, index_q};
    data_o <= extended;
  end

endmodule

`default_nettype wire
