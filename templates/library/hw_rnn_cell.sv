// The element-wise part of a recurrent layer: that of an LSTM or, with Gru, of a GRU.
//
// For a GRU the four sums are r, u, the candidate's input part and its recurrent part; c is h, and
// m repeats it. With ResetBefore m is the reset state, made at valid_i, and c is made later, at
// candidate_i, which the others do not have. See hw_lstm_cell, hw_gru_cell and hw_gru_reset_cell.
// There is one for each channel: z_i, c_i and the results hold those of channel 0 lowest; biases
// and peepholes are the same for all.

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
  parameter bit          HalfEven = 1'b0,
  parameter hw_rounding_pkg::rounding_e Lookup = hw_rounding_pkg::Floor,
  parameter int unsigned SigmaSlices = 1,
  parameter bit          Parts = 1'b0,
  parameter int unsigned ForgetPart = 0,
  parameter int unsigned InputPart = 0,
  parameter bit          Gru = 1'b0,
  parameter bit          ResetBefore = 1'b0,
  parameter int unsigned NShift = 15,    // of a GRU only
  parameter int unsigned RShift = 0,     // these three with ResetBefore
  parameter int unsigned ResetShift = 15,
  parameter int unsigned UnitAddress = 3,
  parameter int          One = 32767,
  parameter int          CLow = -32768,
  parameter int          CHigh = 32767,
  parameter int          MLow = -32768,
  parameter int          MHigh = 32767,
  parameter int unsigned TagBits = 1,
  parameter int unsigned Channels = 1,
  parameter SigmaFile = "",
  parameter CandidateFile = "",
  parameter SquashFile = ""
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  input  wire logic                        valid_i,
  input  wire logic                        candidate_i,
  input  wire logic [TagBits-1:0]          tag_i,
  input  wire logic [Channels*4*ZBits-1:0] z_i,
  input  wire logic [4*BiasBits-1:0]       bias_i,
  input  wire logic [3*PeepBits-1:0]       peep_i,
  input  wire logic [Channels*CBits-1:0]   c_i,
  output logic                             c_valid_o,
  output logic      [TagBits-1:0]          c_tag_o,
  output logic      [Channels*CBits-1:0]   c_o,
  output logic                             m_valid_o,
  output logic      [TagBits-1:0]          m_tag_o,
  output logic      [Channels*MBits-1:0]   m_o
);

  if (Channels < 1) begin : gen_illegal
    $error("hw_rnn_cell: Channels must be at least 1");
  end
  if (ResetBefore && !Gru) begin : gen_illegal1
    $error("hw_rnn_cell: ResetBefore is for a GRU only");
  end

  // The channels' pipelines run in step, so the flags and tags of the first are those of all.
  logic [Channels-1:0]         c_valid, m_valid;
  logic [Channels*TagBits-1:0] c_tag, m_tag;

  assign c_valid_o = c_valid[0];
  assign c_tag_o = c_tag[TagBits-1:0];
  assign m_valid_o = m_valid[0];
  assign m_tag_o = m_tag[TagBits-1:0];

  logic unused;
  assign unused = &{1'b0, c_valid, c_tag, m_valid, m_tag};

  for (genvar k = 0; k < Channels; k++) begin : gen_channel
    if (Gru && ResetBefore) begin : gen_reset
      logic unused_peep;
      assign unused_peep = &{1'b0, peep_i};

      hw_gru_reset_cell #(
        .ZBits(ZBits), .BiasBits(BiasBits), .HBits(CBits), .SigmaBits(SigmaBits),
        .CandidateBits(CandidateBits), .SigmaIndex(SigmaIndex), .CandidateIndex(CandidateIndex),
        .SigmaShift(SigmaShift), .CandidateShift(CandidateShift), .NShift(NShift), .RShift(RShift),
        .ResetShift(ResetShift), .One(One), .NewShift(InputShift), .KeepShift(ForgetShift),
        .HShift(CShift), .HalfUp(HalfUp), .HLow(CLow), .HHigh(CHigh), .UnitAddress(UnitAddress),
        .TagBits(TagBits), .SigmaFile(SigmaFile), .CandidateFile(CandidateFile)
      ) u_cell (
        .clk_i, .rst_ni, .valid_i, .candidate_i, .tag_i, .z_i(z_i[k*4*ZBits +: 4*ZBits]), .bias_i,
        .h_i(c_i[k*CBits +: CBits]), .m_valid_o(m_valid[k]),
        .m_tag_o(m_tag[k*TagBits +: TagBits]), .m_o(m_o[k*MBits +: MBits]), .h_valid_o(c_valid[k]),
        .h_tag_o(c_tag[k*TagBits +: TagBits]), .h_o(c_o[k*CBits +: CBits])
      );
    end else if (Gru) begin : gen_gru
      logic unused_inputs;
      assign unused_inputs = &{1'b0, peep_i, candidate_i};

      hw_gru_cell #(
        .ZBits(ZBits), .BiasBits(BiasBits), .HBits(CBits), .SigmaBits(SigmaBits),
        .CandidateBits(CandidateBits), .SigmaIndex(SigmaIndex), .CandidateIndex(CandidateIndex),
        .SigmaShift(SigmaShift), .CandidateShift(CandidateShift), .NShift(NShift), .One(One),
        .NewShift(InputShift), .KeepShift(ForgetShift), .HShift(CShift), .HalfUp(HalfUp),
        .HLow(CLow), .HHigh(CHigh), .TagBits(TagBits), .SigmaFile(SigmaFile),
        .CandidateFile(CandidateFile)
      ) u_cell (
        .clk_i, .rst_ni, .valid_i, .tag_i, .z_i(z_i[k*4*ZBits +: 4*ZBits]), .bias_i,
        .h_i(c_i[k*CBits +: CBits]), .valid_o(m_valid[k]), .tag_o(m_tag[k*TagBits +: TagBits]),
        .h_o(c_o[k*CBits +: CBits])
      );

      assign c_valid[k] = m_valid[k];
      assign c_tag[k*TagBits +: TagBits] = m_tag[k*TagBits +: TagBits];
      assign m_o[k*MBits +: MBits] = MBits'($signed(c_o[k*CBits +: CBits]));
    end else begin : gen_lstm
      logic unused_candidate;
      assign unused_candidate = &{1'b0, candidate_i};

      hw_lstm_cell #(
        .ZBits(ZBits), .BiasBits(BiasBits), .PeepBits(PeepBits), .CBits(CBits), .MBits(MBits),
        .SigmaBits(SigmaBits), .CandidateBits(CandidateBits), .SquashBits(SquashBits),
        .SigmaIndex(SigmaIndex), .CandidateIndex(CandidateIndex), .SquashIndex(SquashIndex),
        .SigmaShift(SigmaShift), .CandidateShift(CandidateShift), .SquashShift(SquashShift),
        .PeepShiftI(PeepShiftI), .PeepShiftF(PeepShiftF), .PeepShiftO(PeepShiftO),
        .ForgetShift(ForgetShift), .InputShift(InputShift), .CShift(CShift), .MShift(MShift),
        .HalfUp(HalfUp), .HalfEven(HalfEven), .Lookup(Lookup), .Parts(Parts),
        .ForgetPart(ForgetPart), .InputPart(InputPart), .SigmaSlices(SigmaSlices), .CLow(CLow),
        .CHigh(CHigh), .MLow(MLow), .MHigh(MHigh), .TagBits(TagBits),
        .SigmaFile(SigmaFile), .CandidateFile(CandidateFile), .SquashFile(SquashFile)
      ) u_cell (
        .clk_i, .rst_ni, .valid_i, .tag_i, .z_i(z_i[k*4*ZBits +: 4*ZBits]), .bias_i, .peep_i,
        .c_i(c_i[k*CBits +: CBits]), .c_valid_o(c_valid[k]), .c_tag_o(c_tag[k*TagBits +: TagBits]),
        .c_o(c_o[k*CBits +: CBits]), .m_valid_o(m_valid[k]), .m_tag_o(m_tag[k*TagBits +: TagBits]),
        .m_o(m_o[k*MBits +: MBits])
      );
    end
  end

endmodule

`default_nettype wire
