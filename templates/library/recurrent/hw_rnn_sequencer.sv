// Runs the lanes' programs of a recurrent engine in step with what the PEs have finished.
//
// start_i says that a step's first row is issued to the PEs; step_i is low in a cycle in which one
// was to be issued and was not there. Both are looked at 5 cycles later, for a row that
// is issued in cycle t is in the PEs' result registers in cycle t + 6, and the sums that row k of
// the lanes' programs takes are read in the cycle after it is addressed. The lanes' programs start
// Delay cycles after the PEs'; Delay is 5 at least. Cycles with step_i low do not count.
//
// control_o and valid_o come one cycle after the row is addressed; fresh_i and parity_i are those
// of the step that started last. finished_o is high when the last row is addressed.

`default_nettype none

module hw_rnn_sequencer #(
  parameter int unsigned Width = 16,
  parameter int unsigned Cycles = 64,
  parameter int unsigned Delay = 8,
  parameter int unsigned Channels = 1,
  parameter ControlFile = ""
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic                start_i,
  input  wire logic                step_i,
  input  wire logic [Channels-1:0] fresh_i,
  input  wire logic                parity_i,
  output logic                     valid_o,
  output logic      [Width-1:0]    control_o,
  output logic      [Channels-1:0] fresh_o,
  output logic                     parity_o,
  output logic                     finished_o
);

  localparam int unsigned Behind = 5;
  localparam int unsigned CycleBits = $clog2(Cycles);
  localparam logic [CycleBits-1:0] LAST = CycleBits'(Cycles - 1);

  if (Delay < Behind) begin : gen_illegal
    $error("hw_rnn_sequencer: Delay must be at least 5");
  end

  logic begins, step, starts;

  hw_valid_pipe #(.Stages(Behind)) u_start (
    .clk_i, .rst_ni, .valid_i(start_i), .valid_o(begins)
  );
  hw_valid_pipe #(.Stages(Behind)) u_step (.clk_i, .rst_ni, .valid_i(step_i), .valid_o(step));

  // ---------------------------------------------------------------- the rest of the delay
  if (Delay == Behind) begin : gen_at_once
    assign starts = begins;
  end else begin : gen_later
    localparam int unsigned DelayBits = $clog2(Delay - Behind + 1);

    logic [DelayBits-1:0] delay_q;
    logic                 waiting_q;

    assign starts = waiting_q && step && (delay_q == DelayBits'(1));

    always_ff @(posedge clk_i) begin
      if (!rst_ni) waiting_q <= 1'b0;
      else if (begins) waiting_q <= 1'b1;
      else if (starts) waiting_q <= 1'b0;
    end

    always_ff @(posedge clk_i) begin
      if (begins) delay_q <= DelayBits'(Delay - Behind);
      else if (step) delay_q <= delay_q - DelayBits'(1);
    end
  end

  // ---------------------------------------------------------------- rows
  logic [CycleBits-1:0] row_q, row;
  logic                 idle_q, active;

  assign active = starts || (!idle_q && step);
  assign row = starts ? '0 : row_q;
  assign finished_o = active && (row == LAST);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      idle_q <= 1'b1;
      valid_o <= 1'b0;
    end else begin
      if (active) idle_q <= row == LAST;
      valid_o <= active;
    end
  end

  always_ff @(posedge clk_i) begin
    if (active) row_q <= row + CycleBits'(1);
    if (starts) begin
      fresh_o <= fresh_i;
      parity_o <= parity_i;
    end
  end

  hw_weight_rom #(
    .Width(Width), .Depth(Cycles), .AddressBits(CycleBits), .WeightFile(ControlFile)
  ) u_control (.clk_i, .addr_i(row), .data_o(control_o));

endmodule

`default_nettype wire
