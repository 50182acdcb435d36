// Two places for the tokens that say whether a sequence starts with a step, a bit for each channel.
//
// A token is taken while fewer than two wait, and consumed by pop_i; token_o is the oldest, valid
// while ok_o is high. Without Enable there is no such input and every bit is 0.

`default_nettype none

module hw_rnn_starts #(
  parameter bit Enable = 1'b1,
  parameter int unsigned Channels = 1
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic                in1_valid_i,
  output logic                     in1_ready_o,
  input  wire logic [Channels-1:0] in1_data_i,
  input  wire logic                pop_i,
  output logic                     ok_o,
  output logic      [Channels-1:0] token_o
);

  if (Channels < 1) begin : gen_illegal
    $error("hw_rnn_starts: Channels must be at least 1");
  end

  if (Enable) begin : gen_tokens
    logic [2*Channels-1:0] token_q;
    logic [1:0]            count_q;
    logic                  write_q, read_q, take;

    assign take = in1_valid_i && (count_q != 2'd2);
    assign in1_ready_o = take;
    assign ok_o = count_q != 2'd0;
    assign token_o = token_q[read_q*Channels +: Channels];

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        count_q <= 2'd0;
        write_q <= 1'b0;
        read_q <= 1'b0;
      end else begin
        count_q <= count_q + 2'(take) - 2'(pop_i);
        write_q <= write_q ^ take;
        read_q <= read_q ^ pop_i;
      end
    end

    always_ff @(posedge clk_i) begin
      if (take) token_q[write_q*Channels +: Channels] <= in1_data_i;
    end
  end else begin : gen_none
    logic unused;
    assign unused = &{1'b0, clk_i, rst_ni, in1_valid_i, in1_data_i, pop_i};
    assign in1_ready_o = 1'b0;
    assign ok_o = 1'b1;
    assign token_o = '0;
  end

endmodule

`default_nettype wire
