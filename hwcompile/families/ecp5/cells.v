// Simulation models of ECP5 cells that Yosys knows by their ports only. As far as they are used: no
// chip selects, no resets of registers, one clock of a multiplier.

// 18 kbit of memory with two ports. Inside, 1024 words of 18 bits, each two groups of nine: widths
// 1, 2 and 4 use the lower eight bits of a group.
module DP16KD (
  input
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0,
  input
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
  input
    CSA2, CSA1, CSA0,
  input CEA, OCEA, CLKA, WEA, RSTA,
  output
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
    DOA3, DOA2, DOA1, DOA0,
  input
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0,
  input
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
  input
    CSB2, CSB1, CSB0,
  input CEB, OCEB, CLKB, WEB, RSTB,
  output
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
    DOB3, DOB2, DOB1, DOB0
);
  parameter DATA_WIDTH_A = 18;
  parameter DATA_WIDTH_B = 18;
  parameter REGMODE_A = "NOREG";
  parameter REGMODE_B = "NOREG";
  parameter RESETMODE = "SYNC";
  parameter ASYNC_RESET_RELEASE = "SYNC";
  parameter CSDECODE_A = "0b000";
  parameter CSDECODE_B = "0b000";
  parameter WRITEMODE_A = "NORMAL";
  parameter WRITEMODE_B = "NORMAL";
  parameter CLKAMUX = "CLKA";
  parameter CLKBMUX = "CLKB";
  parameter GSR = "ENABLED";
  parameter [319:0] INITVAL_00 = 320'd0;
  parameter [319:0] INITVAL_01 = 320'd0;
  parameter [319:0] INITVAL_02 = 320'd0;
  parameter [319:0] INITVAL_03 = 320'd0;
  parameter [319:0] INITVAL_04 = 320'd0;
  parameter [319:0] INITVAL_05 = 320'd0;
  parameter [319:0] INITVAL_06 = 320'd0;
  parameter [319:0] INITVAL_07 = 320'd0;
  parameter [319:0] INITVAL_08 = 320'd0;
  parameter [319:0] INITVAL_09 = 320'd0;
  parameter [319:0] INITVAL_0A = 320'd0;
  parameter [319:0] INITVAL_0B = 320'd0;
  parameter [319:0] INITVAL_0C = 320'd0;
  parameter [319:0] INITVAL_0D = 320'd0;
  parameter [319:0] INITVAL_0E = 320'd0;
  parameter [319:0] INITVAL_0F = 320'd0;
  parameter [319:0] INITVAL_10 = 320'd0;
  parameter [319:0] INITVAL_11 = 320'd0;
  parameter [319:0] INITVAL_12 = 320'd0;
  parameter [319:0] INITVAL_13 = 320'd0;
  parameter [319:0] INITVAL_14 = 320'd0;
  parameter [319:0] INITVAL_15 = 320'd0;
  parameter [319:0] INITVAL_16 = 320'd0;
  parameter [319:0] INITVAL_17 = 320'd0;
  parameter [319:0] INITVAL_18 = 320'd0;
  parameter [319:0] INITVAL_19 = 320'd0;
  parameter [319:0] INITVAL_1A = 320'd0;
  parameter [319:0] INITVAL_1B = 320'd0;
  parameter [319:0] INITVAL_1C = 320'd0;
  parameter [319:0] INITVAL_1D = 320'd0;
  parameter [319:0] INITVAL_1E = 320'd0;
  parameter [319:0] INITVAL_1F = 320'd0;
  parameter [319:0] INITVAL_20 = 320'd0;
  parameter [319:0] INITVAL_21 = 320'd0;
  parameter [319:0] INITVAL_22 = 320'd0;
  parameter [319:0] INITVAL_23 = 320'd0;
  parameter [319:0] INITVAL_24 = 320'd0;
  parameter [319:0] INITVAL_25 = 320'd0;
  parameter [319:0] INITVAL_26 = 320'd0;
  parameter [319:0] INITVAL_27 = 320'd0;
  parameter [319:0] INITVAL_28 = 320'd0;
  parameter [319:0] INITVAL_29 = 320'd0;
  parameter [319:0] INITVAL_2A = 320'd0;
  parameter [319:0] INITVAL_2B = 320'd0;
  parameter [319:0] INITVAL_2C = 320'd0;
  parameter [319:0] INITVAL_2D = 320'd0;
  parameter [319:0] INITVAL_2E = 320'd0;
  parameter [319:0] INITVAL_2F = 320'd0;
  parameter [319:0] INITVAL_30 = 320'd0;
  parameter [319:0] INITVAL_31 = 320'd0;
  parameter [319:0] INITVAL_32 = 320'd0;
  parameter [319:0] INITVAL_33 = 320'd0;
  parameter [319:0] INITVAL_34 = 320'd0;
  parameter [319:0] INITVAL_35 = 320'd0;
  parameter [319:0] INITVAL_36 = 320'd0;
  parameter [319:0] INITVAL_37 = 320'd0;
  parameter [319:0] INITVAL_38 = 320'd0;
  parameter [319:0] INITVAL_39 = 320'd0;
  parameter [319:0] INITVAL_3A = 320'd0;
  parameter [319:0] INITVAL_3B = 320'd0;
  parameter [319:0] INITVAL_3C = 320'd0;
  parameter [319:0] INITVAL_3D = 320'd0;
  parameter [319:0] INITVAL_3E = 320'd0;
  parameter [319:0] INITVAL_3F = 320'd0;

  wire [17:0] dia = {
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0
  };
  wire [17:0] dib = {
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0
  };
  wire [13:0] ada = {
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
  };
  wire [13:0] adb = {
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
  };

  reg [17:0] memory [0:1023];
  wire [64*320-1:0] contents = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39,
    INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32,
    INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B,
    INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24,
    INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F, INITVAL_1E, INITVAL_1D,
    INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16,
    INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F,
    INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01,
    INITVAL_00
  };

  integer word;
  initial for (word = 0; word < 1024; word = word + 1) memory[word] = contents[20*word +: 18];

  // --- Read: the whole word, then the part that the width and the address select. ----------------

  function [17:0] part (input integer width, input [13:0] address, input [17:0] whole);
    reg [8:0] group;
    begin
      group = address[3] ? whole[17:9] : whole[8:0];
      case (width)
        1:       part = {17'd0, group[address[2:0]]};
        2:       part = {16'd0, group[2*address[2:1] +: 2]};
        4:       part = {14'd0, group[4*address[2] +: 4]};
        9:       part = {9'd0, group};
        default: part = whole;
      endcase
    end
  endfunction

  // --- Write: which bits of which word, and what. ------------------------------------------------

  function [17:0] mask (input integer width, input [13:0] address);
    case (width)
      1:       mask = 18'd1 << (9 * address[3] + address[2:0]);
      2:       mask = 18'd3 << (9 * address[3] + 2 * address[2:1]);
      4:       mask = 18'd15 << (9 * address[3] + 4 * address[2]);
      9:       mask = 18'd511 << (9 * address[3]);
      default: mask = {{9{address[1]}}, {9{address[0]}}};
    endcase
  endfunction

  function [17:0] spread (input integer width, input [17:0] data);
    case (width)
      1:       spread = {2{1'b0, {8{data[0]}}}};
      2:       spread = {2{1'b0, {4{data[1:0]}}}};
      4:       spread = {2{1'b0, {2{data[3:0]}}}};
      9:       spread = {2{data[8:0]}};
      default: spread = data;
    endcase
  endfunction

  // --- Ports -------------------------------------------------------------------------------------

  wire clock_a = (CLKAMUX == "INV") ? ~CLKA : CLKA;
  wire clock_b = (CLKBMUX == "INV") ? ~CLKB : CLKB;

  wire write_a = CEA & WEA;
  wire write_b = CEB & WEB;

  wire [9:0] word_a = (DATA_WIDTH_A == 36) ? {ada[13:5], 1'b0} : ada[13:4];
  wire [9:0] word_b = (DATA_WIDTH_B == 36) ? {adb[13:5], 1'b0} : adb[13:4];

  reg [17:0] out_a, out_b, high;

  // What a port shows while it writes: nothing new, what it writes, or what was there.
  always @(posedge clock_a) begin
    if (RSTA) out_a <= 18'd0;
    else if (CEA && (!WEA || WRITEMODE_A == "READBEFOREWRITE"))
      out_a <= part(DATA_WIDTH_A, ada, memory[word_a]);
    else if (CEA && WRITEMODE_A == "WRITETHROUGH")
      out_a <= part(DATA_WIDTH_A, ada, (memory[word_a] & ~mask(DATA_WIDTH_A, ada))
                    | (spread(DATA_WIDTH_A, dia) & mask(DATA_WIDTH_A, ada)));
    if (write_a)
      memory[word_a] <= (memory[word_a] & ~mask(DATA_WIDTH_A, ada))
                        | (spread(DATA_WIDTH_A, dia) & mask(DATA_WIDTH_A, ada));
    if (write_a && DATA_WIDTH_A == 36)
      memory[word_a + 1] <= (memory[word_a + 1] & ~mask(36, {12'd0, ada[3:2]}))
                            | (dib & mask(36, {12'd0, ada[3:2]}));
  end

  always @(posedge clock_b) begin
    if (RSTB) begin
      out_b <= 18'd0;
      high <= 18'd0;
    end else if (CEB && (!WEB || WRITEMODE_B == "READBEFOREWRITE")) begin
      out_b <= part(DATA_WIDTH_B, adb, memory[word_b]);
      high <= memory[word_b + 1];
    end else if (CEB && WRITEMODE_B == "WRITETHROUGH") begin
      out_b <= part(DATA_WIDTH_B, adb, (memory[word_b] & ~mask(DATA_WIDTH_B, adb))
                    | (spread(DATA_WIDTH_B, dib) & mask(DATA_WIDTH_B, adb)));
    end
    if (write_b)
      memory[word_b] <= (memory[word_b] & ~mask(DATA_WIDTH_B, adb))
                        | (spread(DATA_WIDTH_B, dib) & mask(DATA_WIDTH_B, adb));
  end

  reg [17:0] out_a_q = 18'd0, out_b_q = 18'd0, high_q = 18'd0;

  always @(posedge clock_a) if (OCEA) out_a_q <= out_a;
  always @(posedge clock_b) begin
    if (OCEB) out_b_q <= out_b;
    if (OCEB) high_q <= high;
  end

  wire [17:0] shown_a = (REGMODE_A == "OUTREG") ? out_a_q : out_a;
  wire [17:0] shown_b = (REGMODE_B == "OUTREG") ? out_b_q : out_b;
  wire [17:0] shown_high = (REGMODE_B == "OUTREG") ? high_q : high;

  // Read with 36 bits, port B uses both outputs: the lower word stands on A's.
  assign {
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
    DOA3, DOA2, DOA1, DOA0
  } = (DATA_WIDTH_B == 36) ? shown_b : shown_a;
  assign {
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
    DOB3, DOB2, DOB1, DOB0
  } = (DATA_WIDTH_B == 36) ? shown_high : shown_b;
endmodule

module MULT18X18D (
  input
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
  input
    B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
  input
    C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
  input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB, CLK0, CE0, CE1, CE2, CE3, RST0,
  output
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
    P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
  parameter REG_INPUTA_CLK = "NONE";
  parameter REG_INPUTA_CE = "CE0";
  parameter REG_INPUTA_RST = "RST0";
  parameter REG_INPUTB_CLK = "NONE";
  parameter REG_INPUTB_CE = "CE0";
  parameter REG_INPUTB_RST = "RST0";
  parameter REG_OUTPUT_CLK = "NONE";
  parameter REG_OUTPUT_CE = "CE0";
  parameter REG_OUTPUT_RST = "RST0";
  parameter GSR = "ENABLED";

  wire [17:0] a = {
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
  };
  wire [17:0] b = {
    B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
  };

  // --- Registers, zero after configuration -------------------------------------------------------

  wire enable_a = (REG_INPUTA_CE == "CE0") ? CE0 : (REG_INPUTA_CE == "CE1") ? CE1
                : (REG_INPUTA_CE == "CE2") ? CE2 : CE3;
  wire enable_b = (REG_INPUTB_CE == "CE0") ? CE0 : (REG_INPUTB_CE == "CE1") ? CE1
                : (REG_INPUTB_CE == "CE2") ? CE2 : CE3;
  wire enable_p = (REG_OUTPUT_CE == "CE0") ? CE0 : (REG_OUTPUT_CE == "CE1") ? CE1
                : (REG_OUTPUT_CE == "CE2") ? CE2 : CE3;

  reg [17:0] a_q = 18'd0, b_q = 18'd0;
  reg [35:0] p_q = 36'd0;

  wire [17:0] left = (REG_INPUTA_CLK == "NONE") ? a : a_q;
  wire [17:0] right = (REG_INPUTB_CLK == "NONE") ? b : b_q;

  // The sign, or zero, as a nineteenth bit.
  wire signed [37:0] product =
    $signed({SIGNEDA & left[17], left}) * $signed({SIGNEDB & right[17], right});

  always @(posedge CLK0) begin
    if (enable_a) a_q <= a;
    if (enable_b) b_q <= b;
    if (enable_p) p_q <= product[35:0];
  end

  assign {
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
    P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
  } = (REG_OUTPUT_CLK == "NONE") ? product[35:0] : p_q;
endmodule
