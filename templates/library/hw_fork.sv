// Gives every word of one stream to `Outputs` streams, each of which accepts it at its own time.
//
// The word leaves the input when the last output has accepted it. No latency; ready_o depends on
// ready_i, so a buffer must follow where that path would be too long. An output that has accepted
// the word sees valid_o low until the next word.

`default_nettype none

module hw_fork #(
  parameter int unsigned Outputs = 2,
  parameter int unsigned Width = 8
) (
  input  wire logic               clk_i,
  input  wire logic               rst_ni,
  // Input stream
  input  wire logic               valid_i,
  output logic                    ready_o,
  input  wire logic [Width-1:0]   data_i,
  // Output streams, all with the same word
  output logic      [Outputs-1:0] valid_o,
  input  wire logic [Outputs-1:0] ready_i,
  output logic      [Width-1:0]   data_o
);

  if (Outputs < 1 || Width < 1) begin : gen_illegal
    $error("hw_fork: Outputs and Width must be at least 1");
  end

  logic [Outputs-1:0] done_q;  // outputs that have accepted the word at the input

  assign ready_o = &(done_q | ready_i);
  assign valid_o = {Outputs{valid_i}} & ~done_q;
  assign data_o = data_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) done_q <= '0;
    else if (valid_i) done_q <= ready_o ? '0 : (done_q | ready_i);
  end

`ifdef FORMAL
  logic f_past_q;
  logic [2:0] f_taken_q;  // words taken from the input, modulo 8

  initial f_past_q = 1'b0;
  always_ff @(posedge clk_i) f_past_q <= 1'b1;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) f_taken_q <= '0;
    else if (valid_i && ready_o) f_taken_q <= f_taken_q + 3'd1;
  end

  always_ff @(posedge clk_i) begin
    if (!f_past_q) assume (!rst_ni);
    if (f_past_q && $past(f_past_q && rst_ni && valid_i && !ready_o)) begin
      assume (valid_i && data_i == $past(data_i));
    end
    if (f_past_q) begin
      assert (valid_i || done_q == '0);
      assert (done_q != {Outputs{1'b1}});
      assert (data_o == data_i);
    end
    cover (f_past_q && rst_ni && valid_i && ready_o && done_q != '0);
  end

  for (genvar i = 0; i < Outputs; i++) begin : gen_formal
    logic [2:0] f_given_q;  // words given to this output, modulo 8

    always_ff @(posedge clk_i) begin
      if (!rst_ni) f_given_q <= '0;
      else if (valid_o[i] && ready_i[i]) f_given_q <= f_given_q + 3'd1;
    end

    always_ff @(posedge clk_i) begin
      if (f_past_q) begin
        // Every word exactly once: an output is never behind, and ahead only by the present word.
        assert (f_given_q == f_taken_q + 3'(done_q[i]));
        // A word that is not taken stays.
        if ($past(f_past_q && rst_ni && valid_o[i] && !ready_i[i])) begin
          assert (valid_o[i] && data_o == $past(data_o));
        end
      end
    end
  end
`endif

endmodule

`default_nettype wire
