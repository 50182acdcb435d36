// Lets an AXI4 read master be reset while bursts are under way.
//
// A request that the bus has seen stays until it is taken, whatever the master does. While stop_i
// is high, responses are taken from the bus; the master, which is in reset, does not see them.
// idle_o tells that no burst is under way: only then may the master's reset end, or it would take
// late responses for its own.
//
// A request takes a cycle more, through a register. Responses go to the master directly.

`default_nettype none

module hw_axi_drain #(
  parameter int unsigned RequestBits = 46
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_ni,
  input  wire logic                   stop_i,
  output logic                        idle_o,
  // Master
  input  wire logic                   arvalid_i,
  output logic                        arready_o,
  input  wire logic [RequestBits-1:0] request_i,
  input  wire logic                   rready_i,
  // Bus
  output logic                        arvalid_o,
  input  wire logic                   arready_i,
  output logic      [RequestBits-1:0] request_o,
  input  wire logic                   rvalid_i,
  output logic                        rready_o,
  input  wire logic                   rlast_i
);

  if (RequestBits < 1) begin : gen_illegal
    $error("hw_axi_drain: RequestBits must be at least 1");
  end

  logic        take, done;
  logic [15:0] bursts_q;  // taken from the master, not answered to the end

  assign arready_o = !stop_i && (!arvalid_o || arready_i);
  assign take = arvalid_i && arready_o;
  assign rready_o = rready_i || stop_i;
  assign done = rvalid_i && rready_o && rlast_i;
  assign idle_o = (bursts_q == '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      arvalid_o <= 1'b0;
      bursts_q <= '0;
    end else begin
      arvalid_o <= take || (arvalid_o && !arready_i);
      if (take && !done) bursts_q <= bursts_q + 16'd1;
      else if (done && !take) bursts_q <= bursts_q - 16'd1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) request_o <= request_i;
  end

endmodule

`default_nettype wire
