// Steps of an LSTM cell whose sums are scaled by any factors and rounded, with 16 bits inside.
//
// A frame begins with Units words of y (input 1) and of c (input 2), both in the same cycle. Then
// come Steps times Units words of input 0: what x adds to a unit's gates i, f, candidate and o. A
// unit takes four rows of Words cycles each, in which Lanes elements of y of the step before are
// multiplied, and gives a word {c, y}. Behind the last unit of a step, nothing happens until its
// result is stored. y has two banks, c is replaced unit by unit. Rows of WeightFile have Lanes
// weights (those beyond Units are zero), in the order unit, gate, word; rows of BiasFile one bias,
// in the order unit, gate. What becomes of a sum is in hw_scaled_cell.
//
// Handshake: a core. A unit's first cycle takes its word and starts the output, and nothing else
// waits. Latency from out_start_o to out_valid_o: 4 * Words + 24 cycles and that of hw_sum_tree.

`default_nettype none

module hw_scaled_lstm #(
  parameter int unsigned Units = 3,
  parameter int unsigned Steps = 2,
  parameter int unsigned Lanes = 2,
  parameter int unsigned WBits = 4,
  parameter int unsigned OwnBits = 16,
  parameter bit          OwnSigned = 1'b1,
  parameter int unsigned BeginBits = 8,
  parameter bit          BeginSigned = 1'b1,
  parameter int unsigned CellBits = 16,
  parameter bit          CellSigned = 1'b1,
  parameter int unsigned OutBits = 16,
  parameter hw_scaled_pkg::cell_t Cell = hw_scaled_pkg::CELL,
  parameter WeightFile = "",
  parameter BiasFile = "",
  parameter SigmaFile = "",
  parameter SigmaRestFile = "",
  parameter CandidateFile = "",
  parameter CandidateRestFile = "",
  parameter SquashFile = "",
  parameter SquashRestFile = ""
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_ni,

  input  wire logic                   in0_valid_i,
  output logic                        in0_ready_o,
  input  wire logic [4*OwnBits-1:0]   in0_data_i,

  input  wire logic                   in1_valid_i,
  output logic                        in1_ready_o,
  input  wire logic [BeginBits-1:0]   in1_data_i,

  input  wire logic                   in2_valid_i,
  output logic                        in2_ready_o,
  input  wire logic [CellBits-1:0]    in2_data_i,

  input  wire logic                   out_ok_i,
  output logic                        out_start_o,
  output logic                        out_valid_o,
  output logic      [2*OutBits-1:0]   out_data_o
);

  if (Units < 1 || Steps < 1 || Lanes < 1 || Lanes > Units) begin : gen_illegal
    $error("hw_scaled_lstm: Units and Steps are at least 1, and Lanes from 1 to Units");
  end
  if (OwnBits < 1 || OwnBits > 16 || BeginBits < 1 || BeginBits > Cell.y_bits || CellBits < 1
      || CellBits > 16 || Cell.y_bits > OutBits || OutBits > 16) begin : gen_illegal1
    $error("hw_scaled_lstm: inputs and results have at most 16 bits, and y those of its start");
  end

  localparam int unsigned BiasBits = Cell.bias_bits;
  localparam int unsigned SumBits = Cell.sum_bits;
  localparam int unsigned YBits = Cell.y_bits;
  localparam int unsigned Words = (Units + Lanes - 1) / Lanes;
  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;
  localparam int unsigned LaneBits = (Lanes > 1) ? $clog2(Lanes) : 1;
  localparam int unsigned Depth = 4 * Units * Words;
  localparam int unsigned AddressBits = $clog2(Depth);
  localparam int unsigned Rows = 4 * Units;
  localparam int unsigned RowBits = $clog2(Rows);
  localparam int unsigned ProductBits = WBits + YBits;
  localparam int unsigned Tree = ($clog2(Lanes) + 1) / 2;
  localparam int unsigned Sum = Tree + 3;        // from a cycle of a row to its sum
  localparam int unsigned Drain = Sum + 22;      // to the result: hw_scaled_cell takes 22 cycles

  // ---- Control: loading, the cycles of a step's rows, and waiting for its results ----

  typedef enum logic [1:0] {Loading, Running, Draining} phase_e;
  phase_e phase_q;
  logic load, fire, first, last_load, last_word, last_gate, last_unit, last_step, drained;
  logic row_end, unit_end, step_end;
  logic first_word_q;
  logic [1:0] gate_q;
  logic [WordBits-1:0] word_q;
  logic [AddressBits-1:0] address_q;
  logic [RowBits-1:0] row_q;

  assign load = (phase_q == Loading) && in1_valid_i && in2_valid_i;
  assign in1_ready_o = load;
  assign in2_ready_o = load;
  assign first = first_word_q && (gate_q == 2'd0);
  assign fire = (phase_q == Running) && (!first || (in0_valid_i && out_ok_i));
  assign in0_ready_o = fire && first;
  assign out_start_o = fire && first;
  assign row_end = fire && last_word;
  assign last_gate = gate_q == 2'd3;
  assign unit_end = row_end && last_gate;
  assign step_end = unit_end && last_unit;

  hw_wrap #(.Count(Units)) i_load (.clk_i, .rst_ni, .step_i(load), .last_o(last_load));
  hw_wrap #(.Count(Words)) i_word (.clk_i, .rst_ni, .step_i(fire), .last_o(last_word));
  hw_wrap #(.Count(Units)) i_unit (.clk_i, .rst_ni, .step_i(unit_end), .last_o(last_unit));
  hw_wrap #(.Count(Steps)) i_step (.clk_i, .rst_ni, .step_i(step_end), .last_o(last_step));
  hw_wrap #(.Count(Drain)) i_drain (
    .clk_i, .rst_ni, .step_i(phase_q == Draining), .last_o(drained)
  );

  logic over_q;  // the step that drains is a frame's last one

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      phase_q <= Loading;
      first_word_q <= 1'b1;
      gate_q <= '0;
      word_q <= '0;
      address_q <= '0;
      row_q <= '0;
      over_q <= 1'b0;
    end else begin
      if (load && last_load) phase_q <= Running;
      if (step_end) phase_q <= Draining;
      if (phase_q == Draining && drained) phase_q <= over_q ? Loading : Running;
      if (step_end) over_q <= last_step;
      if (fire) begin
        first_word_q <= last_word;
        word_q <= last_word ? '0 : word_q + 1'b1;
        address_q <= step_end ? '0 : address_q + 1'b1;
      end
      if (row_end) begin
        gate_q <= gate_q + 1'b1;
        row_q <= step_end ? '0 : row_q + 1'b1;
      end
    end
  end

  // ---- y in two banks: one is read while results go into the other ----

  logic store, last_store, last_lane, bank_q, result_valid;
  logic [LaneBits-1:0] lane_q;
  logic [WordBits-1:0] store_word_q;
  logic signed [YBits-1:0] y_result, y_stored;
  logic signed [15:0] c_result;

  assign store = load || result_valid;
  assign last_lane = lane_q == LaneBits'(Lanes - 1);
  assign y_stored = !load ? y_result
      : BeginSigned ? YBits'($signed(in1_data_i)) : YBits'(in1_data_i);

  hw_wrap #(.Count(Units)) i_store (.clk_i, .rst_ni, .step_i(store), .last_o(last_store));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bank_q <= 1'b0;
      lane_q <= '0;
      store_word_q <= '0;
    end else if (store) begin
      bank_q <= bank_q ^ last_store;
      lane_q <= (last_store || last_lane) ? '0 : lane_q + 1'b1;
      if (last_store) store_word_q <= '0;
      else if (last_lane) store_word_q <= store_word_q + 1'b1;
    end
  end

  // ---- Sums of products ----

  logic [Lanes*WBits-1:0] weights;
  logic signed [BiasBits-1:0] bias;
  logic [Lanes*ProductBits-1:0] products_q;
  logic signed [SumBits-1:0] sum, sum_q;
  logic last_word_q;

  hw_slice_rom #(.Depth(Depth), .Width(Lanes * WBits), .File(WeightFile)) i_weights (
    .clk_i, .addr_i(address_q), .data_o(weights)
  );
  hw_slice_rom #(.Depth(Rows), .Width(BiasBits), .File(BiasFile)) i_biases (
    .clk_i, .addr_i(row_q), .data_o(bias)
  );
  always_ff @(posedge clk_i) last_word_q <= last_word;

  for (genvar l = 0; l < Lanes; l++) begin : gen_lane
    logic [YBits-1:0] y_mem [2 << WordBits];
    logic signed [YBits-1:0] y_q, factor;

    always_ff @(posedge clk_i) begin
      if (store && lane_q == LaneBits'(l)) y_mem[{bank_q, store_word_q}] <= y_stored;
      y_q <= y_mem[{!bank_q, word_q}];
    end
    // A last word may have fewer elements.
    if ((Words - 1) * Lanes + l < Units) begin : gen_there
      assign factor = y_q;
    end else begin : gen_ragged
      assign factor = last_word_q ? '0 : y_q;
    end
    always_ff @(posedge clk_i) begin
      products_q[l*ProductBits +: ProductBits] <= $signed(weights[l*WBits +: WBits]) * factor;
    end
  end

  hw_sum_tree #(.Rows(1), .Terms(Lanes), .InBits(ProductBits), .OutBits(SumBits)) i_tree (
    .clk_i, .in_i(products_q), .out_o(sum)
  );

  // What travels beside: whether a row begins or ends, its gate, its bias, and what x adds.
  logic [Sum-1:0] end_q;
  logic [Sum-1:0][1:0] gates_q;
  logic [Sum-1:0] begin_q;
  logic [Tree:0][BiasBits-1:0] biases_q;
  logic [4*OwnBits-1:0] own_q;
  logic [OwnBits-1:0] own;
  logic [Sum-1:0][OwnBits-1:0] owns_q;

  assign own = first ? in0_data_i[OwnBits-1:0] : own_q[gate_q*OwnBits +: OwnBits];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) end_q <= '0;
    else end_q <= {end_q[Sum-2:0], row_end};
    gates_q <= {gates_q[Sum-2:0], gate_q};
    begin_q <= {begin_q[Sum-2:0], first_word_q};
    biases_q[0] <= bias;
    for (int unsigned i = 1; i <= Tree; i++) biases_q[i] <= biases_q[i-1];
    if (fire && first) own_q <= in0_data_i;
    owns_q <= {owns_q[Sum-2:0], own};
    sum_q <= (begin_q[Sum-2] ? SumBits'($signed(biases_q[Tree])) : sum_q) + sum;
  end

  hw_scaled_cell #(
    .Units(Units), .Cell(Cell), .SigmaFile(SigmaFile), .SigmaRestFile(SigmaRestFile),
    .CandidateFile(CandidateFile), .CandidateRestFile(CandidateRestFile),
    .SquashFile(SquashFile), .SquashRestFile(SquashRestFile)
  ) i_cell (
    .clk_i, .rst_ni,
    .load_i(load), .c_i(CellSigned ? 16'($signed(in2_data_i)) : 16'(in2_data_i)),
    .end_i(end_q[Sum-1]), .gate_i(gates_q[Sum-1]), .sum_i(sum_q),
    .own_i(OwnSigned ? 16'($signed(owns_q[Sum-1])) : 16'(owns_q[Sum-1])),
    .valid_o(result_valid), .y_o(y_result), .c_o(c_result)
  );

  assign out_valid_o = result_valid;
  assign out_data_o = {OutBits'(c_result), OutBits'(y_result)};

endmodule

`default_nettype wire
