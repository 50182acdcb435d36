// Concatenates the channels of streams: passes Words[0] words of input 0, then Words[1] of input 1,
// and so on, over and over.
//
// A word has Lanes elements, of Widths[i] bits at input i in the code that Recodings[i] says (in
// terms of hw_recode), and of OutWidth bits behind that. The last word of the last input has only
// LastLanes elements, zero above them. Widths and Words hold 32 bits for each input, Recodings a
// value of hw_recoding_pkg::recoding_e, input 0 in the least significant bits; InBits is the sum of
// Widths.
//
// Handshake: a core with its inputs packed. One word per cycle; out_valid_o comes one cycle after
// out_start_o.

`default_nettype none

module hw_concat #(
  parameter int unsigned Inputs = 2,
  parameter int unsigned Lanes = 4,
  parameter int unsigned LastLanes = Lanes,
  parameter logic [Inputs*32-1:0] Widths = {Inputs{32'd4}},
  parameter logic [Inputs*2-1:0] Recodings = {Inputs{hw_recoding_pkg::Zeros}},
  parameter logic [Inputs*32-1:0] Words = {Inputs{32'd3}},
  parameter int unsigned InBits = Inputs * 4,
  parameter int unsigned OutWidth = 8
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  // Input streams
  input  wire logic [Inputs-1:0]         in_valid_i,
  output logic      [Inputs-1:0]         in_ready_o,
  input  wire logic [Lanes*InBits-1:0]   in_data_i,
  // Output to a credit FIFO
  input  wire logic                      out_ok_i,
  output logic                           out_start_o,
  output logic                           out_valid_o,
  output logic      [Lanes*OutWidth-1:0] out_data_o
);

  if (Lanes < 1 || LastLanes < 1 || LastLanes > Lanes || Inputs < 1) begin : gen_illegal
    $error("hw_concat: a last word has between 1 and all lanes, and Inputs is at least 1");
  end
  if (bits_before(Inputs) != InBits) begin : gen_illegal1
    $error("hw_concat: InBits must be the sum of Widths");
  end

  localparam int unsigned WordWidth = Lanes * OutWidth;

  // Bits of an element of all inputs below `count`.
  function automatic int unsigned bits_before(input int unsigned count);
    bits_before = 0;
    for (int unsigned i = 0; i < count; i++) bits_before = bits_before + Widths[i*32+:32];
  endfunction

  // ---------------------------------------------------------------- codes
  logic [Inputs*WordWidth-1:0] data;

  for (genvar i = 0; i < Inputs; i++) begin : gen_recode
    localparam hw_recoding_pkg::recoding_e RECODING =
        (Recodings[i*2+:2] == hw_recoding_pkg::Sign) ? hw_recoding_pkg::Sign
        : (Recodings[i*2+:2] == hw_recoding_pkg::Bipolar) ? hw_recoding_pkg::Bipolar
        : hw_recoding_pkg::Zeros;

    if (Recodings[i*2+:2] > hw_recoding_pkg::Bipolar) begin : gen_illegal2
      $error("hw_concat: no such recoding");
    end

    hw_recode #(
      .Lanes(Lanes),
      .InWidth(Widths[i*32+:32]),
      .OutWidth(OutWidth),
      .Recoding(RECODING)
    ) u_recode (
      .data_i(in_data_i[Lanes*bits_before(i)+:Lanes*Widths[i*32+:32]]),
      .data_o(data[i*WordWidth+:WordWidth])
    );
  end

  // ---------------------------------------------------------------- whose turn it is
  // The inputs form a ring of one-hot turn bits; every input counts its own words.
  logic [Inputs-1:0] turn_q, last;
  logic              fire, finished;

  for (genvar i = 0; i < Inputs; i++) begin : gen_count
    hw_wrap #(
      .Count(Words[i*32+:32])
    ) u_word (
      .clk_i,
      .rst_ni,
      .step_i(in_ready_o[i]),
      .last_o(last[i])
    );
  end

  assign fire = |(in_valid_i & turn_q) && out_ok_i;
  assign finished = |(last & turn_q);
  assign in_ready_o = fire ? turn_q : '0;
  assign out_start_o = fire;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      turn_q <= Inputs'(1);
      out_valid_o <= 1'b0;
    end else begin
      if (fire && finished) turn_q <= (turn_q << 1) | (turn_q >> (Inputs - 1));
      out_valid_o <= fire;
    end
  end

  // ---------------------------------------------------------------- data
  logic [WordWidth-1:0] word;

  always_comb begin
    word = '0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (turn_q[i]) word = word | data[i*WordWidth+:WordWidth];
    end
    // A bipolar lane that nobody uses has been recoded to -1.
    for (int unsigned i = LastLanes; i < Lanes; i++) begin
      if (turn_q[Inputs-1] && last[Inputs-1]) word[i*OutWidth+:OutWidth] = '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire) out_data_o <= word;
  end

endmodule

`default_nettype wire
