// Pipelined choice of one of Count numbers: data_o is number select_i of data_i.
//
// Every level chooses one of four in one cycle, so the latency is ceil(log4(Count)) cycles, at
// least one, and the throughput one choice per cycle; no handshake, no reset.

`default_nettype none

module hw_mux_tree #(
  parameter int unsigned Count = 4,
  parameter int unsigned Width = 8,
  localparam int unsigned SelectBits = (Count > 1) ? $clog2(Count) : 1
) (
  input  wire logic                   clk_i,
  input  wire logic [SelectBits-1:0]  select_i,
  input  wire logic [Count*Width-1:0] data_i,
  output logic      [Width-1:0]       data_o
);

  if (Count < 1 || Width < 1) begin : gen_illegal
    $error("hw_mux_tree: Count and Width must be at least 1");
  end

  localparam int unsigned Groups = (Count + 3) / 4;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;

  logic [Groups*Width-1:0] chosen_q;

  // The last group may be short; then nobody selects what lies beyond.
  logic [4*Groups*Width-1:0] padded;
  logic [1:0] quarter;

  always_comb begin
    padded = '0;
    padded[Count*Width-1:0] = data_i;
  end
  assign quarter = 2'(select_i);

  // Bit by bit: an index in steps of Width is a product to synthesis.
  for (genvar b = 0; b < Groups * Width; b++) begin : gen_bit
    logic [3:0] four;
    for (genvar k = 0; k < 4; k++) begin : gen_candidate
      assign four[k] = padded[(4*(b/Width) + k)*Width + b%Width];
    end
    always_ff @(posedge clk_i) chosen_q[b] <= four[quarter];
  end

  if (Groups <= 1) begin : gen_done
    assign data_o = chosen_q;
  end else begin : gen_rest
    logic [GroupBits-1:0] group_q;

    always_ff @(posedge clk_i) group_q <= GroupBits'(select_i >> 2);

    hw_mux_tree #(
      .Count(Groups), .Width(Width)
    ) u_rest (
      .clk_i,
      .select_i(group_q),
      .data_i(chosen_q),
      .data_o
    );
  end

endmodule

`default_nettype wire
