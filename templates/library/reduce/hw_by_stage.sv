// What reductions share that take all taps of a vector at once, and whose order counts: a stage for
// each tap, which adds it to what the stage before it left. What a stage does stands around it.
//
// A word holds Taps taps of Parallel channels, tap after tap, and gives a word of Parallel results;
// or it holds Pixels such pixels, one after the other. A vector of the output then is a row of the
// map in Words words; in the last of them only Tail lanes are in use, those of pixels behind the
// end are cleared; 0 where all words are full.
//
// terms_o has the word of tap t in the cycle in which its stage works, before_o what the stage
// before it left (0 in front of the first), after_i is what to leave.
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o); one word per cycle. Latency: out_valid_o
// comes Taps cycles after out_start_o.
`default_nettype none

module hw_by_stage #(
  parameter int unsigned Taps = 4,
  parameter int unsigned Pixels = 1,
  parameter int unsigned Parallel = 1,
  parameter int unsigned Words = 1,
  parameter int unsigned Tail = 0,
  parameter int unsigned InBits = 1,
  parameter int unsigned OutBits = 1,
  localparam int unsigned Lanes = Pixels * Parallel,
  localparam int unsigned InWidth = Lanes * InBits,
  localparam int unsigned OutWidth = Lanes * OutBits
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,

  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Taps*InWidth-1:0] in0_data_i,

  output logic [Taps*InWidth-1:0] terms_o,
  output logic [Taps*OutWidth-1:0] before_o,
  input  wire logic [Taps*OutWidth-1:0] after_i,

  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [OutWidth-1:0] out_data_o
);

  if (Taps < 2 || Pixels < 1 || Parallel < 1 || InBits < 1 || OutBits < 1) begin : gen_illegal
    $error("hw_by_stage: Taps must be at least 2, Pixels, Parallel and widths at least 1");
  end

  // ---- Control ----

  logic fire;

  assign fire = in0_valid_i && out_ok_i;
  assign in0_ready_o = fire;
  assign out_start_o = fire;

  hw_valid_pipe #(.Stages(Taps)) i_valid (
    .clk_i, .rst_ni, .valid_i(fire), .valid_o(out_valid_o)
  );

  // ---- The taps of all lanes, each as late as its stage, and what the stages leave ----

  logic [Taps*OutWidth-1:0] sums_q;

  always_ff @(posedge clk_i) sums_q <= after_i;

  assign before_o = {sums_q[(Taps-1)*OutWidth-1:0], {OutWidth{1'b0}}};

  for (genvar t = 0; t < Taps; t++) begin : gen_tap
    logic [InWidth-1:0] word;

    for (genvar p = 0; p < Lanes; p++) begin : gen_lane
      localparam int unsigned From = (p / Parallel * Taps + t) * Parallel + p % Parallel;
      assign word[p*InBits +: InBits] = in0_data_i[From*InBits +: InBits];
    end

    if (t == 0) begin : gen_now
      assign terms_o[0 +: InWidth] = word;
    end else begin : gen_late
      logic [t*InWidth-1:0] late_q;
      if (t == 1) begin : gen_one
        always_ff @(posedge clk_i) late_q <= word;
      end else begin : gen_more
        always_ff @(posedge clk_i) late_q <= {late_q[(t-1)*InWidth-1:0], word};
      end
      assign terms_o[t*InWidth +: InWidth] = late_q[(t-1)*InWidth +: InWidth];
    end
  end

  hw_tail_mask #(
    .Parallel(Lanes), .Width(OutBits), .Words(Words), .Tail(Tail)
  ) i_tail (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .data_i(sums_q[(Taps-1)*OutWidth +: OutWidth]),
    .data_o(out_data_o)
  );

endmodule

`default_nettype wire
