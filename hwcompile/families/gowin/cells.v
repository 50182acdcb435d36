// Simulation models of Gowin cells that Yosys knows by their ports only: block memories and
// multipliers. As far as Yosys uses them: block select 0, no registers in multipliers.

`include "byte_memory.v"

// The 64 parameters with a memory's contents, lowest addresses first, and all of them in one.
`define GOWIN_CONTENTS(bits) \
  parameter [(bits)-1:0] \
    INIT_RAM_00 = 0, INIT_RAM_01 = 0, INIT_RAM_02 = 0, INIT_RAM_03 = 0, INIT_RAM_04 = 0, \
    INIT_RAM_05 = 0, INIT_RAM_06 = 0, INIT_RAM_07 = 0, INIT_RAM_08 = 0, INIT_RAM_09 = 0, \
    INIT_RAM_0A = 0, INIT_RAM_0B = 0, INIT_RAM_0C = 0, INIT_RAM_0D = 0, INIT_RAM_0E = 0, \
    INIT_RAM_0F = 0, INIT_RAM_10 = 0, INIT_RAM_11 = 0, INIT_RAM_12 = 0, INIT_RAM_13 = 0, \
    INIT_RAM_14 = 0, INIT_RAM_15 = 0, INIT_RAM_16 = 0, INIT_RAM_17 = 0, INIT_RAM_18 = 0, \
    INIT_RAM_19 = 0, INIT_RAM_1A = 0, INIT_RAM_1B = 0, INIT_RAM_1C = 0, INIT_RAM_1D = 0, \
    INIT_RAM_1E = 0, INIT_RAM_1F = 0, INIT_RAM_20 = 0, INIT_RAM_21 = 0, INIT_RAM_22 = 0, \
    INIT_RAM_23 = 0, INIT_RAM_24 = 0, INIT_RAM_25 = 0, INIT_RAM_26 = 0, INIT_RAM_27 = 0, \
    INIT_RAM_28 = 0, INIT_RAM_29 = 0, INIT_RAM_2A = 0, INIT_RAM_2B = 0, INIT_RAM_2C = 0, \
    INIT_RAM_2D = 0, INIT_RAM_2E = 0, INIT_RAM_2F = 0, INIT_RAM_30 = 0, INIT_RAM_31 = 0, \
    INIT_RAM_32 = 0, INIT_RAM_33 = 0, INIT_RAM_34 = 0, INIT_RAM_35 = 0, INIT_RAM_36 = 0, \
    INIT_RAM_37 = 0, INIT_RAM_38 = 0, INIT_RAM_39 = 0, INIT_RAM_3A = 0, INIT_RAM_3B = 0, \
    INIT_RAM_3C = 0, INIT_RAM_3D = 0, INIT_RAM_3E = 0, INIT_RAM_3F = 0
`define GOWIN_ALL_CONTENTS \
  { \
    INIT_RAM_3F, INIT_RAM_3E, INIT_RAM_3D, INIT_RAM_3C, INIT_RAM_3B, INIT_RAM_3A, INIT_RAM_39, \
    INIT_RAM_38, INIT_RAM_37, INIT_RAM_36, INIT_RAM_35, INIT_RAM_34, INIT_RAM_33, INIT_RAM_32, \
    INIT_RAM_31, INIT_RAM_30, INIT_RAM_2F, INIT_RAM_2E, INIT_RAM_2D, INIT_RAM_2C, INIT_RAM_2B, \
    INIT_RAM_2A, INIT_RAM_29, INIT_RAM_28, INIT_RAM_27, INIT_RAM_26, INIT_RAM_25, INIT_RAM_24, \
    INIT_RAM_23, INIT_RAM_22, INIT_RAM_21, INIT_RAM_20, INIT_RAM_1F, INIT_RAM_1E, INIT_RAM_1D, \
    INIT_RAM_1C, INIT_RAM_1B, INIT_RAM_1A, INIT_RAM_19, INIT_RAM_18, INIT_RAM_17, INIT_RAM_16, \
    INIT_RAM_15, INIT_RAM_14, INIT_RAM_13, INIT_RAM_12, INIT_RAM_11, INIT_RAM_10, INIT_RAM_0F, \
    INIT_RAM_0E, INIT_RAM_0D, INIT_RAM_0C, INIT_RAM_0B, INIT_RAM_0A, INIT_RAM_09, INIT_RAM_08, \
    INIT_RAM_07, INIT_RAM_06, INIT_RAM_05, INIT_RAM_04, INIT_RAM_03, INIT_RAM_02, INIT_RAM_01, \
    INIT_RAM_00 \
  }
// A byte has nine bits in the memory; cells without parity use eight of them.
`define GOWIN_NINE(d) \
  {1'b0, d[31:24], 1'b0, d[23:16], 1'b0, d[15:8], 1'b0, d[7:0]}
`define GOWIN_EIGHT(d) \
  {d[34:27], d[25:18], d[16:9], d[7:0]}

module SP (
  input CLK, CE, OCE, RESET, WRE,
  input [2:0] BLKSEL,
  input [13:0] AD,
  input [31:0] DI,
  output [31:0] DO
);
  parameter READ_MODE = 1'b0;
  parameter WRITE_MODE = 2'b00;
  parameter BIT_WIDTH = 32;
  parameter BLK_SEL = 3'b000;
  parameter RESET_MODE = "SYNC";
  `GOWIN_CONTENTS(256);

  wire [35:0] data;
  hw_byte_memory #(
    .STRIDE(8),
    .CONTENTS(`GOWIN_ALL_CONTENTS),
    .READ_MODE0(READ_MODE),
    .WRITE_MODE0(WRITE_MODE),
    .BIT_WIDTH_0(BIT_WIDTH)
  ) memory (
    .CLKA(CLK), .CEA(CE), .OCEA(OCE), .RESETA(RESET), .WREA(WRE), .ADA(AD),
    .DIA(`GOWIN_NINE(DI)), .DOA(data),
    .CLKB(1'b0), .CEB(1'b0), .OCEB(1'b0), .RESETB(1'b0), .WREB(1'b0), .ADB(14'd0),
    .DIB(36'd0), .DOB()
  );
  assign DO = `GOWIN_EIGHT(data);
endmodule

module SPX9 (
  input CLK, CE, OCE, RESET, WRE,
  input [2:0] BLKSEL,
  input [13:0] AD,
  input [35:0] DI,
  output [35:0] DO
);
  parameter READ_MODE = 1'b0;
  parameter WRITE_MODE = 2'b00;
  parameter BIT_WIDTH = 36;
  parameter BLK_SEL = 3'b000;
  parameter RESET_MODE = "SYNC";
  `GOWIN_CONTENTS(288);

  wire [35:0] data;
  hw_byte_memory #(
    .STRIDE(9),
    .CONTENTS(`GOWIN_ALL_CONTENTS),
    .READ_MODE0(READ_MODE),
    .WRITE_MODE0(WRITE_MODE),
    .BIT_WIDTH_0(BIT_WIDTH)
  ) memory (
    .CLKA(CLK), .CEA(CE), .OCEA(OCE), .RESETA(RESET), .WREA(WRE), .ADA(AD),
    .DIA(DI), .DOA(data),
    .CLKB(1'b0), .CEB(1'b0), .OCEB(1'b0), .RESETB(1'b0), .WREB(1'b0), .ADB(14'd0),
    .DIB(36'd0), .DOB()
  );
  assign DO = data;
endmodule

module SDPB (
  input CLKA, CEA, CLKB, CEB, OCE, RESETA, RESETB,
  input [13:0] ADA, ADB,
  input [2:0] BLKSELA, BLKSELB,
  input [31:0] DI,
  output [31:0] DO
);
  parameter READ_MODE = 1'b0;
  parameter BIT_WIDTH_0 = 32;
  parameter BIT_WIDTH_1 = 32;
  parameter BLK_SEL_0 = 3'b000;
  parameter BLK_SEL_1 = 3'b000;
  parameter RESET_MODE = "SYNC";
  `GOWIN_CONTENTS(256);

  wire [35:0] data;
  hw_byte_memory #(
    .STRIDE(8),
    .CONTENTS(`GOWIN_ALL_CONTENTS),
    .READ_MODE1(READ_MODE),
    .BIT_WIDTH_0(BIT_WIDTH_0),
    .BIT_WIDTH_1(BIT_WIDTH_1)
  ) memory (
    .CLKA(CLKA), .CEA(CEA), .OCEA(1'b0), .RESETA(RESETA), .WREA(1'b1), .ADA(ADA),
    .DIA(`GOWIN_NINE(DI)), .DOA(),
    .CLKB(CLKB), .CEB(CEB), .OCEB(OCE), .RESETB(RESETB), .WREB(1'b0), .ADB(ADB),
    .DIB(36'd0), .DOB(data)
  );
  assign DO = `GOWIN_EIGHT(data);
endmodule

module SDPX9B (
  input CLKA, CEA, CLKB, CEB, OCE, RESETA, RESETB,
  input [13:0] ADA, ADB,
  input [2:0] BLKSELA, BLKSELB,
  input [35:0] DI,
  output [35:0] DO
);
  parameter READ_MODE = 1'b0;
  parameter BIT_WIDTH_0 = 36;
  parameter BIT_WIDTH_1 = 36;
  parameter BLK_SEL_0 = 3'b000;
  parameter BLK_SEL_1 = 3'b000;
  parameter RESET_MODE = "SYNC";
  `GOWIN_CONTENTS(288);

  wire [35:0] data;
  hw_byte_memory #(
    .STRIDE(9),
    .CONTENTS(`GOWIN_ALL_CONTENTS),
    .READ_MODE1(READ_MODE),
    .BIT_WIDTH_0(BIT_WIDTH_0),
    .BIT_WIDTH_1(BIT_WIDTH_1)
  ) memory (
    .CLKA(CLKA), .CEA(CEA), .OCEA(1'b0), .RESETA(RESETA), .WREA(1'b1), .ADA(ADA),
    .DIA(DI), .DOA(),
    .CLKB(CLKB), .CEB(CEB), .OCEB(OCE), .RESETB(RESETB), .WREB(1'b0), .ADB(ADB),
    .DIB(36'd0), .DOB(data)
  );
  assign DO = data;
endmodule

module DPB (
  input CLKA, CEA, CLKB, CEB, OCEA, OCEB, RESETA, RESETB, WREA, WREB,
  input [13:0] ADA, ADB,
  input [2:0] BLKSELA, BLKSELB,
  input [15:0] DIA, DIB,
  output [15:0] DOA, DOB
);
  parameter READ_MODE0 = 1'b0;
  parameter READ_MODE1 = 1'b0;
  parameter WRITE_MODE0 = 2'b00;
  parameter WRITE_MODE1 = 2'b00;
  parameter BIT_WIDTH_0 = 16;
  parameter BIT_WIDTH_1 = 16;
  parameter BLK_SEL_0 = 3'b000;
  parameter BLK_SEL_1 = 3'b000;
  parameter RESET_MODE = "SYNC";
  `GOWIN_CONTENTS(256);

  wire [35:0] data_a, data_b;
  hw_byte_memory #(
    .STRIDE(8),
    .CONTENTS(`GOWIN_ALL_CONTENTS),
    .READ_MODE0(READ_MODE0),
    .READ_MODE1(READ_MODE1),
    .WRITE_MODE0(WRITE_MODE0),
    .WRITE_MODE1(WRITE_MODE1),
    .BIT_WIDTH_0(BIT_WIDTH_0),
    .BIT_WIDTH_1(BIT_WIDTH_1)
  ) memory (
    .CLKA(CLKA), .CEA(CEA), .OCEA(OCEA), .RESETA(RESETA), .WREA(WREA), .ADA(ADA),
    .DIA({18'd0, 1'b0, DIA[15:8], 1'b0, DIA[7:0]}), .DOA(data_a),
    .CLKB(CLKB), .CEB(CEB), .OCEB(OCEB), .RESETB(RESETB), .WREB(WREB), .ADB(ADB),
    .DIB({18'd0, 1'b0, DIB[15:8], 1'b0, DIB[7:0]}), .DOB(data_b)
  );
  assign DOA = {data_a[16:9], data_a[7:0]};
  assign DOB = {data_b[16:9], data_b[7:0]};
endmodule

module DPX9B (
  input CLKA, CEA, CLKB, CEB, OCEA, OCEB, RESETA, RESETB, WREA, WREB,
  input [13:0] ADA, ADB,
  input [2:0] BLKSELA, BLKSELB,
  input [17:0] DIA, DIB,
  output [17:0] DOA, DOB
);
  parameter READ_MODE0 = 1'b0;
  parameter READ_MODE1 = 1'b0;
  parameter WRITE_MODE0 = 2'b00;
  parameter WRITE_MODE1 = 2'b00;
  parameter BIT_WIDTH_0 = 18;
  parameter BIT_WIDTH_1 = 18;
  parameter BLK_SEL_0 = 3'b000;
  parameter BLK_SEL_1 = 3'b000;
  parameter RESET_MODE = "SYNC";
  `GOWIN_CONTENTS(288);

  wire [35:0] data_a, data_b;
  hw_byte_memory #(
    .STRIDE(9),
    .CONTENTS(`GOWIN_ALL_CONTENTS),
    .READ_MODE0(READ_MODE0),
    .READ_MODE1(READ_MODE1),
    .WRITE_MODE0(WRITE_MODE0),
    .WRITE_MODE1(WRITE_MODE1),
    .BIT_WIDTH_0(BIT_WIDTH_0),
    .BIT_WIDTH_1(BIT_WIDTH_1)
  ) memory (
    .CLKA(CLKA), .CEA(CEA), .OCEA(OCEA), .RESETA(RESETA), .WREA(WREA), .ADA(ADA),
    .DIA({18'd0, DIA}), .DOA(data_a),
    .CLKB(CLKB), .CEB(CEB), .OCEB(OCEB), .RESETB(RESETB), .WREB(WREB), .ADB(ADB),
    .DIB({18'd0, DIB}), .DOB(data_b)
  );
  assign DOA = data_a[17:0];
  assign DOB = data_b[17:0];
endmodule

module MULT9X9 (
  input [8:0] A, B,
  input [8:0] SIA, SIB,
  input ASEL, BSEL,
  input ASIGN, BSIGN, CE, CLK, RESET,
  output [8:0] SOA, SOB,
  output [17:0] DOUT
);
  // The sign, or zero, as one bit more.
  wire signed [19:0] product = $signed({ASIGN & A[8], A}) * $signed({BSIGN & B[8], B});
  assign DOUT = product[17:0];
endmodule

module MULT18X18 (
  input [17:0] A, B,
  input [17:0] SIA, SIB,
  input ASEL, BSEL,
  input ASIGN, BSIGN, CE, CLK, RESET,
  output [17:0] SOA, SOB,
  output [35:0] DOUT
);
  // The sign, or zero, as one bit more.
  wire signed [37:0] product = $signed({ASIGN & A[17], A}) * $signed({BSIGN & B[17], B});
  assign DOUT = product[35:0];
endmodule

module MULT36X36 (
  input [35:0] A, B,
  input ASIGN, BSIGN, CE, CLK, RESET,
  output [71:0] DOUT
);
  // The sign, or zero, as one bit more.
  wire signed [73:0] product = $signed({ASIGN & A[35], A}) * $signed({BSIGN & B[35], B});
  assign DOUT = product[71:0];
endmodule
