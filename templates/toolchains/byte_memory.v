// Simulation model of a block memory: 2048 bytes of nine or eight bits, and two ports. An address
// counts bits: its lower bits select bits of a byte (widths below a byte) or enable the bytes of a
// word (widths above). Gowin's and Nexus' blocks are like that.
module hw_byte_memory (
  input CLKA, CEA, OCEA, RESETA, WREA, CLKB, CEB, OCEB, RESETB, WREB,
  input [13:0] ADA, ADB,
  input [35:0] DIA, DIB,
  output [35:0] DOA, DOB
);
  parameter STRIDE = 9;  // bits from byte to byte in the contents
  parameter [2048*STRIDE-1:0] CONTENTS = 0;
  parameter RESET_NEEDS_ENABLE = 0;
  parameter READ_MODE0 = 1'b0;
  parameter READ_MODE1 = 1'b0;
  parameter WRITE_MODE0 = 2'b00;
  parameter WRITE_MODE1 = 2'b00;
  parameter BIT_WIDTH_0 = 36;
  parameter BIT_WIDTH_1 = 36;

  localparam BITS = (STRIDE < 9) ? STRIDE : 9;

  reg [8:0] memory [0:2047];
  integer i;
  initial for (i = 0; i < 2048; i = i + 1) memory[i] = CONTENTS[STRIDE*i +: BITS];

  // The first byte of the word at an address.
  function [10:0] first (input integer width, input [13:0] address);
    first = (width < 16) ? address[13:3]
            : (width < 32) ? {address[13:4], 1'b0} : {address[13:5], 2'b00};
  endfunction

  // The lowest bit that a width below a byte means.
  function [2:0] place (input integer width, input [13:0] address);
    place = (width == 1) ? address[2:0] : (width == 2) ? {address[2:1], 1'b0}
            : (width == 4) ? {address[2], 2'b00} : 3'd0;
  endfunction

  function [8:0] mask (input integer width);
    mask = (width < 8) ? (9'd1 << width) - 9'd1 : 9'd511;
  endfunction

  // The bytes of the word that a write changes.
  function [3:0] enables (input integer width, input [13:0] address);
    enables = (width < 16) ? 4'b0001 : (width < 32) ? {2'b00, address[1:0]} : address[3:0];
  endfunction

  // A byte after a write.
  function [8:0] merged (
    input integer width, input [13:0] address, input [8:0] old, input [8:0] data
  );
    merged = (old & ~(mask(width) << place(width, address)))
             | ((data & mask(width)) << place(width, address));
  endfunction

  // --- Port A ------------------------------------------------------------------------------------

  wire [10:0] byte_a = first(BIT_WIDTH_0, ADA);
  wire [3:0] write_a = (CEA && WREA) ? enables(BIT_WIDTH_0, ADA) : 4'd0;
  wire [35:0] old_a, new_a;
  reg [35:0] out_a = 36'd0, late_a = 36'd0;

  genvar lane;
  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : g_a
      wire [10:0] number = byte_a + lane;
      wire [8:0] old = memory[number];
      wire [8:0] changed = merged(BIT_WIDTH_0, ADA, old, DIA[9*lane +: 9]);
      assign old_a[9*lane +: 9] = (old >> place(BIT_WIDTH_0, ADA)) & mask(BIT_WIDTH_0);
      assign new_a[9*lane +: 9] = write_a[lane] ? DIA[9*lane +: 9] & mask(BIT_WIDTH_0)
                                                : old_a[9*lane +: 9];
      always @(posedge CLKA) if (write_a[lane]) memory[number] <= changed;
    end
  endgenerate

  // A port that writes shows nothing new (0), what it writes (1), or what was there (2).
  always @(posedge CLKA) begin
    if (RESETA && (CEA || !RESET_NEEDS_ENABLE)) out_a <= 36'd0;
    else if (CEA && (!WREA || WRITE_MODE0 == 2)) out_a <= old_a;
    else if (CEA && WRITE_MODE0 == 1) out_a <= new_a;
    if (RESETA) late_a <= 36'd0;
    else if (OCEA) late_a <= out_a;
  end
  assign DOA = READ_MODE0 ? late_a : out_a;

  // --- Port B ------------------------------------------------------------------------------------

  wire [10:0] byte_b = first(BIT_WIDTH_1, ADB);
  wire [3:0] write_b = (CEB && WREB) ? enables(BIT_WIDTH_1, ADB) : 4'd0;
  wire [35:0] old_b, new_b;
  reg [35:0] out_b = 36'd0, late_b = 36'd0;

  generate
    for (lane = 0; lane < 4; lane = lane + 1) begin : g_b
      wire [10:0] number = byte_b + lane;
      wire [8:0] old = memory[number];
      wire [8:0] changed = merged(BIT_WIDTH_1, ADB, old, DIB[9*lane +: 9]);
      assign old_b[9*lane +: 9] = (old >> place(BIT_WIDTH_1, ADB)) & mask(BIT_WIDTH_1);
      assign new_b[9*lane +: 9] = write_b[lane] ? DIB[9*lane +: 9] & mask(BIT_WIDTH_1)
                                                : old_b[9*lane +: 9];
      always @(posedge CLKB) if (write_b[lane]) memory[number] <= changed;
    end
  endgenerate

  always @(posedge CLKB) begin
    if (RESETB && (CEB || !RESET_NEEDS_ENABLE)) out_b <= 36'd0;
    else if (CEB && (!WREB || WRITE_MODE1 == 2)) out_b <= old_b;
    else if (CEB && WRITE_MODE1 == 1) out_b <= new_b;
    if (RESETB) late_b <= 36'd0;
    else if (OCEB) late_b <= out_b;
  end
  assign DOB = READ_MODE1 ? late_b : out_b;

endmodule
