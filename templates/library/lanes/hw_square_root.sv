// Square root of every element, rounded down, with Digits binary digits behind the point.
//
// Digit by digit, from the greatest: with each, two bits of the number join the remainder, and
// 4 * root + 1 is subtracted where it fits.
//
// Latency: (InWidth + 1) / 2 + Digits, a stage per digit of the root.

`default_nettype none

module hw_square_root #(
  parameter int unsigned Parallel = 2,
  parameter int unsigned Words = 2,
  parameter int unsigned Tail = 1,
  parameter int unsigned Digits = 1,
  parameter int unsigned InWidth = 6,
  parameter int unsigned OutWidth = 4
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic                         valid_i,
  input  wire logic [Parallel*InWidth-1:0]  data_i,
  output logic                              valid_o,
  output logic      [Parallel*OutWidth-1:0] data_o
);

  localparam int unsigned Rounds = (InWidth + 1) / 2 + Digits;

  if (InWidth < 1 || OutWidth < 1 || OutWidth > Rounds) begin : gen_illegal
    $error("hw_square_root: widths must be at least 1, and the root's at most one per digit");
  end

  logic [Parallel*OutWidth-1:0] result;

  for (genvar lane = 0; lane < Parallel; lane++) begin : gen_lane
    // In front of stage r, the first r digits are known.
    logic [2*Rounds-1:0] number [Rounds+1];
    logic [Rounds+1:0] left [Rounds+1];
    logic [Rounds-1:0] root [Rounds+1];

    assign number[0] = (2*Rounds)'(data_i[lane*InWidth +: InWidth]) << (2 * Digits);
    assign left[0] = '0;
    assign root[0] = '0;

    for (genvar r = 0; r < Rounds; r++) begin : gen_round
      logic [Rounds+1:0] grown, tried;
      logic fits;

      assign grown = (left[r] << 2) | (Rounds+2)'(number[r][2*Rounds-1 -: 2]);
      assign tried = {root[r], 2'b01};
      assign fits = grown >= tried;
      always_ff @(posedge clk_i) begin
        number[r+1] <= number[r] << 2;
        left[r+1] <= fits ? grown - tried : grown;
        root[r+1] <= (root[r] << 1) | Rounds'(fits);
      end
    end

    logic unused;
    assign unused = &{1'b0, number[Rounds], left[Rounds], root[Rounds]};
    assign result[lane*OutWidth +: OutWidth] = root[Rounds][OutWidth-1:0];
  end

  hw_valid_pipe #(.Stages(Rounds)) u_valid (
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
