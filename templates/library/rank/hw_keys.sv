// Keys of the elements of a vector: unsigned numbers {element, ~index}, of which the larger belongs
// to the larger element, or of equal elements to that of lower index. Without GiveIndex all indices
// are 0. Combinational from data_i; the index restarts after a step with last_i.

`default_nettype none

module hw_keys #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Width = 8,
  parameter bit Signed = 1,
  parameter int unsigned IndexWidth = 4,
  parameter bit GiveIndex = 1
) (
  input  wire logic                                clk_i,
  input  wire logic                                rst_ni,
  input  wire logic                                step_i,
  input  wire logic                                last_i,
  input  wire logic [Lanes*Width-1:0]              data_i,
  output logic      [Lanes*(Width+IndexWidth)-1:0] keys_o
);

  if (Lanes < 1 || Width < 1 || IndexWidth < 1) begin : gen_illegal
    $error("hw_keys: Lanes and widths must be at least 1");
  end

  localparam int unsigned KeyWidth = Width + IndexWidth;
  // Two's complement becomes an order-preserving unsigned number when the sign is inverted.
  localparam logic [Width-1:0] FLIP = Width'(Signed) << (Width - 1);

  logic [IndexWidth-1:0] index_q;

  if (GiveIndex) begin : gen_index
    always_ff @(posedge clk_i) begin
      if (!rst_ni) index_q <= '0;
      else if (step_i) index_q <= last_i ? '0 : index_q + IndexWidth'(Lanes);
    end
  end else begin : gen_none
    assign index_q = '0;

    // Nothing to count.
    logic unused;
    assign unused = &{1'b0, clk_i, rst_ni, step_i, last_i};
  end

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    logic [IndexWidth-1:0] index;

    assign index = GiveIndex ? index_q + IndexWidth'(i) : '0;
    assign keys_o[i*KeyWidth+:KeyWidth] = {data_i[i*Width+:Width] ^ FLIP, ~index};
  end

endmodule

`default_nettype wire
