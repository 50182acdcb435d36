// Yosys techmap: the cell that starts a carry chain must leave its carry input open, because the
// placer may put it behind another chain. Yosys' pass `abc9` ties that input to 0.

module \$__carry_start (
  input A0, A1, B0, B1, C0, C1, CIN, D0, D1,
  output COUT, S0, S1
);
  parameter INIT0 = "0x0000";
  parameter INIT1 = "0x0000";
  parameter INJECT = "YES";

  CCU2 #(
    .INIT0(INIT0),
    .INIT1(INIT1),
    .INJECT(INJECT)
  ) _TECHMAP_REPLACE_ (
    .A0(A0), .B0(B0), .C0(C0), .D0(D0),
    .A1(A1), .B1(B1), .C1(C1), .D1(D1),
    .COUT(COUT), .S0(S0), .S1(S1)
  );
endmodule
