// The element-wise part of a recurrent layer: that of an LSTM or, with Gru, of a GRU.
//
// For a GRU the four sums are r, u, the candidate's input part and its recurrent part; c is h, and
// m repeats it. See hw_lstm_cell and hw_gru_cell.

`default_nettype none

module hw_rnn_cell #(
  parameter int unsigned ZBits = 40,     // of all sums
  parameter int unsigned BiasBits = 16,
  parameter int unsigned PeepBits = 12,
  parameter int unsigned CBits = 16,
  parameter int unsigned MBits = 16,
  parameter int unsigned SigmaBits = 16,
  parameter int unsigned CandidateBits = 16,
  parameter int unsigned SquashBits = 16,
  parameter int unsigned SigmaIndex = 11,
  parameter int unsigned CandidateIndex = 11,
  parameter int unsigned SquashIndex = 11,
  parameter int unsigned SigmaShift = 14,
  parameter int unsigned CandidateShift = 14,
  parameter int unsigned SquashShift = 8,
  parameter int unsigned PeepShiftI = 0,
  parameter int unsigned PeepShiftF = 0,
  parameter int unsigned PeepShiftO = 0,
  parameter int unsigned ForgetShift = 0,
  parameter int unsigned InputShift = 0,
  parameter int unsigned CShift = 15,
  parameter int unsigned MShift = 15,
  parameter bit          HalfUp = 1'b1,
  parameter bit          Gru = 1'b0,
  parameter int unsigned NShift = 15,    // of a GRU only
  parameter int          One = 32767,
  parameter int          CLow = -32768,
  parameter int          CHigh = 32767,
  parameter int          MLow = -32768,
  parameter int          MHigh = 32767,
  parameter int unsigned TagBits = 1,
  parameter SigmaFile = "",
  parameter CandidateFile = "",
  parameter SquashFile = ""
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,
  input  wire logic                  valid_i,
  input  wire logic [TagBits-1:0]    tag_i,
  input  wire logic [4*ZBits-1:0]    z_i,
  input  wire logic [4*BiasBits-1:0] bias_i,
  input  wire logic [3*PeepBits-1:0] peep_i,
  input  wire logic [CBits-1:0]      c_i,
  output logic                       c_valid_o,
  output logic      [TagBits-1:0]    c_tag_o,
  output logic      [CBits-1:0]      c_o,
  output logic                       m_valid_o,
  output logic      [TagBits-1:0]    m_tag_o,
  output logic      [MBits-1:0]      m_o
);

  if (Gru) begin : gen_gru
    logic unused;
    assign unused = &{1'b0, peep_i};

    hw_gru_cell #(
      .ZBits(ZBits), .BiasBits(BiasBits), .HBits(CBits), .SigmaBits(SigmaBits),
      .CandidateBits(CandidateBits), .SigmaIndex(SigmaIndex), .CandidateIndex(CandidateIndex),
      .SigmaShift(SigmaShift), .CandidateShift(CandidateShift), .NShift(NShift), .One(One),
      .NewShift(InputShift), .KeepShift(ForgetShift), .HShift(CShift), .HalfUp(HalfUp),
      .HLow(CLow), .HHigh(CHigh), .TagBits(TagBits), .SigmaFile(SigmaFile),
      .CandidateFile(CandidateFile)
    ) u_cell (
      .clk_i, .rst_ni, .valid_i, .tag_i, .z_i, .bias_i, .h_i(c_i), .valid_o(m_valid_o),
      .tag_o(m_tag_o), .h_o(c_o)
    );

    assign c_valid_o = m_valid_o;
    assign c_tag_o = m_tag_o;
    assign m_o = MBits'($signed(c_o));
  end else begin : gen_lstm
    hw_lstm_cell #(
      .ZBits(ZBits), .BiasBits(BiasBits), .PeepBits(PeepBits), .CBits(CBits), .MBits(MBits),
      .SigmaBits(SigmaBits), .CandidateBits(CandidateBits), .SquashBits(SquashBits),
      .SigmaIndex(SigmaIndex), .CandidateIndex(CandidateIndex), .SquashIndex(SquashIndex),
      .SigmaShift(SigmaShift), .CandidateShift(CandidateShift), .SquashShift(SquashShift),
      .PeepShiftI(PeepShiftI), .PeepShiftF(PeepShiftF), .PeepShiftO(PeepShiftO),
      .ForgetShift(ForgetShift), .InputShift(InputShift), .CShift(CShift), .MShift(MShift),
      .HalfUp(HalfUp), .CLow(CLow), .CHigh(CHigh), .MLow(MLow), .MHigh(MHigh), .TagBits(TagBits),
      .SigmaFile(SigmaFile), .CandidateFile(CandidateFile), .SquashFile(SquashFile)
    ) u_cell (
      .clk_i, .rst_ni, .valid_i, .tag_i, .z_i, .bias_i, .peep_i, .c_i, .c_valid_o, .c_tag_o, .c_o,
      .m_valid_o, .m_tag_o, .m_o
    );
  end

endmodule

`default_nettype wire
