// What reductions share that take the taps of a vector one after another: order, accumulators, and
// the output register. What is done to a word stands around it.
//
// Takes the words of tap 0, then those of tap 1, and so on; keeps one accumulator word for each
// word of a tap, and gives the results while it takes the words of the last tap. In the cycle in
// which a word is taken, `stored_o` is its accumulator (meaningless while `first_tap_o`), and
// `result_i` is what to keep: a function of the word, `stored_o` and the two flags.
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o). One word per cycle; only words of the
// last tap wait for room in the output. Latency: out_valid_o comes one cycle after out_start_o.
`default_nettype none

module hw_by_tap #(
  parameter int unsigned Taps = 4,
  // Words of one tap.
  parameter int unsigned Words = 2,
  // Of an accumulator word, which is a result's.
  parameter int unsigned Bits = 6
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,

  input  wire logic in0_valid_i,
  output logic in0_ready_o,

  output logic first_tap_o,
  output logic last_word_o,
  output logic [Bits-1:0] stored_o,
  input  wire logic [Bits-1:0] result_i,

  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Bits-1:0] out_data_o
);

  if (Taps < 1 || Words < 1 || Bits < 1) begin : gen_illegal
    $error("hw_by_tap: Taps, Words and Bits must be at least 1");
  end

  localparam int unsigned TapBits = (Taps > 1) ? $clog2(Taps) : 1;
  localparam int unsigned IndexBits = (Words > 1) ? $clog2(Words) : 1;

  // ---------------------------------------------------------------------------------------------
  // Control

  logic [TapBits-1:0] tap_q;
  logic [IndexBits-1:0] index_q;
  logic last_tap, fire;

  assign first_tap_o = tap_q == '0;
  assign last_tap = tap_q == TapBits'(Taps - 1);
  assign last_word_o = index_q == IndexBits'(Words - 1);
  assign fire = in0_valid_i && (!last_tap || out_ok_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tap_q <= '0;
      index_q <= '0;
    end else if (fire) begin
      index_q <= last_word_o ? '0 : index_q + 1'b1;
      if (last_word_o) tap_q <= last_tap ? '0 : tap_q + 1'b1;
    end
  end

  assign in0_ready_o = fire;
  assign out_start_o = fire && last_tap;

  // ---------------------------------------------------------------------------------------------
  // Accumulators: read and written back in one cycle; a single tap needs none

  if (Taps > 1) begin : gen_accumulate
    logic [Bits-1:0] mem [Words];

    assign stored_o = mem[index_q];

    always_ff @(posedge clk_i) begin
      if (fire) mem[index_q] <= result_i;
    end
  end else begin : gen_pass
    assign stored_o = '0;
  end

  // ---------------------------------------------------------------------------------------------
  // Output register

  logic valid_q;
  logic [Bits-1:0] data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= 1'b0;
    else valid_q <= out_start_o;
  end

  always_ff @(posedge clk_i) begin
    if (out_start_o) data_q <= result_i;
  end

  assign out_valid_o = valid_q;
  assign out_data_o = data_q;

endmodule

`default_nettype wire
