// An engine for recurrent layers whose steps all follow one static schedule.
//
// A step takes Step.cycles cycles, in which row after row of the program is presented to all PEs
// (hw_rnn_pe). The lanes' programs (hw_rnn_lane) start Step.delay cycles later and take Step.cycles
// cycles, too. A step begins when the one before has issued its last row, its x is there, and a
// bank of the output is free; then nothing waits. x is loaded, and y sent, while other steps are
// computed.
//
// With External the program comes in as a stream that begins anew with every step. In a cycle in
// which a row is wanted (weights_ready_o) and is not there, the PEs get none; 5 cycles later, when
// that gap reaches the PEs' result registers, the lanes' programs stand still for a cycle, too
// (hw_rnn_sequencer). So a sum is taken exactly when it would be without the gap; what the lanes
// write comes no later, seen from the PEs; and they write y over only after the last sum of the
// gates was taken, which is later than any issue that reads it.
//
// With code bits in Format, a weight of the program is a place in the code book; see hw_codebook.
//
// Channels sequences run in step: programs and control are there once, and a weight that is read is
// used for every channel. Streams carry one element of each channel per word, channel 0 lowest. All
// sequences start with the first step of all and every Step.steps steps unless Step.keep; that of a
// channel with each step for which its bit of the start token is 1 (HasStart).
//
// With Shape.takes_state every frame begins with a state of its own: y comes on in1, and c on in2
// (of LSTMs; else c is y). A vector is taken while the one before is not in use: from the
// frame's first step, which begins when both are there, until its output can be sent. With
// Shape.gives_state an output vector is y and then c.
//
// Handshake: a core with three actors. The loader takes a word while fewer than 2 * Shape.x_size
// words are in use; a step needs Shape.x_size words and a start token, and releases the words in
// its last cycle. The output of a step that begins in cycle t can be sent from t + Step.delay +
// Step.cycles + Step.drain on; its bank is free when the last word is started. out_valid_o comes 3
// cycles after out_start_o.

`default_nettype none

module hw_rnn_engine #(
  parameter hw_rnn_engine_pkg::step_t Step = hw_rnn_engine_pkg::STEP,
  parameter hw_rnn_lane_pkg::shape_t Shape = hw_rnn_lane_pkg::SHAPE,
  parameter hw_rnn_lane_pkg::format_t Format = hw_rnn_lane_pkg::FORMAT,
  parameter hw_rnn_cell_pkg::cell_t Cell = hw_rnn_cell_pkg::CELL,
  parameter int unsigned Channels = 1,
  parameter bit HasStart = 1'b0,
  parameter bit External = 1'b0,
  parameter int unsigned Pes = 8,
  parameter int unsigned Lanes = 2,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter hw_rounding_pkg::rounding_e Lookup = hw_rounding_pkg::Floor,
  parameter SigmaFile = "",
  parameter CandidateFile = "",
  parameter SquashFile = "",
  parameter UnitFile = "",
  parameter EntryFile = "",
  parameter CodeFile = "",
  parameter ControlFile = "",
  parameter OrderFile = "",
  localparam int unsigned XBits = Format.x_bits,
  localparam int unsigned OutBits = Format.out_bits,
  localparam int unsigned WBits = Format.w_bits,
  localparam int unsigned SkipBits = Format.skip_bits,
  localparam int unsigned ThingBits = Shape.thing_bits,
  localparam int unsigned AccBits = Format.acc_bits,
  localparam int unsigned ActBits = Format.act_bits,
  localparam int unsigned StoredBits = (Format.code_bits > 0) ? Format.code_bits : WBits,
  localparam int unsigned EntryBits = StoredBits + SkipBits + 2,
  localparam int unsigned In1Bits = Shape.takes_state ? Format.y0_bits : 1,
  localparam int unsigned In2Bits = Shape.takes_state ? Format.c0_bits : 1
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  // Elements of x
  input  wire logic                        in0_valid_i,
  output logic                             in0_ready_o,
  input  wire logic [Channels*XBits-1:0]   in0_data_i,
  // Start tokens, or y of a frame's beginning
  input  wire logic                        in1_valid_i,
  output logic                             in1_ready_o,
  input  wire logic [Channels*In1Bits-1:0] in1_data_i,
  // c of a frame's beginning
  input  wire logic                        in2_valid_i,
  output logic                             in2_ready_o,
  input  wire logic [Channels*In2Bits-1:0] in2_data_i,
  // Rows of the PEs' program (External)
  input  wire logic                        weights_valid_i,
  output logic                             weights_ready_o,
  input  wire logic [Pes*EntryBits-1:0]    weights_data_i,
  // Output to a credit FIFO
  input  wire logic                        out_ok_i,
  output logic                             out_start_o,
  output logic                             out_valid_o,
  output logic      [Channels*OutBits-1:0] out_data_o
);

  if (Lanes < 1 || Pes < Lanes || Pes % Lanes != 0 || Step.cycles < 2) begin : gen_illegal
    $error("hw_rnn_engine: every lane has as many PEs, and a step takes two cycles or more");
  end

  if (HasStart && Shape.takes_state) begin : gen_illegal1
    $error("hw_rnn_engine: a sequence starts where it is told to, or with every frame");
  end

  localparam int unsigned LaneBits = $clog2(Lanes);
  localparam int unsigned CBits = Cell.c_bits;
  localparam int unsigned Sources = Lanes * (Shape.order_rows > Shape.y_size ? 2 : 1);
  localparam int unsigned SourceBits = (Sources > 1) ? $clog2(Sources) : 1;
  localparam int unsigned PesPerLane = Pes / Lanes;
  localparam int unsigned PeBits = (PesPerLane > 1) ? $clog2(PesPerLane) : 1;
  localparam int unsigned ControlBits = 8 + PeBits + ThingBits;
  localparam int unsigned CycleBits = $clog2(Step.cycles);
  localparam int unsigned XIndexBits = (Shape.x_size > 1) ? $clog2(Shape.x_size) : 1;
  localparam int unsigned WordBits = (Shape.state_words > 1) ? $clog2(Shape.state_words) : 1;
  localparam int unsigned StateBits = WordBits + (Shape.projected ? 0 : 1);
  localparam int unsigned ElementBits = Channels * ActBits;  // an element of every channel
  localparam int unsigned SumBits = Channels * AccBits;
  localparam logic [CycleBits-1:0] LAST = CycleBits'(Step.cycles - 1);

  logic start, release_x, out_last, virgin_q;  // a new sequence begins

  // ---------------------------------------------------------------- loading x
  logic                   x_ready, x_write;
  logic [XIndexBits:0]    x_address;
  logic [ElementBits-1:0] x_data;

  hw_rnn_loader #(
    .XSize(Shape.x_size), .XBits(XBits), .XSigned(Format.x_signed), .ActBits(ActBits),
    .Channels(Channels)
  ) u_loader (
    .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o, .in0_data_i, .release_i(release_x),
    .ready_o(x_ready), .write_o(x_write), .address_o(x_address), .data_o(x_data)
  );

  logic                start_ok, tokens_ready;
  logic [Channels-1:0] start_token;

  hw_rnn_starts #(.Enable(HasStart), .Channels(Channels)) u_starts (
    .clk_i, .rst_ni, .in1_valid_i, .in1_ready_o(tokens_ready), .in1_data_i(Channels'(in1_data_i)),
    .pop_i(start), .ok_o(start_ok), .token_o(start_token)
  );

  // ---------------------------------------------------------------- the state that comes in
  logic                          done, begin_ok, y_ready, y_write;
  logic [ThingBits+LaneBits-1:0] y_address;  // {thing, lane}
  logic [ElementBits-1:0]        y_data;
  logic [Lanes-1:0]              c_write;
  logic [ThingBits-1:0]          c_thing;
  logic [Channels*CBits-1:0]     c_data;

  assign in1_ready_o = Shape.takes_state ? y_ready : tokens_ready;

  hw_rnn_begin #(
    .Shape(Shape), .Format(Format), .TwoVectors(Cell.kind == hw_rnn_cell_pkg::Lstm),
    .CBits(CBits), .Steps(Step.steps), .Lanes(Lanes), .SourceBits(SourceBits),
    .Channels(Channels), .OrderFile(OrderFile)
  ) u_begin (
    .clk_i, .rst_ni, .y_valid_i(in1_valid_i), .y_ready_o(y_ready), .y_i(in1_data_i),
    .c_valid_i(in2_valid_i), .c_ready_o(in2_ready_o), .c_i(in2_data_i),
    .start_i(start && virgin_q), .done_i(done), .ok_o(begin_ok), .y_write_o(y_write),
    .y_address_o(y_address), .y_o(y_data), .c_write_o(c_write), .c_thing_o(c_thing), .c_o(c_data)
  );

  // ---------------------------------------------------------------- the step
  logic                 idle_q, wanted, there, active, active_q, sync_q, last_step;
  logic [CycleBits-1:0] cycle_q, cycle;
  logic [1:0]           banks_q;           // of the output, in use
  logic                 bank_q, parity_q;  // of the step that is being issued
  logic [Channels-1:0]  fresh_q;           // likewise: whose sequence begins

  assign wanted = !idle_q || (x_ready && start_ok && (banks_q != 2'd2)
                              && (begin_ok || !virgin_q));
  assign active = wanted && there;
  assign start = active && idle_q;
  assign cycle = start ? '0 : cycle_q;
  assign release_x = active && (cycle == LAST);

  hw_wrap #(.Count(Step.steps)) u_step (.clk_i, .rst_ni, .step_i(start), .last_o(last_step));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      idle_q <= 1'b1;
      active_q <= 1'b0;
      sync_q <= 1'b0;
      virgin_q <= 1'b1;
      banks_q <= 2'd0;
      bank_q <= 1'b1;
      parity_q <= 1'b1;
    end else begin
      if (active) idle_q <= cycle == LAST;
      active_q <= active;
      sync_q <= start;
      banks_q <= banks_q + 2'(start) - 2'(out_last);
      if (start) begin
        virgin_q <= !Step.keep && last_step;  // a new sequence follows
        bank_q <= !bank_q;
        parity_q <= !parity_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (active) cycle_q <= cycle + CycleBits'(1);
    if (start) fresh_q <= start_token | {Channels{virgin_q}};
  end

  // ---------------------------------------------------------------- PEs
  logic [Pes*EntryBits-1:0]     entries;
  logic [Pes*SumBits-1:0]       results;
  logic [Lanes-1:0]             slots, state_write;
  logic [Lanes*StateBits-1:0]   state_address;
  logic [Lanes*ElementBits-1:0] state_data;

  assign weights_ready_o = External && wanted;
  if (External) begin : gen_external
    assign there = weights_valid_i;
    always_ff @(posedge clk_i) entries <= weights_data_i;
  end else begin : gen_on_chip
    logic unused;
    assign unused = &{1'b0, weights_valid_i, weights_data_i};
    assign there = 1'b1;
    hw_weight_rom #(
      .Width(Pes * EntryBits), .Depth(Step.cycles), .AddressBits(CycleBits), .WeightFile(EntryFile)
    ) u_entries (.clk_i, .addr_i(cycle), .data_o(entries));
  end

  for (genvar p = 0; p < Pes; p++) begin : gen_pe
    logic [WBits-1:0] weight;

    hw_codebook #(
      .CodeBits(Format.code_bits), .Bits(WBits), .CodeFile(CodeFile)
    ) u_codes (
      .codes_i(entries[p*EntryBits +: StoredBits]), .numbers_o(weight)
    );

    hw_rnn_pe #(
      .Encoding(Encoding), .WBits(WBits), .WSigned(Format.w_signed),
      .ProductBits(Format.product_bits), .SkipBits(SkipBits), .ActBits(ActBits), .AccBits(AccBits),
      .XSize(Shape.x_size), .MBase(Shape.m_base), .PlaceBits(Shape.place_bits), .Lanes(Lanes),
      .StateWords(Shape.state_words), .DoubleState(!Shape.projected), .XShift(Format.x_shift),
      .RShift(Format.r_shift), .Channels(Channels), .TakesState(Shape.takes_state),
      .YWord(Shape.y_word), .ThingBits(ThingBits)
    ) u_pe (
      .clk_i, .rst_ni, .valid_i(active_q), .sync_i(sync_q),
      .entry_i({entries[p*EntryBits + StoredBits +: SkipBits + 2], weight}),
      .fresh_i(fresh_q), .x_bank_i(bank_q),
      .parity_i(parity_q), .x_write_i(x_write), .x_address_i(x_address), .x_data_i(x_data),
      .state_write_i(state_write), .state_address_i(state_address), .state_data_i(state_data),
      .begin_write_i(y_write), .begin_address_i(y_address), .begin_data_i(y_data),
      .slot_i(slots[p/PesPerLane]), .result_o(results[p*SumBits +: SumBits])
    );
  end

  // ---------------------------------------------------------------- the lanes' program
  logic [Lanes*ControlBits-1:0] controls;
  logic                         lanes_valid, lanes_parity, finished;
  logic [Channels-1:0]          lanes_fresh;

  hw_rnn_sequencer #(
    .Width(Lanes * ControlBits), .Cycles(Step.cycles), .Delay(Step.delay), .Channels(Channels),
    .ControlFile(ControlFile)
  ) u_sequencer (
    .clk_i, .rst_ni, .start_i(start), .step_i(active || !wanted), .fresh_i(fresh_q),
    .parity_i(parity_q), .valid_o(lanes_valid), .control_o(controls), .fresh_o(lanes_fresh),
    .parity_o(lanes_parity), .finished_o(finished)
  );

  // ---------------------------------------------------------------- sending y
  logic [ThingBits:0]           out_address;
  logic [Lanes*ElementBits-1:0] out_data;
  logic [Lanes*Channels*CBits-1:0] out_c;

  hw_valid_pipe #(.Stages(Step.drain)) u_done (.clk_i, .rst_ni, .valid_i(finished), .valid_o(done));

  hw_rnn_sender #(
    .Size(Shape.out_size), .Rows(Shape.order_rows), .Lanes(Lanes), .Sources(Sources),
    .ThingBits(ThingBits), .ActBits(ActBits), .CBits(CBits), .OutBits(OutBits), .Channels(Channels),
    .OrderFile(OrderFile)
  ) u_sender (
    .clk_i, .rst_ni, .done_i(done), .last_o(out_last), .read_o(out_address), .data_i(out_data),
    .c_i(out_c), .out_ok_i, .out_start_o, .out_valid_o, .out_data_o
  );

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    hw_rnn_lane #(
      .Shape(Shape), .Format(Format), .Cell(Cell), .Lookup(Lookup), .Pes(PesPerLane),
      .PeBits(PeBits), .Lanes(Lanes), .Lane(l), .WordBits(WordBits), .SigmaFile(SigmaFile),
      .CandidateFile(CandidateFile), .SquashFile(SquashFile), .UnitFile(UnitFile),
      .Channels(Channels)
    ) u_lane (
      .clk_i, .rst_ni, .valid_i(lanes_valid), .control_i(controls[l*ControlBits +: ControlBits]),
      .fresh_i(lanes_fresh), .parity_i(lanes_parity), .slot_o(slots[l]),
      .results_i(results[l*PesPerLane*SumBits +: PesPerLane*SumBits]), .write_o(state_write[l]),
      .address_o(state_address[l*StateBits +: StateBits]),
      .data_o(state_data[l*ElementBits +: ElementBits]),
      .begin_write_i(c_write[l]), .begin_thing_i(c_thing), .begin_c_i(c_data),
      .out_address_i(out_address), .out_data_o(out_data[l*ElementBits +: ElementBits]),
      .out_c_o(out_c[l*Channels*CBits +: Channels*CBits])
    );
  end

endmodule

`default_nettype wire
