// Simulation models of Nexus' block memories, which Yosys knows by their ports only. As far as
// Yosys uses them: no output registers, all chip selects active.

`include "byte_memory.v"

// The 64 parameters with a memory's contents, lowest addresses first: text such as "0x12ab".
`define NEXUS_CONTENTS \
  parameter \
    INITVAL_00 = "0x0", INITVAL_01 = "0x0", INITVAL_02 = "0x0", INITVAL_03 = "0x0", \
    INITVAL_04 = "0x0", INITVAL_05 = "0x0", INITVAL_06 = "0x0", INITVAL_07 = "0x0", \
    INITVAL_08 = "0x0", INITVAL_09 = "0x0", INITVAL_0A = "0x0", INITVAL_0B = "0x0", \
    INITVAL_0C = "0x0", INITVAL_0D = "0x0", INITVAL_0E = "0x0", INITVAL_0F = "0x0", \
    INITVAL_10 = "0x0", INITVAL_11 = "0x0", INITVAL_12 = "0x0", INITVAL_13 = "0x0", \
    INITVAL_14 = "0x0", INITVAL_15 = "0x0", INITVAL_16 = "0x0", INITVAL_17 = "0x0", \
    INITVAL_18 = "0x0", INITVAL_19 = "0x0", INITVAL_1A = "0x0", INITVAL_1B = "0x0", \
    INITVAL_1C = "0x0", INITVAL_1D = "0x0", INITVAL_1E = "0x0", INITVAL_1F = "0x0", \
    INITVAL_20 = "0x0", INITVAL_21 = "0x0", INITVAL_22 = "0x0", INITVAL_23 = "0x0", \
    INITVAL_24 = "0x0", INITVAL_25 = "0x0", INITVAL_26 = "0x0", INITVAL_27 = "0x0", \
    INITVAL_28 = "0x0", INITVAL_29 = "0x0", INITVAL_2A = "0x0", INITVAL_2B = "0x0", \
    INITVAL_2C = "0x0", INITVAL_2D = "0x0", INITVAL_2E = "0x0", INITVAL_2F = "0x0", \
    INITVAL_30 = "0x0", INITVAL_31 = "0x0", INITVAL_32 = "0x0", INITVAL_33 = "0x0", \
    INITVAL_34 = "0x0", INITVAL_35 = "0x0", INITVAL_36 = "0x0", INITVAL_37 = "0x0", \
    INITVAL_38 = "0x0", INITVAL_39 = "0x0", INITVAL_3A = "0x0", INITVAL_3B = "0x0", \
    INITVAL_3C = "0x0", INITVAL_3D = "0x0", INITVAL_3E = "0x0", INITVAL_3F = "0x0"
`define NEXUS_ALL_CONTENTS \
  { \
    number(INITVAL_3F), number(INITVAL_3E), number(INITVAL_3D), number(INITVAL_3C), \
    number(INITVAL_3B), number(INITVAL_3A), number(INITVAL_39), number(INITVAL_38), \
    number(INITVAL_37), number(INITVAL_36), number(INITVAL_35), number(INITVAL_34), \
    number(INITVAL_33), number(INITVAL_32), number(INITVAL_31), number(INITVAL_30), \
    number(INITVAL_2F), number(INITVAL_2E), number(INITVAL_2D), number(INITVAL_2C), \
    number(INITVAL_2B), number(INITVAL_2A), number(INITVAL_29), number(INITVAL_28), \
    number(INITVAL_27), number(INITVAL_26), number(INITVAL_25), number(INITVAL_24), \
    number(INITVAL_23), number(INITVAL_22), number(INITVAL_21), number(INITVAL_20), \
    number(INITVAL_1F), number(INITVAL_1E), number(INITVAL_1D), number(INITVAL_1C), \
    number(INITVAL_1B), number(INITVAL_1A), number(INITVAL_19), number(INITVAL_18), \
    number(INITVAL_17), number(INITVAL_16), number(INITVAL_15), number(INITVAL_14), \
    number(INITVAL_13), number(INITVAL_12), number(INITVAL_11), number(INITVAL_10), \
    number(INITVAL_0F), number(INITVAL_0E), number(INITVAL_0D), number(INITVAL_0C), \
    number(INITVAL_0B), number(INITVAL_0A), number(INITVAL_09), number(INITVAL_08), \
    number(INITVAL_07), number(INITVAL_06), number(INITVAL_05), number(INITVAL_04), \
    number(INITVAL_03), number(INITVAL_02), number(INITVAL_01), number(INITVAL_00) \
  }
`define NEXUS_WIDTH(text) \
  ((text == "X1") ? 1 : (text == "X2") ? 2 : (text == "X4") ? 4 : \
   (text == "X9") ? 9 : (text == "X18") ? 18 : 36)

// The number that such a text means: up to 80 hexadecimal digits behind "0x".
`define NEXUS_NUMBER \
  function [319:0] number (input [655:0] text); \
    integer i; \
    reg [7:0] letter; \
    reg more; \
    begin \
      number = 320'd0; \
      more = 1'b1; \
      for (i = 0; i < 80; i = i + 1) begin \
        letter = text[8*i +: 8]; \
        if (letter == "x") more = 1'b0; \
        if (more) number[4*i +: 4] = letter[3:0] + (letter[6] ? 4'd9 : 4'd0); \
      end \
    end \
  endfunction

module PDPSC16K (
  input CLK, CEW, CER, RST,
  input [2:0] CSW, CSR,
  input [13:0] ADW, ADR,
  input [35:0] DI,
  output [35:0] DO,
  output ONEBITERR, TWOBITERR
);
  parameter DATA_WIDTH_W = "X36";
  parameter DATA_WIDTH_R = "X36";
  parameter OUTREG = "BYPASSED";
  parameter GSR = "ENABLED";
  parameter RESETMODE = "SYNC";
  parameter ASYNC_RST_RELEASE = "SYNC";
  parameter ECC = "DISABLED";
  parameter CSDECODE_W = "000";
  parameter CSDECODE_R = "000";
  `NEXUS_CONTENTS;
  `NEXUS_NUMBER

  hw_byte_memory #(
    .STRIDE(10),
    .CONTENTS(`NEXUS_ALL_CONTENTS),
    .RESET_NEEDS_ENABLE(1),
    .BIT_WIDTH_0(`NEXUS_WIDTH(DATA_WIDTH_W)),
    .BIT_WIDTH_1(`NEXUS_WIDTH(DATA_WIDTH_R))
  ) memory (
    .CLKA(CLK), .CEA(CEW), .OCEA(1'b0), .RESETA(1'b0), .WREA(1'b1), .ADA(ADW), .DIA(DI), .DOA(),
    .CLKB(CLK), .CEB(CER), .OCEB(1'b0), .RESETB(RST), .WREB(1'b0), .ADB(ADR), .DIB(36'd0), .DOB(DO)
  );
  assign {ONEBITERR, TWOBITERR} = 2'b00;
endmodule

module PDP16K (
  input CLKW, CEW, CLKR, CER, RST,
  input [2:0] CSW, CSR,
  input [13:0] ADW, ADR,
  input [35:0] DI,
  output [35:0] DO,
  output ONEBITERR, TWOBITERR
);
  parameter DATA_WIDTH_W = "X36";
  parameter DATA_WIDTH_R = "X36";
  parameter OUTREG = "BYPASSED";
  parameter GSR = "ENABLED";
  parameter RESETMODE = "SYNC";
  parameter ASYNC_RST_RELEASE = "SYNC";
  parameter ECC = "DISABLED";
  parameter CSDECODE_W = "000";
  parameter CSDECODE_R = "000";
  `NEXUS_CONTENTS;
  `NEXUS_NUMBER

  hw_byte_memory #(
    .STRIDE(10),
    .CONTENTS(`NEXUS_ALL_CONTENTS),
    .RESET_NEEDS_ENABLE(1),
    .BIT_WIDTH_0(`NEXUS_WIDTH(DATA_WIDTH_W)),
    .BIT_WIDTH_1(`NEXUS_WIDTH(DATA_WIDTH_R))
  ) memory (
    .CLKA(CLKW), .CEA(CEW), .OCEA(1'b0), .RESETA(1'b0), .WREA(1'b1), .ADA(ADW), .DIA(DI), .DOA(),
    .CLKB(CLKR), .CEB(CER), .OCEB(1'b0), .RESETB(RST), .WREB(1'b0), .ADB(ADR), .DIB(36'd0), .DOB(DO)
  );
  assign {ONEBITERR, TWOBITERR} = 2'b00;
endmodule

module DP16K (
  input CLKA, CEA, WEA, RSTA, CLKB, CEB, WEB, RSTB,
  input [2:0] CSA, CSB,
  input [13:0] ADA, ADB,
  input [17:0] DIA, DIB,
  output [17:0] DOA, DOB
);
  parameter DATA_WIDTH_A = "X18";
  parameter DATA_WIDTH_B = "X18";
  parameter OUTREG_A = "BYPASSED";
  parameter OUTREG_B = "BYPASSED";
  parameter GSR = "ENABLED";
  parameter RESETMODE_A = "SYNC";
  parameter RESETMODE_B = "SYNC";
  parameter ASYNC_RST_RELEASE_A = "SYNC";
  parameter ASYNC_RST_RELEASE_B = "SYNC";
  parameter CSDECODE_A = "000";
  parameter CSDECODE_B = "000";
  `NEXUS_CONTENTS;
  `NEXUS_NUMBER

  wire [35:0] data_a, data_b;
  hw_byte_memory #(
    .STRIDE(10),
    .CONTENTS(`NEXUS_ALL_CONTENTS),
    .RESET_NEEDS_ENABLE(1),
    .BIT_WIDTH_0(`NEXUS_WIDTH(DATA_WIDTH_A)),
    .BIT_WIDTH_1(`NEXUS_WIDTH(DATA_WIDTH_B))
  ) memory (
    .CLKA(CLKA), .CEA(CEA), .OCEA(1'b0), .RESETA(RSTA), .WREA(WEA), .ADA(ADA),
    .DIA({18'd0, DIA}), .DOA(data_a),
    .CLKB(CLKB), .CEB(CEB), .OCEB(1'b0), .RESETB(RSTB), .WREB(WEB), .ADB(ADB),
    .DIB({18'd0, DIB}), .DOB(data_b)
  );
  assign DOA = data_a[17:0];
  assign DOB = data_b[17:0];
endmodule
