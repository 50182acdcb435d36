// A signed product whose factors may be cut in two, so that every part fits one multiplier.
//
// The parts' products have a register each, with Cuts.later two, and a stage adds two numbers at
// most. The lower part of a factor is not signed. product_o has the lowest ProductWidth bits of the
// product.
//
// Latency: 1, one more for each factor that is cut, one more with Cuts.later.

`default_nettype none

module hw_cut_product #(
  parameter int unsigned LeftWidth = 16,
  parameter int unsigned RightWidth = 12,
  parameter int unsigned ProductWidth = 28,
  parameter hw_cuts_pkg::cuts_t Cuts = hw_cuts_pkg::CUTS
) (
  input  wire logic                           clk_i,
  input  wire logic signed [LeftWidth-1:0]    left_i,
  input  wire logic signed [RightWidth-1:0]   right_i,
  output logic signed      [ProductWidth-1:0] product_o
);

  localparam int unsigned LeftCut = Cuts.left;
  localparam int unsigned RightCut = Cuts.right;

  if (LeftCut >= LeftWidth || RightCut >= RightWidth) begin : gen_illegal
    $error("hw_cut_product: a cut must leave a bit of its factor");
  end
  if (LeftCut + RightCut >= ProductWidth) begin : gen_illegal1
    $error("hw_cut_product: ProductWidth must be more than both cuts together");
  end

  if (LeftCut > 0 && RightCut > 0) begin : gen_four
    localparam int unsigned LowWidth = LeftCut + RightCut;
    localparam int unsigned HighWidth = ProductWidth - LowWidth;

    logic [LeftCut-1:0] left_low;
    logic [RightCut-1:0] right_low;
    logic signed [LeftWidth-LeftCut-1:0] left_high;
    logic signed [RightWidth-RightCut-1:0] right_high;
    logic [LowWidth-1:0] low_q, low;
    logic signed [HighWidth-1:0] high_q, high;
    logic signed [ProductWidth-1:0] low_high_q, high_low_q, low_high, high_low, outer_q, inner_q;

    assign left_low = left_i[LeftCut-1:0];
    assign right_low = right_i[RightCut-1:0];
    assign left_high = left_i[LeftWidth-1:LeftCut];
    assign right_high = right_i[RightWidth-1:RightCut];
    always_ff @(posedge clk_i) begin
      low_q <= LowWidth'(left_low) * LowWidth'(right_low);
      high_q <= HighWidth'(left_high) * HighWidth'(right_high);
      low_high_q <= ProductWidth'($signed({1'b0, left_low})) * ProductWidth'(right_high);
      high_low_q <= ProductWidth'(left_high) * ProductWidth'($signed({1'b0, right_low}));
      // Those of both lower and of both upper parts do not overlap.
      outer_q <= {high, low};
      inner_q <= (low_high << RightCut) + (high_low << LeftCut);
      product_o <= outer_q + inner_q;
    end
    if (Cuts.later) begin : gen_later
      always_ff @(posedge clk_i) begin
        low <= low_q;
        high <= high_q;
        low_high <= low_high_q;
        high_low <= high_low_q;
      end
    end else begin : gen_now
      assign low = low_q;
      assign high = high_q;
      assign low_high = low_high_q;
      assign high_low = high_low_q;
    end
  end else if (LeftCut > 0 || RightCut > 0) begin : gen_two
    localparam int unsigned Cut = LeftCut + RightCut;
    localparam int unsigned CutWidth = (LeftCut > 0) ? LeftWidth : RightWidth;
    localparam int unsigned WholeWidth = (LeftCut > 0) ? RightWidth : LeftWidth;

    logic signed [CutWidth-1:0] factor;
    logic signed [WholeWidth-1:0] whole;
    logic signed [CutWidth-Cut-1:0] upper;
    logic signed [ProductWidth-1:0] low_q, high_q, low, high;

    if (LeftCut > 0) begin : gen_left
      assign factor = left_i;
      assign whole = right_i;
    end else begin : gen_right
      assign factor = right_i;
      assign whole = left_i;
    end
    assign upper = factor[CutWidth-1:Cut];
    always_ff @(posedge clk_i) begin
      low_q <= ProductWidth'(whole) * ProductWidth'($signed({1'b0, factor[Cut-1:0]}));
      high_q <= ProductWidth'(whole) * ProductWidth'(upper);
      product_o <= low + (high << Cut);
    end
    if (Cuts.later) begin : gen_later
      always_ff @(posedge clk_i) begin
        low <= low_q;
        high <= high_q;
      end
    end else begin : gen_now
      assign low = low_q;
      assign high = high_q;
    end
  end else begin : gen_whole
    logic signed [ProductWidth-1:0] product_q;
    always_ff @(posedge clk_i) product_q <= ProductWidth'(left_i) * ProductWidth'(right_i);
    if (Cuts.later) begin : gen_later
      always_ff @(posedge clk_i) product_o <= product_q;
    end else begin : gen_now
      assign product_o = product_q;
    end
  end

endmodule

`default_nettype wire
