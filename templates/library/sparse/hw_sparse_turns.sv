// Counts rows of the programs of groups that take turns, each with as many rows as it has.
//
// ProgramRows holds three numbers of 32 bits for every group, those of group 0 in the least
// significant bits: the rows of its program, the number of its row that announces the sums, and
// another one that nobody reads here. step_i runs a row; first_o, last_o and ready_o say what the
// next one is: the first of its group's program, the last, the one that announces the sums.
`default_nettype none

module hw_sparse_turns #(
  parameter int unsigned Groups = 1,
  parameter logic [Groups*96-1:0] ProgramRows = {32'd4, 32'd3, 32'd7}
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic step_i,
  output logic      first_o,
  output logic      last_o,
  output logic      ready_o
);

  function automatic logic [31:0] most_rows(input logic [Groups*96-1:0] rows);
    most_rows = 32'd0;
    for (int unsigned g = 0; g < Groups; g++) begin
      if (rows[g*96 +: 32] > most_rows) most_rows = rows[g*96 +: 32];
    end
  endfunction
  function automatic logic all_ready(input logic [Groups*96-1:0] rows);
    all_ready = 1'b1;
    for (int unsigned g = 0; g < Groups; g++) begin
      all_ready = all_ready && (rows[g*96 + 32 +: 32] < rows[g*96 +: 32]);
    end
  endfunction

  if (!all_ready(ProgramRows)) begin : gen_illegal
    $error("hw_sparse_turns: sums are announced by one of the rows of a program");
  end

  localparam int unsigned Most = most_rows(ProgramRows);
  localparam int unsigned RowBits = (Most > 1) ? $clog2(Most) : 1;
  localparam int unsigned GroupBits = (Groups > 1) ? $clog2(Groups) : 1;

  // Rows of each program behind the first one, or behind the one that announces the sums: bit b of
  // group g at b * Groups + g, so that a group is chosen without a product.
  function automatic logic [RowBits*Groups-1:0] behind(
    input logic [Groups*96-1:0] rows, input logic ready
  );
    logic [RowBits-1:0] left;
    for (int unsigned g = 0; g < Groups; g++) begin
      left = RowBits'(rows[g*96 +: 32] - 32'd1 - (ready ? rows[g*96 + 32 +: 32] : 32'd0));
      for (int unsigned b = 0; b < RowBits; b++) behind[b*Groups + g] = left[b];
    end
  endfunction
  localparam logic [RowBits*Groups-1:0] FirstBehind = behind(ProgramRows, 1'b0);
  localparam logic [RowBits*Groups-1:0] ReadyBehind = behind(ProgramRows, 1'b1);

  logic [RowBits-1:0] behind_q;  // rows of the program behind the next one
  logic [RowBits-1:0] next_behind, ready_behind;
  logic [GroupBits-1:0] group_q, group_next;
  logic first_q;

  for (genvar b = 0; b < RowBits; b++) begin : gen_bit
    localparam logic [Groups-1:0] First = FirstBehind[b*Groups +: Groups];
    localparam logic [Groups-1:0] Ready = ReadyBehind[b*Groups +: Groups];
    assign next_behind[b] = First[group_next];
    assign ready_behind[b] = Ready[group_q];
  end

  assign group_next = (group_q == GroupBits'(Groups - 1)) ? '0 : group_q + 1'b1;
  assign first_o = first_q;
  assign last_o = behind_q == '0;
  assign ready_o = behind_q == ready_behind;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      behind_q <= RowBits'(ProgramRows[31:0] - 32'd1);
      group_q <= '0;
    end else if (step_i) begin
      first_q <= last_o;
      behind_q <= last_o ? next_behind : behind_q - 1'b1;
      if (last_o) group_q <= group_next;
    end
  end

endmodule

`default_nettype wire
