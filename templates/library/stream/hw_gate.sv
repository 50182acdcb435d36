// Passes the words of a frame on, or drops them, as the frame's truth says.
//
// A frame has Words words at input 0 and one number at input 1, its truth. The frame passes if
// (truth != 0) == When; else its words are taken, and nothing comes of them.
//
// Handshake: a core. The first word of a frame waits for the truth and takes it; every cycle is a
// word. out_valid_o comes one cycle after out_start_o.

`default_nettype none

module hw_gate #(
  parameter int unsigned Words = 3,
  parameter int unsigned Bits = 4,
  parameter int unsigned TruthBits = 1,
  parameter bit          When = 1'b1
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_ni,

  input  wire logic                 in0_valid_i,
  output logic                      in0_ready_o,
  input  wire logic [Bits-1:0]      in0_data_i,

  input  wire logic                 in1_valid_i,
  output logic                      in1_ready_o,
  input  wire logic [TruthBits-1:0] in1_data_i,

  input  wire logic                 out_ok_i,
  output logic                      out_start_o,
  output logic                      out_valid_o,
  output logic      [Bits-1:0]      out_data_o
);

  if (Words < 1 || Bits < 1 || TruthBits < 1) begin : gen_illegal
    $error("hw_gate: Words, Bits and TruthBits must be at least 1");
  end

  logic first_q, last, passes, passes_q, fire;

  assign passes = first_q ? ((in1_data_i != '0) == When) : passes_q;
  assign fire = in0_valid_i && (!first_q || in1_valid_i) && (!passes || out_ok_i);
  assign in0_ready_o = fire;
  assign in1_ready_o = fire && first_q;
  assign out_start_o = fire && passes;

  hw_wrap #(.Count(Words)) i_words (.clk_i, .rst_ni, .step_i(fire), .last_o(last));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      out_valid_o <= 1'b0;
    end else begin
      if (fire) first_q <= last;
      out_valid_o <= out_start_o;
    end
    passes_q <= passes;
    out_data_o <= in0_data_i;
  end

endmodule

`default_nettype wire
