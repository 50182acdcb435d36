// What words of codes stand for: each of Lanes codes is the number of a row of a table, which is
// the code book. Nothing is registered. Without code bits, codes are passed on as they are.
//
// The table has 2**CodeBits rows of Bits bits. Every lane has tables of its own for it.

`default_nettype none

module hw_codebook #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned CodeBits = 0,
  parameter int unsigned Bits = 4,
  parameter CodeFile = "",
  localparam int unsigned StoredBits = (CodeBits > 0) ? CodeBits : Bits
) (
  input  wire logic [Lanes*StoredBits-1:0] codes_i,
  output logic      [Lanes*Bits-1:0]       numbers_o
);

  if (Lanes < 1 || Bits < 1 || CodeBits > 8) begin : gen_illegal
    $error("hw_codebook: Lanes and Bits are at least 1, and a code has at most 8 bits");
  end

  if (CodeBits > 0) begin : gen_table
    // Logic, because every lane reads it in every cycle.
    (* ram_style = "logic", rom_style = "logic" *) logic [Bits-1:0] mem [1 << CodeBits];
    initial if (CodeFile != "") $readmemh(CodeFile, mem);

    for (genvar l = 0; l < Lanes; l++) begin : gen_lane
      assign numbers_o[l*Bits +: Bits] = mem[codes_i[l*StoredBits +: StoredBits]];
    end
  end else begin : gen_plain
    assign numbers_o = codes_i;
  end

endmodule

`default_nettype wire
