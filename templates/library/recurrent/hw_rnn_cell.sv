// The element-wise part of a recurrent layer: that of an LSTM or, as Cell says, of a GRU.
//
// For a GRU the four sums are r, u, the candidate's input part and its recurrent part; c is h, and
// m repeats it. With GruReset m is the reset state, made at valid_i, and c is made later, at
// candidate_i, which the others do not have. See hw_lstm_cell, hw_gru_cell and hw_gru_reset_cell.
// There is one for each channel: z_i, c_i and the results hold those of channel 0 lowest; biases
// and peepholes are the same for all.

`default_nettype none

module hw_rnn_cell #(
  parameter hw_rnn_cell_pkg::cell_t Cell = hw_rnn_cell_pkg::CELL,
  parameter hw_rounding_pkg::rounding_e Lookup = hw_rounding_pkg::Floor,
  parameter int unsigned RShift = 0,     // these three with ResetBefore
  parameter int unsigned UnitAddress = 3,
  parameter int unsigned TagBits = 1,
  parameter int unsigned Channels = 1,
  parameter SigmaFile = "",
  parameter CandidateFile = "",
  parameter SquashFile = "",
  localparam int unsigned ZBits = Cell.z_bits,
  localparam int unsigned BiasBits = Cell.bias_bits,
  localparam int unsigned PeepBits = Cell.peep_bits,
  localparam int unsigned CBits = Cell.c_bits,
  localparam int unsigned MBits = Cell.m_bits
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
  if (Cell.kind > hw_rnn_cell_pkg::GruReset) begin : gen_illegal1
    $error("hw_rnn_cell: Cell has no such kind");
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
    if (Cell.kind == hw_rnn_cell_pkg::GruReset) begin : gen_reset
      logic unused_peep;
      assign unused_peep = &{1'b0, peep_i};

      hw_gru_reset_cell #(
        .Cell(Cell), .RShift(RShift), .UnitAddress(UnitAddress), .TagBits(TagBits),
        .SigmaFile(SigmaFile), .CandidateFile(CandidateFile)
      ) u_cell (
        .clk_i, .rst_ni, .valid_i, .candidate_i, .tag_i, .z_i(z_i[k*4*ZBits +: 4*ZBits]), .bias_i,
        .h_i(c_i[k*CBits +: CBits]), .m_valid_o(m_valid[k]),
        .m_tag_o(m_tag[k*TagBits +: TagBits]), .m_o(m_o[k*MBits +: MBits]), .h_valid_o(c_valid[k]),
        .h_tag_o(c_tag[k*TagBits +: TagBits]), .h_o(c_o[k*CBits +: CBits])
      );
    end else if (Cell.kind == hw_rnn_cell_pkg::Gru) begin : gen_gru
      logic unused_inputs;
      assign unused_inputs = &{1'b0, peep_i, candidate_i};

      hw_gru_cell #(
        .Cell(Cell), .TagBits(TagBits), .SigmaFile(SigmaFile), .CandidateFile(CandidateFile)
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
        .Cell(Cell), .Lookup(Lookup), .TagBits(TagBits), .SigmaFile(SigmaFile),
        .CandidateFile(CandidateFile), .SquashFile(SquashFile)
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
