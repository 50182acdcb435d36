// Clears the lanes beyond the end of a vector, in the last of its Words words.
//
// Combinational from data_i to data_o; counts words by valid_i. With Tail = 0 every word is full
// and nothing is left of the module.

`default_nettype none

module hw_tail_mask #(
  parameter int unsigned Parallel = 4,
  parameter int unsigned Width = 8,
  parameter int unsigned Words = 2,  // words per vector
  parameter int unsigned Tail = 3    // lanes in use in the last of them; 0: all
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  input  wire logic                      valid_i,
  input  wire logic [Parallel*Width-1:0] data_i,
  output logic      [Parallel*Width-1:0] data_o
);

  if (Parallel < 1 || Width < 1 || Words < 1 || Tail > Parallel) begin : gen_illegal
    $error("hw_tail_mask: Tail is at most Parallel, the others are at least 1");
  end

  if (Tail == 0) begin : gen_wire
    logic unused;
    assign unused = &{1'b0, clk_i, rst_ni, valid_i};
    assign data_o = data_i;
  end else begin : gen_mask
    localparam int unsigned WordBits = (Words > 1) ? $clog2(Words) : 1;
    logic [WordBits-1:0] word;
    logic last;
    hw_group_counter #(.Groups(Words)) u_word (
      .clk_i,
      .rst_ni,
      .step_i(valid_i),
      .group_o(word)
    );
    assign last = word == WordBits'(Words - 1);
    assign data_o[Tail*Width-1:0] = data_i[Tail*Width-1:0];
    assign data_o[Parallel*Width-1:Tail*Width] =
        data_i[Parallel*Width-1:Tail*Width] & {((Parallel - Tail) * Width){!last}};
  end

endmodule

`default_nettype wire
