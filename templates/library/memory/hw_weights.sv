// Weights row by row: from a memory; with External, those that come in as row_i; or with Length,
// single bits that a linear feedback shift register makes. data_o is row addr_i, a cycle later;
// with a register, addresses stay or go on by one, and begin again at 0.
//
// Rows are numbers of Length bits: the first state; Length for a step of the state and as many for
// the step from the last row of a fold, each the places that make a place of the next state; and
// one for every bit of data_o, the places that make it. Sums are modulo 2.

`default_nettype none

module hw_weights #(
  parameter int unsigned Width = 2,
  parameter int unsigned Depth = 4,
  parameter int unsigned AddressBits = 2,
  parameter int unsigned Steps = 2,   // rows of a fold
  parameter bit External = 1'b0,
  parameter WeightFile = "",
  parameter int unsigned Length = 3,
  parameter int unsigned RowsBits = 27,
  parameter logic [RowsBits-1:0] Rows = 27'b010_001_101_100_010_101_100_010_001
) (
  input  wire logic                   clk_i,
  input  wire logic [AddressBits-1:0] addr_i,
  input  wire logic [Width-1:0]       row_i,   // of the cycle (External)
  output logic      [Width-1:0]       data_o
);

  if (Steps < 1 || Width < 1 || AddressBits < 1) begin : gen_illegal
    $error("hw_weights: Steps, Width and AddressBits must be at least 1");
  end
  if (Length > 0 && RowsBits != (1 + 2 * Length + Width) * Length) begin : gen_illegal1
    $error("hw_weights: there is a first state, two steps, and a row for every bit");
  end

  if (Length > 0 && External) begin : gen_illegal2
    $error("hw_weights: rows that come in are not made");
  end

  if (External) begin : gen_external
    logic unused;
    assign unused = &{1'b0, addr_i, Rows};

    always_ff @(posedge clk_i) data_o <= row_i;
  end else if (Length == 0) begin : gen_stored
    logic unused;
    assign unused = &{1'b0, row_i, Rows};

    hw_weight_rom #(
      .Width(Width), .Depth(Depth), .AddressBits(AddressBits), .WeightFile(WeightFile)
    ) i_rom (.clk_i, .addr_i, .data_o);
  end else begin : gen_made
    localparam int unsigned StepBits = (Steps > 1) ? $clog2(Steps) : 1;

    logic [Length-1:0] state_q, next;
    logic [AddressBits-1:0] at_q;
    logic [StepBits-1:0] step_q;
    logic last_step, unused;

    assign unused = &{1'b0, row_i};
    assign last_step = step_q == StepBits'(Steps - 1);

    for (genvar n = 0; n < Length; n++) begin : gen_place
      assign next[n] = last_step ? ^(Rows[(1+Length+n)*Length +: Length] & state_q)
                                 : ^(Rows[(1+n)*Length +: Length] & state_q);
    end

    for (genvar w = 0; w < Width; w++) begin : gen_bit
      assign data_o[w] = ^(Rows[(1+2*Length+w)*Length +: Length] & state_q);
    end

    always_ff @(posedge clk_i) begin
      at_q <= addr_i;
      if (addr_i == '0) begin
        state_q <= Rows[0 +: Length];
        step_q <= '0;
      end else if (addr_i != at_q) begin
        state_q <= next;
        step_q <= last_step ? '0 : step_q + 1'b1;
      end
    end
  end

endmodule

`default_nettype wire
