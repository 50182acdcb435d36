// Yosys techmap: every addition and subtraction becomes one `$alu`, which the families map to their
// carry chains. Without it, sums of several terms are merged and end up as adders of plain LUTs.

(* techmap_celltype = "$add $sub" *)
module hw_adders (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";

  (* force_downto *) input  [A_WIDTH-1:0] A;
  (* force_downto *) input  [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;

  wire [Y_WIDTH-1:0] parity, carries;

  localparam [0:0] Subtract = (_TECHMAP_CELLTYPE_ == "$sub");

  \$alu #(
    .A_SIGNED(A_SIGNED),
    .B_SIGNED(B_SIGNED),
    .A_WIDTH(A_WIDTH),
    .B_WIDTH(B_WIDTH),
    .Y_WIDTH(Y_WIDTH)
  ) _TECHMAP_REPLACE_ (
    .A(A),
    .B(B),
    .CI(Subtract),
    .BI(Subtract),
    .X(parity),
    .Y(Y),
    .CO(carries)
  );
endmodule
