// Puts beside each word of a stream the constants that belong to its place.
//
// The constants repeat after Groups words, counted by valid_i. With one group they are wires and
// the word passes at once (latency 0); otherwise they come from a memory (latency 1, data_o
// included), and with Later through another register (latency 2).

`default_nettype none

module hw_row_rom #(
  parameter int unsigned Groups = 2,
  parameter int unsigned RowWidth = 16,
  parameter int unsigned DataWidth = 8,
  parameter bit Later = 1'b0,
  parameter RowFile = ""
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_ni,
  input  wire logic                 valid_i,
  input  wire logic [DataWidth-1:0] data_i,
  output logic      [DataWidth-1:0] data_o,
  output logic      [RowWidth-1:0]  row_o
);

  if (RowWidth < 1 || DataWidth < 1) begin : gen_illegal
    $error("hw_row_rom: RowWidth and DataWidth must be at least 1");
  end

  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;
  logic [GroupBits-1:0] group;
  logic [RowWidth-1:0] row;

  hw_group_counter #(.Groups(Groups)) u_group (
    .clk_i,
    .rst_ni,
    .step_i(valid_i),
    .group_o(group)
  );
  hw_slice_rom #(
    .Depth(Groups),
    .Width(RowWidth),
    .File(RowFile)
  ) u_rom (
    .clk_i,
    .addr_i(group),
    .data_o(row)
  );

  if (Groups == 1) begin : gen_wire
    assign data_o = data_i;
    assign row_o = row;
  end else if (!Later) begin : gen_register
    always_ff @(posedge clk_i) data_o <= data_i;
    assign row_o = row;
  end else begin : gen_two_registers
    logic [DataWidth-1:0] data_q;
    always_ff @(posedge clk_i) begin
      data_q <= data_i;
      data_o <= data_q;
      row_o <= row;
    end
  end

endmodule

`default_nettype wire
