// Largest, smallest or sum of the taps of a vector, channel by channel, all taps in one cycle.
//
// A word holds Taps taps of Parallel channels, tap after tap, and gives a word of Parallel results;
// or it holds Pixels such pixels, one after the other. A vector of the output then is a row of the
// map in Words words; in the last of them only Tail lanes are in use, those of pixels behind the
// end are cleared; 0 where all words are full.
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o); one word per cycle. Latency: out_valid_o
// comes ceil(log4(Taps)) cycles after out_start_o.
`default_nettype none

module hw_reduce_parallel #(
  parameter hw_reduction_pkg::reduction_e Kind = hw_reduction_pkg::Max,
  // At least 2.
  parameter int unsigned Taps = 4,
  parameter int unsigned Pixels = 1,
  parameter int unsigned Parallel = 1,
  parameter int unsigned Words = 1,
  parameter int unsigned Tail = 0,
  parameter int unsigned InBits = 1,
  parameter int unsigned OutBits = 1,
  parameter bit InSigned = 1'b0,
  // The input is one bit (0 means -1, 1 means +1), the sum two's complement.
  parameter bit BipolarToInt = 1'b0
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,

  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Pixels*Taps*Parallel*InBits-1:0] in0_data_i,

  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Pixels*Parallel*OutBits-1:0] out_data_o
);

  if (Taps < 2 || Pixels < 1 || Parallel < 1 || InBits < 1 || OutBits < 1) begin : gen_illegal
    $error("hw_reduce_parallel: Taps must be at least 2, Pixels, Parallel, widths at least 1");
  end

  localparam int unsigned Stages = (Taps > 1) ? ($clog2(Taps) + 1) / 2 : 1;

  // ---- Control ----

  logic fire;
  logic [Stages-1:0] valid_q;

  assign fire = in0_valid_i && out_ok_i;
  assign in0_ready_o = fire;
  assign out_start_o = fire;
  assign out_valid_o = valid_q[Stages-1];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= Stages'({valid_q, fire});
  end

  // ---- The taps of every channel side by side, then a tree ----

  localparam int unsigned Lanes = Pixels * Parallel;
  logic [Lanes*OutBits-1:0] result;

  if (Kind == hw_reduction_pkg::Sum) begin : gen_sum
    // In two's complement.
    localparam int unsigned Width = BipolarToInt ? 2 : InSigned ? InBits : InBits + 1;
    logic [Lanes*Taps*Width-1:0] terms;

    for (genvar p = 0; p < Lanes; p++) begin : gen_channel
      for (genvar t = 0; t < Taps; t++) begin : gen_term
        localparam int unsigned From = (p / Parallel * Taps + t) * Parallel + p % Parallel;
        logic [InBits-1:0] value;
        assign value = in0_data_i[From*InBits +: InBits];

        if (BipolarToInt) begin : gen_bipolar
          assign terms[(p*Taps + t)*Width +: Width] = {~value, 1'b1};
        end else if (InSigned) begin : gen_same
          assign terms[(p*Taps + t)*Width +: Width] = value;
        end else begin : gen_extend
          assign terms[(p*Taps + t)*Width +: Width] = {1'b0, value};
        end
      end
    end

    hw_sum_tree #(
      .Rows(Lanes), .Terms(Taps), .InBits(Width), .OutBits(OutBits)
    ) i_tree (
      .clk_i, .in_i(terms), .out_o(result)
    );
  end else begin : gen_select
    logic [Lanes*Taps*InBits-1:0] terms;

    for (genvar p = 0; p < Lanes; p++) begin : gen_channel
      for (genvar t = 0; t < Taps; t++) begin : gen_term
        localparam int unsigned From = (p / Parallel * Taps + t) * Parallel + p % Parallel;
        assign terms[(p*Taps + t)*InBits +: InBits] = in0_data_i[From*InBits +: InBits];
      end
    end

    hw_extremum_tree #(
      .Rows(Lanes), .Terms(Taps), .Bits(InBits), .Signed(InSigned),
      .Largest(Kind == hw_reduction_pkg::Max)
    ) i_tree (
      .clk_i, .in_i(terms), .out_o(result)
    );
  end

  hw_tail_mask #(
    .Parallel(Lanes), .Width(OutBits), .Words(Words), .Tail(Tail)
  ) i_tail (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .data_i(result), .data_o(out_data_o)
  );

endmodule

`default_nettype wire
