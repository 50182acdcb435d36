// Passes Words[0] words of input 0, then Words[1] of input 1, and so on, over and over.
//
// Words holds 32 bits for each input. A word has Lanes lanes of Width bits; the last word of the
// last input has only LastLanes, zero above them.
//
// Handshake: a core with its inputs in vectors. One word per cycle; out_valid_o comes one cycle
// after out_start_o.

`default_nettype none

module hw_concat #(
  parameter int unsigned Inputs = 2,
  parameter int unsigned Lanes = 4,
  parameter int unsigned Width = 8,
  parameter int unsigned LastLanes = Lanes,
  parameter logic [Inputs*32-1:0] Words = {Inputs{32'd3}}
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  // Input streams
  input  wire logic [Inputs-1:0]             in_valid_i,
  output logic      [Inputs-1:0]             in_ready_o,
  input  wire logic [Inputs*Lanes*Width-1:0] in_data_i,
  // Output to a credit FIFO
  input  wire logic                          out_ok_i,
  output logic                               out_start_o,
  output logic                               out_valid_o,
  output logic      [Lanes*Width-1:0]        out_data_o
);

  if (Lanes < 1 || LastLanes < 1 || LastLanes > Lanes || Inputs < 1) begin : gen_illegal
    $error("hw_concat: a last word has between 1 and all lanes, and Inputs is at least 1");
  end

  localparam int unsigned WordWidth = Lanes * Width;

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
      if (fire && finished) turn_q <= {turn_q[Inputs-2:0], turn_q[Inputs-1]};
      out_valid_o <= fire;
    end
  end

  // ---------------------------------------------------------------- data
  logic [WordWidth-1:0] word;

  always_comb begin
    word = '0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (turn_q[i]) word = word | in_data_i[i*WordWidth+:WordWidth];
    end
    // A bipolar lane that nobody uses has been recoded to -1.
    for (int unsigned i = LastLanes; i < Lanes; i++) begin
      if (turn_q[Inputs-1] && last[Inputs-1]) word[i*Width+:Width] = '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fire) out_data_o <= word;
  end

endmodule

`default_nettype wire
