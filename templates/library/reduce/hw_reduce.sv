// Largest, smallest or sum of the taps of a vector, channel by channel.
//
// Takes the words of tap 0, then those of tap 1, and so on (`hw_by_tap`), and combines each with
// what came before.
//
// Handshake: core (in0 valid/ready, out_ok_i/out_start_o). One word per cycle; only words of the
// last tap wait for room in the output. Latency: out_valid_o comes one cycle after out_start_o.
`default_nettype none

module hw_reduce #(
  parameter hw_reduction_pkg::reduction_e Kind = hw_reduction_pkg::Max,
  parameter int unsigned Taps = 4,
  // Words of one tap.
  parameter int unsigned Words = 1,
  parameter int unsigned Parallel = 1,
  // Lanes in use in the last word of a tap.
  parameter int unsigned LastLanes = 1,
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
  input  wire logic [Parallel*InBits-1:0] in0_data_i,

  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Parallel*OutBits-1:0] out_data_o
);

  if (Taps < 1 || Words < 1 || LastLanes < 1 || LastLanes > Parallel) begin : gen_illegal
    $error("hw_reduce: a word, also the last, has between 1 and all lanes");
  end

  logic first_tap, last_word;
  logic [Parallel*OutBits-1:0] stored, result;

  hw_by_tap #(
    .Taps(Taps),
    .Words(Words),
    .Bits(Parallel * OutBits)
  ) u_taps (
    .clk_i,
    .rst_ni,
    .in0_valid_i,
    .in0_ready_o,
    .first_tap_o(first_tap),
    .last_word_o(last_word),
    .stored_o(stored),
    .result_i(result),
    .out_ok_i,
    .out_start_o,
    .out_valid_o,
    .out_data_o
  );

  // ---------------------------------------------------------------------------------------------
  // Operands in the output's width

  logic [Parallel*OutBits-1:0] operand;

  if (!BipolarToInt) begin : gen_unused
    logic unused;
    assign unused = &{1'b0, last_word};
  end

  if (BipolarToInt) begin : gen_bipolar
    for (genvar l = 0; l < Parallel; l++) begin : gen_lane
      // +1 is 0...01 and -1 is 1...11; a lane behind the end of the vector counts as zero.
      if (l < LastLanes) begin : gen_used
        assign operand[l*OutBits +: OutBits] = { {(OutBits - 1){~in0_data_i[l]}}, 1'b1};
      end else begin : gen_ragged
        assign operand[l*OutBits +: OutBits] =
            last_word ? '0 : { {(OutBits - 1){~in0_data_i[l]}}, 1'b1};
      end
    end
  end else if (OutBits > InBits) begin : gen_extend
    for (genvar l = 0; l < Parallel; l++) begin : gen_lane
      assign operand[l*OutBits +: OutBits] = {
        {(OutBits - InBits){InSigned & in0_data_i[l*InBits+InBits-1]}},
        in0_data_i[l*InBits +: InBits]
      };
    end
  end else begin : gen_same
    assign operand = in0_data_i;
  end

  // ---------------------------------------------------------------------------------------------
  // Combination

  if (Taps > 1) begin : gen_combine
    for (genvar l = 0; l < Parallel; l++) begin : gen_lane
      logic [OutBits-1:0] old, new_value;

      assign old = stored[l*OutBits +: OutBits];
      assign new_value = operand[l*OutBits +: OutBits];

      if (Kind == hw_reduction_pkg::Sum) begin : gen_sum
        assign result[l*OutBits +: OutBits] = new_value + (first_tap ? '0 : old);
      end else begin : gen_select
        // Without its sign bit's weight, two's complement compares like an unsigned number.
        localparam logic [OutBits-1:0] FLIP = OutBits'(InSigned) << (OutBits - 1);
        logic larger, take;
        assign larger = (new_value ^ FLIP) > (old ^ FLIP);
        assign take = first_tap || larger == (Kind == hw_reduction_pkg::Max);
        assign result[l*OutBits +: OutBits] = take ? new_value : old;
      end
    end
  end else begin : gen_pass
    assign result = operand;
  end

endmodule

`default_nettype wire
