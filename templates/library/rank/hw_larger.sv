// The largest of Count unsigned keys, ceil(log2(Count)) cycles later: a tree of two-way comparisons
// with a register after each.

`default_nettype none

module hw_larger #(
  parameter int unsigned Count = 5,
  parameter int unsigned Width = 8
) (
  input  wire logic                   clk_i,
  input  wire logic [Count*Width-1:0] keys_i,
  output logic      [Width-1:0]       key_o
);

  if (Count < 1 || Width < 1) begin : gen_illegal
    $error("hw_larger: Count and Width must be at least 1");
  end

  // Node 0 is the root, node n compares nodes 2n + 1 and 2n + 2; the keys, filled up with zeros to
  // a power of two, are the nodes from Leaves - 1 on.
  localparam int unsigned Leaves = 1 << $clog2(Count);

  if (Count == 1) begin : gen_wire
    assign key_o = keys_i;

    // Nothing to register.
    logic unused;
    assign unused = &{1'b0, clk_i};
  end else begin : gen_tree
    logic [(Leaves-1)*Width-1:0]   nodes_q;
    logic [(2*Leaves-1)*Width-1:0] all;

    assign all = {(Leaves * Width)'(keys_i), nodes_q};
    assign key_o = all[Width-1:0];

    for (genvar i = 0; i < Leaves - 1; i++) begin : gen_node
      logic [Width-1:0] lower, upper;

      assign lower = all[(2*i+1)*Width+:Width];
      assign upper = all[(2*i+2)*Width+:Width];
      always_ff @(posedge clk_i) begin
        nodes_q[i*Width+:Width] <= (upper > lower) ? upper : lower;
      end
    end
  end

endmodule

`default_nettype wire
