// A lane of a recurrent engine: collects the sums of its PEs, completes cell units and output rows.
//
// It follows a program without any decision of its own. A row of it is {valid, projection, final,
// first, use, slot, gate [2], pe [PeBits], thing [ThingBits]}: add the sum in result register
// `slot` of PE `pe` (nothing, if `use` is 0) to what has been collected for gate `gate` of unit
// `thing`, or for projection row `thing`; begin with it if `first`; and if `final`, send the unit
// through the element-wise pipeline or round the row to y. With GruReset `projection` marks the
// sums 2 and 3 of a unit, which complete it a second time, to y. A row of the parameters of the
// units is {peepholes o, f, i, biases o, candidate, f, i, dead [4]}; a gate that is dead has no
// sum.
//
// m and y leave on a write port that all PEs listen to. The output (y, or m without a projection)
// also stays in a memory of two banks, from which it is read with one cycle of latency.
//
// With Shape.takes_state the c of a frame's beginning stands in another memory, written from
// outside; with Shape.gives_state c is also kept for reading, like the output.
//
// Sums, states and results hold one element of each channel, channel 0 lowest. The program and the
// parameters of the units are read once for all channels.
//
// Latency: with a row of the program in cycle T, y is written in T + 4 and m in T + 15; with
// GruReset, m in T + 8 and y in T + 11. Two rows for the same thing are at least two cycles
// apart.

`default_nettype none

module hw_rnn_lane #(
  parameter hw_rnn_lane_pkg::shape_t Shape = hw_rnn_lane_pkg::SHAPE,
  parameter hw_rnn_lane_pkg::format_t Format = hw_rnn_lane_pkg::FORMAT,
  parameter hw_rnn_cell_pkg::cell_t Cell = hw_rnn_cell_pkg::CELL,
  parameter int unsigned Pes = 4,
  parameter int unsigned PeBits = 2,
  parameter int unsigned Lanes = 1,
  parameter int unsigned Lane = 0,
  parameter int unsigned WordBits = 5,
  // As in hw_rnn_cell
  parameter hw_rounding_pkg::rounding_e Lookup = hw_rounding_pkg::Floor,
  parameter SigmaFile = "",
  parameter CandidateFile = "",
  parameter SquashFile = "",
  parameter UnitFile = "",
  parameter int unsigned Channels = 1,
  localparam int unsigned ThingBits = Shape.thing_bits,
  localparam int unsigned AccBits = Format.acc_bits,
  localparam int unsigned ActBits = Format.act_bits,
  localparam int unsigned ZBits = Cell.z_bits,
  localparam int unsigned BiasBits = Cell.bias_bits,
  localparam int unsigned PeepBits = Cell.peep_bits,
  localparam int unsigned CBits = Cell.c_bits,
  localparam int unsigned MBits = Cell.m_bits,
  localparam int unsigned ControlBits = 8 + PeBits + ThingBits,
  localparam int unsigned StateBits = WordBits + (Shape.projected ? 0 : 1),
  localparam int unsigned SumBits = Channels * AccBits,
  localparam int unsigned ElementBits = Channels * ActBits
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  // Program
  input  wire logic                     valid_i,
  input  wire logic [ControlBits-1:0]   control_i,
  input  wire logic [Channels-1:0]      fresh_i,   // c' is that of the beginning, mostly zero
  input  wire logic                     parity_i,  // of the step
  // PEs
  output logic                          slot_o,
  input  wire logic [Pes*SumBits-1:0]   results_i,
  output logic                          write_o,
  output logic      [StateBits-1:0]     address_o,
  output logic      [ElementBits-1:0]   data_o,
  // State of the beginning
  input  wire logic                     begin_write_i,
  input  wire logic [ThingBits-1:0]     begin_thing_i,
  input  wire logic [Channels*CBits-1:0] begin_c_i,
  // Output memory
  input  wire logic [ThingBits:0]       out_address_i,  // {parity, thing}
  output logic      [ElementBits-1:0]   out_data_o,
  output logic      [Channels*CBits-1:0] out_c_o
);

  if (Lane >= Lanes) begin : gen_illegal
    $error("hw_rnn_lane: Lane is one of Lanes");
  end
  if ($clog2(Shape.cell_units) > ThingBits
      || (Shape.projected && $clog2(Shape.rows) > ThingBits)) begin : gen_illegal1
    $error("hw_rnn_lane: ThingBits must hold the number of a unit and of a row");
  end

  localparam bit          HasRows = Shape.projected && Cell.kind != hw_rnn_cell_pkg::GruReset;
  localparam int unsigned Sums = Shape.cell_units + (HasRows ? Shape.rows : 0);
  localparam int unsigned SumAddress = (Sums > 1) ? $clog2(Sums) : 1;
  localparam int unsigned UnitAddress = (Shape.cell_units > 1) ? $clog2(Shape.cell_units) : 1;
  localparam int unsigned UnitBits = 4 + 4 * BiasBits + 3 * PeepBits;
  localparam int unsigned TagBits = ThingBits + 1;

  // ---------------------------------------------------------------- T: the sum of a PE
  logic                 valid, projection, final_sum, first_sum, use_sum;
  logic [1:0]           gate;
  logic [PeBits-1:0]    pe;
  logic [ThingBits-1:0] thing;

  assign {valid, projection, final_sum, first_sum, use_sum, slot_o, gate, pe, thing} = control_i;

  logic [SumAddress-1:0] sum_address;
  assign sum_address = SumAddress'(thing)
                     + ((HasRows && projection) ? SumAddress'(Shape.cell_units) : '0);

  logic                  add_q, final_q, projection_q, first_q, parity_q;
  logic [1:0]            gate_q;
  logic [ThingBits-1:0]  thing_q;
  logic [SumAddress-1:0] sum_address_q;
  logic [Channels-1:0]   fresh_q;
  logic [SumBits-1:0]    value_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      add_q <= 1'b0;
      final_q <= 1'b0;
    end else begin
      add_q <= valid_i && valid;
      final_q <= valid_i && valid && final_sum;
    end
  end

  always_ff @(posedge clk_i) begin
    projection_q <= projection;
    first_q <= first_sum;
    gate_q <= gate;
    thing_q <= thing;
    sum_address_q <= sum_address;
    fresh_q <= fresh_i;
    parity_q <= parity_i;
    value_q <= use_sum ? results_i[pe*SumBits +: SumBits] : '0;
  end

  // ---------------------------------------------------------------- T + 1: what has been collected
  logic [4*SumBits-1:0] collected;
  logic [SumBits-1:0]   old, sum;
  logic [UnitBits-1:0]  unit;

  assign old = first_q ? '0 : collected[gate_q*SumBits +: SumBits];

  for (genvar c = 0; c < Channels; c++) begin : gen_sum
    assign sum[c*AccBits +: AccBits] = old[c*AccBits +: AccBits] + value_q[c*AccBits +: AccBits];
  end

  for (genvar g = 0; g < 4; g++) begin : gen_gate
    // Sums of projection rows lie behind those of the first gate.
    localparam int unsigned Depth = (g == 0) ? Sums : Shape.cell_units;
    localparam int unsigned Bits = (Depth > 1) ? $clog2(Depth) : 1;
    logic [SumBits-1:0] sum_mem [1 << Bits];
    logic [SumBits-1:0] read_q;

    always_ff @(posedge clk_i) begin
      if (add_q && gate_q == 2'(g)) sum_mem[Bits'(sum_address_q)] <= sum;
    end
    always_ff @(posedge clk_i) read_q <= sum_mem[Bits'(sum_address)];
    assign collected[g*SumBits +: SumBits] = read_q;
  end

  hw_slice_rom #(
    .Depth(Shape.cell_units), .Width(UnitBits), .Slices(Lanes), .Slice(Lane), .File(UnitFile)
  ) u_units (.clk_i, .addr_i(UnitAddress'(thing)), .data_o(unit));

  logic [Channels*CBits-1:0] c_mem [1 << UnitAddress];
  logic [Channels*CBits-1:0] c_old_q, c_new;
  logic [TagBits-1:0]        c_tag;
  logic                      c_valid;

  always_ff @(posedge clk_i) begin
    if (c_valid) c_mem[UnitAddress'(c_tag)] <= c_new;
  end
  always_ff @(posedge clk_i) c_old_q <= c_mem[UnitAddress'(thing)];

  logic [Channels*CBits-1:0] c_begin_q;

  if (Shape.takes_state) begin : gen_begin
    logic [Channels*CBits-1:0] begin_mem [1 << UnitAddress];

    always_ff @(posedge clk_i) begin
      if (begin_write_i) begin_mem[UnitAddress'(begin_thing_i)] <= begin_c_i;
    end
    always_ff @(posedge clk_i) c_begin_q <= begin_mem[UnitAddress'(thing)];
  end else begin : gen_zero
    logic unused_begin;
    assign unused_begin = &{1'b0, begin_write_i, begin_thing_i, begin_c_i};
    assign c_begin_q = '0;
  end

  if (Shape.gives_state) begin : gen_given
    logic [Channels*CBits-1:0] out_mem [1 << TagBits];

    always_ff @(posedge clk_i) begin
      if (c_valid) out_mem[c_tag] <= c_new;
    end
    always_ff @(posedge clk_i) out_c_o <= out_mem[out_address_i];
  end else begin : gen_kept
    assign out_c_o = '0;
  end

  // ---------------------------------------------------------------- T + 2: a complete unit or row
  logic                        unit_q, row_q;
  logic [TagBits-1:0]          tag_q;
  logic [Channels*4*ZBits-1:0] z_q;
  logic [Channels*CBits-1:0]   c_q;
  logic [SumBits-1:0]          sum_q;
  logic [UnitBits-1:4]         unit_q2;

  for (genvar c = 0; c < Channels; c++) begin : gen_z
    for (genvar g = 0; g < 4; g++) begin : gen_gate
      logic signed [AccBits-1:0] z;

      assign z = (gate_q == 2'(g)) ? sum[c*AccBits +: AccBits]
                                   : collected[(g*Channels+c)*AccBits +: AccBits];

      always_ff @(posedge clk_i) begin
        z_q[(c*4+g)*ZBits +: ZBits] <= (unit[g] && gate_q != 2'(g)) ? '0 : ZBits'(z);
      end
    end

    always_ff @(posedge clk_i) begin
      c_q[c*CBits +: CBits] <= fresh_q[c] ? c_begin_q[c*CBits +: CBits] : c_old_q[c*CBits +: CBits];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      unit_q <= 1'b0;
      row_q <= 1'b0;
    end else begin
      unit_q <= final_q && !projection_q;
      row_q <= final_q && projection_q;
    end
  end

  always_ff @(posedge clk_i) begin
    tag_q <= {parity_q, thing_q};
    sum_q <= sum;
    unit_q2 <= unit[UnitBits-1:4];
  end

  logic                      m_valid;
  logic [TagBits-1:0]        m_tag;
  logic [Channels*MBits-1:0] m;

  hw_rnn_cell #(
    .Cell(Cell), .Lookup(Lookup), .RShift(Format.r_shift), .UnitAddress(UnitAddress),
    .TagBits(TagBits), .Channels(Channels), .SigmaFile(SigmaFile), .CandidateFile(CandidateFile),
    .SquashFile(SquashFile)
  ) u_cell (
    .clk_i, .rst_ni, .valid_i(unit_q), .candidate_i(row_q), .tag_i(tag_q), .z_i(z_q),
    .bias_i(unit_q2[4 +: 4*BiasBits]), .peep_i(unit_q2[4+4*BiasBits +: 3*PeepBits]), .c_i(c_q),
    .c_valid_o(c_valid), .c_tag_o(c_tag), .c_o(c_new),
    .m_valid_o(m_valid), .m_tag_o(m_tag), .m_o(m)
  );

  hw_rnn_writer #(
    .AccBits(AccBits), .ActBits(ActBits), .MBits(MBits), .HBits(CBits), .TagBits(TagBits),
    .WordBits(WordBits), .YWord(Shape.y_word), .MWord(Shape.m_word), .Projected(Shape.projected),
    .ResetBefore(Cell.kind == hw_rnn_cell_pkg::GruReset), .YBits(Cell.y_bits),
    .YShift(Cell.y_shift), .YLow(Cell.y_low), .YHigh(Cell.y_high), .HalfUp(Cell.half_up),
    .HalfEven(Cell.half_even), .Channels(Channels)
  ) u_writer (
    .clk_i, .rst_ni, .row_i(row_q), .row_tag_i(tag_q), .row_sum_i(sum_q), .m_valid_i(m_valid),
    .m_tag_i(m_tag), .m_i(m), .h_valid_i(c_valid), .h_tag_i(c_tag), .h_i(c_new), .write_o,
    .address_o, .data_o, .out_address_i, .out_data_o
  );

endmodule

`default_nettype wire
