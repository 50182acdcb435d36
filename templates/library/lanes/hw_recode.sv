// Turns every lane of a word into a wider code of the same number. Combinational.
//
// Recoding: Zeros above (unsigned numbers, or equal widths), the Sign above (two's complement), or
// a Bipolar bit (0 is -1, 1 is +1) to two's complement of at least two bits.

`default_nettype none

module hw_recode #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned InWidth = 3,
  parameter int unsigned OutWidth = 5,
  parameter hw_recoding_pkg::recoding_e Recoding = hw_recoding_pkg::Zeros
) (
  input  wire logic [Lanes*InWidth-1:0]  data_i,
  output logic      [Lanes*OutWidth-1:0] data_o
);

  if (OutWidth < InWidth || (Recoding == hw_recoding_pkg::Bipolar && InWidth != 1))
  begin : gen_illegal
    $error("hw_recode: a code can only become wider, and a bipolar one has one bit");
  end

  if (OutWidth == InWidth) begin : gen_same
    assign data_o = data_i;
  end else begin : gen_lanes
    for (genvar i = 0; i < Lanes; i++) begin : gen_lane
      logic [InWidth-1:0] code;
      logic               above;

      assign code = data_i[i*InWidth+:InWidth];
      assign above = (Recoding == hw_recoding_pkg::Sign) ? code[InWidth-1]
          : (Recoding == hw_recoding_pkg::Bipolar) ? !code[0] : 1'b0;
      if (Recoding == hw_recoding_pkg::Bipolar) begin : gen_bipolar
        assign data_o[i*OutWidth+:OutWidth] = {{(OutWidth - 1) {above}}, 1'b1};
      end else begin : gen_extend
        assign data_o[i*OutWidth+:OutWidth] = {{(OutWidth - InWidth) {above}}, code};
      end
    end
  end

endmodule

`default_nettype wire
