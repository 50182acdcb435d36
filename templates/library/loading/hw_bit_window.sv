// A stream of bits out of a stream of beats: the next WindowBits bits, of which any number leaves.
//
// The first beat is dropped; of the others the least significant bit comes first. Three beats wait:
// the window reaches over two of them, and the third takes the place of one that was used up while
// memory is asked for another. A window is there when two beats are, so a stream goes two beats
// beyond its last bit. sum_o is the sum of all beats that were taken, modulo 2^32.
//
// The window is a register, so that no cycle both finds bits and looks at them: after some are
// taken, a cycle finds the next ones. waits_o is high where it can not, for want of beats.

`default_nettype none

module hw_bit_window (
  input  wire logic                                clk_i,
  input  wire logic                                rst_ni,
  // Beats
  input  wire logic                                valid_i,
  output logic                                     ready_o,
  input  wire logic [hw_image_pkg::BeatBits-1:0]   data_i,
  output logic      [hw_image_pkg::BeatBits-1:0]   sum_o,
  // Bits: take_i of them leave, 0 to WindowBits
  output logic                                     valid_o,
  output logic      [hw_image_pkg::WindowBits-1:0] window_o,
  input  wire logic [4:0]                          take_i,
  output logic                                     waits_o
);

  localparam int unsigned Beat = hw_image_pkg::BeatBits;

  logic [Beat-1:0] beat_q [3];
  logic [1:0] count_q, left;
  logic [4:0] place_q, place_d;
  logic first_q, fresh_q, used_up, pop;

  // Bits from the place on; of the second beat only as many as a window can reach.
  logic [Beat+hw_image_pkg::WindowBits-2:0] ahead;
  assign ahead = {beat_q[1][hw_image_pkg::WindowBits-2:0], beat_q[0]};
  assign valid_o = fresh_q;
  assign waits_o = !fresh_q && !count_q[1];

  assign {used_up, place_d} = {1'b0, place_q} + {1'b0, take_i};
  assign ready_o = count_q != 2'd3;
  assign pop = valid_i && ready_o;
  assign left = count_q - 2'(used_up);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      place_q <= '0;
      first_q <= 1'b1;
      fresh_q <= 1'b0;
      sum_o <= '0;
    end else begin
      place_q <= place_d;
      count_q <= left + 2'(pop && !first_q);
      fresh_q <= count_q[1] && take_i == '0;
      if (pop) begin
        first_q <= 1'b0;
        sum_o <= sum_o + data_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    window_o <= hw_image_pkg::WindowBits'(ahead >> place_q);
    // A beat comes in behind those that are left.
    for (int unsigned n = 0; n < 3; n++) begin
      if (left == 2'(n)) beat_q[n] <= data_i;
      else if (used_up && n < 2) beat_q[n] <= beat_q[n+1];
    end
  end

endmodule

`default_nettype wire
