// Pipelined tree: the largest or the smallest of Terms numbers, for Rows independent lists.
//
// Every level chooses among up to four numbers in one cycle, so the latency is ceil(log4(Terms))
// cycles and the throughput one set of results per cycle; no handshake, no reset.
// Term t of row r is in_i[(r * Terms + t) * Bits +: Bits].

`default_nettype none

module hw_extremum_tree #(
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 4,
  parameter int unsigned Bits = 8,
  parameter bit Signed = 1'b0,
  parameter bit Largest = 1'b1
) (
  input  wire logic                       clk_i,
  input  wire logic [Rows*Terms*Bits-1:0] in_i,
  output logic      [Rows*Bits-1:0]       out_o
);

  if (Rows < 1 || Terms < 1 || Bits < 1) begin : gen_illegal
    $error("hw_extremum_tree: Rows, Terms and Bits must be at least 1");
  end

  // Without its sign bit's weight, two's complement compares like an unsigned number.
  localparam int unsigned Width = (Bits > 0) ? Bits : 1;
  localparam logic [Width-1:0] FLIP = Width'(Signed) << (Width - 1);

  function automatic logic [Bits-1:0] better(
      input logic [Bits-1:0] left, input logic [Bits-1:0] right);
    better = (((left ^ FLIP) > (right ^ FLIP)) == Largest) ? left : right;
  endfunction

  if (Terms == 1) begin : gen_done
    logic unused;
    assign unused = clk_i;
    assign out_o = in_i;
  end else begin : gen_level
    localparam int unsigned Left = (Terms + 3) / 4;
    logic [Rows*Left*Bits-1:0] level_q;

    for (genvar r = 0; r < Rows; r++) begin : gen_row
      for (genvar n = 0; n < Left; n++) begin : gen_number
        localparam int unsigned First = 4 * n;
        localparam int unsigned Count = (Terms - First < 4) ? Terms - First : 4;
        logic [4*Bits-1:0] four;
        logic [Bits-1:0] one, two;

        // Of fewer than four the last one stands for those that are missing.
        for (genvar i = 0; i < 4; i++) begin : gen_choice
          localparam int unsigned From = First + ((i < Count) ? i : Count - 1);
          assign four[i*Bits +: Bits] = in_i[(r*Terms + From)*Bits +: Bits];
        end
        assign one = better(four[0 +: Bits], four[Bits +: Bits]);
        assign two = better(four[2*Bits +: Bits], four[3*Bits +: Bits]);

        always_ff @(posedge clk_i) level_q[(r*Left + n)*Bits +: Bits] <= better(one, two);
      end
    end

    hw_extremum_tree #(
      .Rows(Rows), .Terms(Left), .Bits(Bits), .Signed(Signed), .Largest(Largest)
    ) i_rest (
      .clk_i, .in_i(level_q), .out_o
    );
  end

endmodule

`default_nettype wire
