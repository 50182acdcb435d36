// Gives a frame and keeps it, or gives the frame again that was kept last, as a truth says.
//
// A frame has Words words of Lanes elements, and one number at input 1, its truth. If that is not
// 0, the words come from input 0; else nothing is taken there. Before the first frame that was
// taken, all elements are Start. Codes become wider as hw_recode says.
//
// Handshake: a core. The first word of a frame waits for the truth and takes it; every cycle is a
// word. out_valid_o comes one cycle after out_start_o.

`default_nettype none

module hw_hold #(
  parameter int unsigned Words = 3,
  parameter int unsigned Lanes = 2,
  parameter int unsigned InWidth = 3,
  parameter int unsigned OutWidth = 5,
  parameter hw_recoding_pkg::recoding_e Recoding = hw_recoding_pkg::Zeros,
  parameter int unsigned TruthBits = 1,
  parameter logic [OutWidth-1:0] Start = '0
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,

  input  wire logic                      in0_valid_i,
  output logic                           in0_ready_o,
  input  wire logic [Lanes*InWidth-1:0]  in0_data_i,

  input  wire logic                      in1_valid_i,
  output logic                           in1_ready_o,
  input  wire logic [TruthBits-1:0]      in1_data_i,

  input  wire logic                      out_ok_i,
  output logic                           out_start_o,
  output logic                           out_valid_o,
  output logic      [Lanes*OutWidth-1:0] out_data_o
);

  if (Words < 1 || Lanes < 1 || TruthBits < 1) begin : gen_illegal
    $error("hw_hold: Words, Lanes and TruthBits must be at least 1");
  end

  localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;

  // ---- Control ----

  logic [WordBits-1:0] word_q;
  logic first, last, takes, takes_q, known_q, fire;

  assign first = word_q == '0;
  assign last = word_q == WordBits'(Words - 1);
  assign takes = first ? (in1_valid_i && in1_data_i != '0) : takes_q;
  assign fire = (!first || in1_valid_i) && (!takes || in0_valid_i) && out_ok_i;
  assign in0_ready_o = fire && takes;
  assign in1_ready_o = fire && first;
  assign out_start_o = fire;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      word_q <= '0;
      known_q <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      if (fire) word_q <= last ? '0 : word_q + 1'b1;
      if (in0_ready_o) known_q <= 1'b1;
      out_valid_o <= fire;
    end
    takes_q <= takes;
  end

  // ---- The frame that was taken last ----

  // One port: a word is passed on in the cycle in which it is written, and written until it is
  // there.
  logic [Lanes*InWidth-1:0] kept_mem [1 << WordBits];
  logic [Lanes*InWidth-1:0] given_q;
  logic [Lanes*OutWidth-1:0] recoded;
  logic started_q;

  always_ff @(posedge clk_i) begin
    if (takes) begin
      kept_mem[word_q] <= in0_data_i;
      given_q <= in0_data_i;
    end else begin
      given_q <= kept_mem[word_q];
    end
    started_q <= known_q || takes;
  end

  hw_recode #(
    .Lanes(Lanes), .InWidth(InWidth), .OutWidth(OutWidth), .Recoding(Recoding)
  ) i_recode (
    .data_i(given_q), .data_o(recoded)
  );

  assign out_data_o = started_q ? recoded : {Lanes{Start}};

endmodule

`default_nettype wire
