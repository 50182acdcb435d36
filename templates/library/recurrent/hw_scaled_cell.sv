// From the sums of a unit's gates to its states: factors, limits, functions, products.
//
// The rows i, f, candidate, o of a unit end in this order, with own_i, what x adds to a gate,
// beside its sum; the state c of Units units is kept here, and comes in unit by unit with load_i.
// Products of activations lose NewDigits digits, those of a state 15. There is a function for the
// gates i, f and o, one for the candidate, and one for c (hw_mirrored_function); factors are those
// of the module hw_rescale_by_gate.
//
// Latency from end_i of the gate o to valid_o: 22 cycles. The unit's new c is stored then.

`default_nettype none

module hw_scaled_cell #(
  parameter int unsigned Units = 3,
  parameter hw_scaled_pkg::cell_t Cell = hw_scaled_pkg::CELL,
  parameter SigmaFile = "",
  parameter SigmaRestFile = "",
  parameter CandidateFile = "",
  parameter CandidateRestFile = "",
  parameter SquashFile = "",
  parameter SquashRestFile = "",
  localparam int unsigned SumBits = Cell.sum_bits,
  localparam int unsigned YBits = Cell.y_bits
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  input  wire logic                      load_i,
  input  wire logic signed [15:0]        c_i,
  input  wire logic                      end_i,
  input  wire logic [1:0]                gate_i,
  input  wire logic signed [SumBits-1:0] sum_i,
  input  wire logic signed [15:0]        own_i,
  output logic                           valid_o,
  output logic signed [YBits-1:0]        y_o,
  output logic signed [15:0]             c_o
);

  localparam int unsigned NewDigits = Cell.new_digits;

  if (NewDigits < 15 || NewDigits > 30) begin : gen_illegal
    $error("hw_scaled_cell: new_digits is from 15 to 30");
  end
  if (Units < 1 || YBits < 1 || YBits > 16) begin : gen_illegal1
    $error("hw_scaled_cell: Units is at least 1, and y_bits from 1 to 16");
  end

  localparam int unsigned UnitBits = (Units > 1) ? $clog2(Units) : 1;
  localparam int unsigned Active = 9;  // from a sum to its activation

  logic [Active-1:0] end_q;
  logic [Active-1:0][1:0] gates_q;
  logic [2:0][15:0] owns_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) end_q <= '0;
    else end_q <= {end_q[Active-2:0], end_i};
    gates_q <= {gates_q[Active-2:0], gate_i};
    owns_q <= {owns_q[1:0], own_i};
  end

  // ---- Gates: factors, limits, functions ----

  localparam logic signed [15:0] Least = 16'sh8000;
  localparam logic signed [15:0] Most = 16'sh7fff;

  logic signed [31:0] rescaled;
  logic signed [32:0] z;
  logic signed [15:0] z_q, sigma, candidate, active;

  hw_rescale_by_gate #(
    .Gates(4), .InBits(SumBits),
    .Mantissas({Cell.mantissa_o, Cell.mantissa_g, Cell.mantissa_f, Cell.mantissa_i}),
    .Firsts({Cell.first_o, Cell.first_g, Cell.first_f, Cell.first_i}),
    .Seconds({Cell.second_o, Cell.second_g, Cell.second_f, Cell.second_i})
  ) i_rescale (
    .clk_i, .gate_i, .x_i(sum_i), .y_o(rescaled)
  );
  assign z = 33'(rescaled) + 33'($signed(owns_q[2]));
  always_ff @(posedge clk_i) begin
    z_q <= (z < 33'(Least)) ? Least : (z > 33'(Most)) ? Most : 16'(z);
  end

  hw_mirrored_function #(
    .Digits(Cell.sigma_digits), .SlopeBits(Cell.sigma_slope_bits), .RestBits(Cell.sigma_rest_bits),
    .Mirror(32767), .SampleFile(SigmaFile), .RestFile(SigmaRestFile)
  ) i_sigma (
    .clk_i, .x_i(z_q), .y_o(sigma)
  );
  hw_mirrored_function #(
    .Digits(Cell.candidate_digits), .SlopeBits(Cell.candidate_slope_bits),
    .RestBits(Cell.candidate_rest_bits), .Mirror(0),
    .SampleFile(CandidateFile), .RestFile(CandidateRestFile)
  ) i_candidate (
    .clk_i, .x_i(z_q), .y_o(candidate)
  );
  assign active = (gates_q[Active-1] == 2'd2) ? candidate : sigma;

  // ---- States: two cycles of products, one of limits, a function, a product and its factor ----

  logic complete, store;
  logic [UnitBits-1:0] unit_q, store_unit_q;
  logic signed [15:0] c_mem [1 << UnitBits];
  logic signed [15:0] input_q, forget_q, candidate_q, c_q, cell_q, squashed;
  logic signed [31:0] kept_q, new_q;
  logic signed [31:0] kept, entering;
  logic signed [17:0] kept_q2, entering_q2;
  logic signed [18:0] following;
  logic [7:0][15:0] shown_q;
  logic [9:0][15:0] cells_q;
  logic signed [30:0] hidden_q;
  logic signed [31:0] y;
  logic signed [32:0] y_moved;

  assign complete = end_q[Active-1] && (gates_q[Active-1] == 2'd3);
  assign store = load_i || valid_o;
  // Halves away from zero.
  assign kept = kept_q + 32'sd16384 - $signed({31'd0, kept_q[31]});
  assign entering = new_q + 32'(1 << (NewDigits - 1)) - $signed({31'd0, new_q[31]});
  assign following = 19'(kept_q2) + 19'(entering_q2);

  always_ff @(posedge clk_i) begin
    if (store) c_mem[store_unit_q] <= load_i ? c_i : c_o;
    c_q <= c_mem[unit_q];
    if (end_q[Active-1]) begin
      if (gates_q[Active-1] == 2'd0) input_q <= active;
      if (gates_q[Active-1] == 2'd1) forget_q <= active;
      if (gates_q[Active-1] == 2'd2) candidate_q <= active;
    end
    kept_q <= forget_q * c_q;
    new_q <= input_q * candidate_q;
    kept_q2 <= 18'(kept >>> 15);
    entering_q2 <= 18'(entering >>> NewDigits);
    if (32'(following) < Cell.cell_low) cell_q <= 16'(Cell.cell_low);
    else if (32'(following) > Cell.cell_high) cell_q <= 16'(Cell.cell_high);
    else cell_q <= 16'(following);
    shown_q <= {shown_q[6:0], active};
    cells_q <= {cells_q[8:0], cell_q};
    hidden_q <= $signed(shown_q[7]) * squashed;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      unit_q <= '0;
      store_unit_q <= '0;
    end else begin
      if (complete) unit_q <= (unit_q == UnitBits'(Units - 1)) ? '0 : unit_q + 1'b1;
      if (store) begin
        store_unit_q <= (store_unit_q == UnitBits'(Units - 1)) ? '0 : store_unit_q + 1'b1;
      end
    end
  end

  hw_mirrored_function #(
    .Digits(Cell.squash_digits), .SlopeBits(Cell.squash_slope_bits),
    .RestBits(Cell.squash_rest_bits), .Mirror(0),
    .SampleFile(SquashFile), .RestFile(SquashRestFile)
  ) i_squash (
    .clk_i, .x_i(cell_q), .y_o(squashed)
  );
  hw_rescale_by_gate #(
    .Gates(1), .InBits(31), .Mantissas(Cell.hidden_mantissa), .Firsts(Cell.hidden_first),
    .Seconds(Cell.hidden_second)
  ) i_hidden (
    .clk_i, .gate_i(1'b0), .x_i(hidden_q), .y_o(y)
  );
  assign y_moved = 33'(y) + 33'(Cell.zero);
  always_ff @(posedge clk_i) begin
    y_o <= (y_moved < 33'(Cell.low)) ? YBits'(Cell.low)
        : (y_moved > 33'(Cell.high)) ? YBits'(Cell.high) : YBits'(y_moved);
  end
  assign c_o = cells_q[9];

  hw_valid_pipe #(.Stages(13)) i_valid (
    .clk_i, .rst_ni, .valid_i(complete), .valid_o
  );

endmodule

`default_nettype wire
