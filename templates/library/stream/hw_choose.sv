// Gives the words of one of two streams, as the truth of a frame says.
//
// A frame has Words words of Lanes elements, of Widths[i] bits in the code that Recodings[i] says
// (in terms of hw_recode) at input i; behind the two inputs comes one number, the frame's truth.
// If that is not 0, the words come from input 0, else from input 1; the other one has none for this
// frame. Widths holds 32 bits for each input, Recodings a value of hw_recoding_pkg::recoding_e,
// input 0 in the least significant bits; InBits is the sum of Widths.
//
// Handshake: a core with its inputs packed. The first word of a frame waits for the truth and takes
// it; every cycle is a word. out_valid_o comes one cycle after out_start_o.

`default_nettype none

module hw_choose #(
  parameter int unsigned Words = 3,
  parameter int unsigned Lanes = 2,
  parameter logic [63:0] Widths = {2{32'd3}},
  parameter logic [3:0]  Recodings = {2{hw_recoding_pkg::Zeros}},
  parameter int unsigned InBits = 6,
  parameter int unsigned OutWidth = 5,
  parameter int unsigned TruthBits = 1
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_ni,

  input  wire logic [2:0]                        in_valid_i,
  output logic      [2:0]                        in_ready_o,
  input  wire logic [Lanes*InBits+TruthBits-1:0] in_data_i,

  input  wire logic                              out_ok_i,
  output logic                                   out_start_o,
  output logic                                   out_valid_o,
  output logic      [Lanes*OutWidth-1:0]         out_data_o
);

  if (Words < 1 || Lanes < 1 || TruthBits < 1) begin : gen_illegal
    $error("hw_choose: Words, Lanes and TruthBits must be at least 1");
  end
  if (Widths[31:0] + Widths[63:32] != InBits) begin : gen_illegal1
    $error("hw_choose: InBits must be the sum of Widths");
  end

  // ---- Codes ----

  logic [2*Lanes*OutWidth-1:0] data;

  for (genvar i = 0; i < 2; i++) begin : gen_recode
    localparam hw_recoding_pkg::recoding_e RECODING =
        (Recodings[i*2+:2] == hw_recoding_pkg::Sign) ? hw_recoding_pkg::Sign
        : (Recodings[i*2+:2] == hw_recoding_pkg::Bipolar) ? hw_recoding_pkg::Bipolar
        : hw_recoding_pkg::Zeros;

    if (Recodings[i*2+:2] > hw_recoding_pkg::Bipolar) begin : gen_illegal2
      $error("hw_choose: no such recoding");
    end

    hw_recode #(
      .Lanes(Lanes), .InWidth(Widths[i*32+:32]), .OutWidth(OutWidth), .Recoding(RECODING)
    ) i_recode (
      .data_i(in_data_i[((i == 0) ? 0 : Lanes*Widths[31:0])+:Lanes*Widths[i*32+:32]]),
      .data_o(data[i*Lanes*OutWidth+:Lanes*OutWidth])
    );
  end

  // ---- Control ----

  logic first_q, last, chosen, chosen_q, fire;

  assign chosen = first_q ? (in_data_i[Lanes*InBits+:TruthBits] != '0) : chosen_q;
  assign fire =
      (!first_q || in_valid_i[2]) && (chosen ? in_valid_i[0] : in_valid_i[1]) && out_ok_i;
  assign in_ready_o = {fire && first_q, fire && !chosen, fire && chosen};
  assign out_start_o = fire;

  hw_wrap #(.Count(Words)) i_words (.clk_i, .rst_ni, .step_i(fire), .last_o(last));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      out_valid_o <= 1'b0;
    end else begin
      if (fire) first_q <= last;
      out_valid_o <= fire;
    end
    chosen_q <= chosen;
    out_data_o <= chosen ? data[0+:Lanes*OutWidth] : data[Lanes*OutWidth+:Lanes*OutWidth];
  end

endmodule

`default_nettype wire
