// Quotient of two operands as a fraction of Digits binary digits, rounded, halves away from zero.
// data_i is {word of operand 1, word of operand 0}; operand 1 is not negative.
//
// Where the magnitude of operand 0 is not below operand 1, the result is 2**Digits with the sign of
// operand 0. Else it is made digit by digit, with one more digit to round by: the remainder doubles
// in each stage, and operand 1 is subtracted where it fits.
//
// Latency: Digits + 4.

`default_nettype none

module hw_fraction #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned Digits = 4,
  parameter int unsigned OutWidth = 6,
  parameter int unsigned InWidth0 = 6,
  parameter bit InSigned0 = 1'b1,
  parameter int unsigned InWidth1 = 5
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_ni,
  input  wire logic                                    valid_i,
  input  wire logic [Parallel*(InWidth0+InWidth1)-1:0] data_i,
  output logic                                         valid_o,
  output logic      [Parallel*OutWidth-1:0]            data_o
);

  if (Digits < 1 || InWidth0 < 1 || InWidth1 < 1) begin : gen_illegal
    $error("hw_fraction: Digits and widths must be at least 1");
  end

  localparam int unsigned Rounds = Digits + 1;
  localparam int unsigned Wider = (InWidth0 > InWidth1) ? InWidth0 : InWidth1;
  localparam int unsigned Share = (Digits + 2 > OutWidth) ? Digits + 2 : OutWidth;

  logic [Parallel*OutWidth-1:0] result;

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    logic [InWidth0-1:0] bits, size_q;
    logic [InWidth1-1:0] over_q;
    logic minus_q;

    assign bits = data_i[lane*InWidth0 +: InWidth0];
    always_ff @(posedge clk_i) begin
      minus_q <= InSigned0 && bits[InWidth0-1];
      size_q <= (InSigned0 && bits[InWidth0-1]) ? -bits : bits;
      over_q <= data_i[Parallel*InWidth0 + lane*InWidth1 +: InWidth1];
    end

    // Behind stage r, the first r digits are known. A remainder is below what divides it.
    logic [InWidth1-1:0] left_q [Rounds+1];
    logic [InWidth1-1:0] divisor_q [Rounds+1];
    logic [Rounds-1:0] digits_q [Rounds+1];
    logic [Rounds:0] whole_q, negative_q;

    always_ff @(posedge clk_i) begin
      whole_q[0] <= Wider'(size_q) >= Wider'(over_q);
      negative_q[0] <= minus_q;
      left_q[0] <= InWidth1'(size_q);
      divisor_q[0] <= over_q;
      digits_q[0] <= '0;
    end

    for (genvar r = 0; r < Rounds; r++) begin : gen_round
      logic [InWidth1:0] twice, less;

      assign twice = {left_q[r], 1'b0};
      assign less = twice - {1'b0, divisor_q[r]};
      always_ff @(posedge clk_i) begin
        whole_q[r+1] <= whole_q[r];
        negative_q[r+1] <= negative_q[r];
        left_q[r+1] <= less[InWidth1] ? twice[InWidth1-1:0] : less[InWidth1-1:0];
        divisor_q[r+1] <= divisor_q[r];
        digits_q[r+1] <= (digits_q[r] << 1) | Rounds'(!less[InWidth1]);
      end
    end

    logic [Share-1:0] share;
    logic unused;

    assign unused = &{1'b0, left_q[Rounds], divisor_q[Rounds], share};
    assign share = whole_q[Rounds] ? Share'(1) << Digits
        : (Share'(digits_q[Rounds]) + Share'(1)) >> 1;
    always_ff @(posedge clk_i) begin
      result[lane*OutWidth +: OutWidth] <=
          negative_q[Rounds] ? OutWidth'(-share) : OutWidth'(share);
    end
  end

  hw_valid_pipe #(.Stages(Rounds + 3)) u_valid (
    .clk_i,
    .rst_ni,
    .valid_i,
    .valid_o
  );
  hw_tail_mask #(
    .Parallel(Parallel),
    .Width(OutWidth),
    .Words(Words),
    .Tail(Tail)
  ) u_mask (
    .clk_i,
    .rst_ni,
    .valid_i(valid_o),
    .data_i(result),
    .data_o
  );

endmodule

`default_nettype wire
