// Dot products of rows that share their inputs, several rows in one multiplication each.
//
// A wide multiplier takes the weights of Pack rows as one factor, Shift = ProductBits - Overlap
// bits apart, and gives as many products with the same input:
//
//   (w0 + w1 * 2^Shift + ...) * x = w0 * x + (w1 * x) * 2^Shift + ...
//
// What a product borrows from the next one is not repaired product by product: numbers as they
// stand in their fields are summed on one side, what they borrow on the other, and the difference
// is taken once per row. Fields overlap by Overlap bits; the least bits of a product, made beside
// the multiplier, say what its field adds to the one below.
//
// Weights are stored as digits of the factor: a digit that is negative takes one from the next
// (`RowPacking.digits` in Python). Digit t of row r is at [(r * Terms + t)] of w_i, input t at [t]
// of x_i. ProductBits hold a product and what it borrows. sum_o is two's complement and wraps at
// SumBits. Latency: products, hw_sum_tree, the difference. No handshake, no reset.

`default_nettype none

module hw_dot_packed #(
  parameter int unsigned Rows = 2,
  parameter int unsigned Terms = 1,
  parameter int unsigned Pack = 2,
  parameter int unsigned Overlap = 0,
  parameter int unsigned WBits = 2,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter int unsigned SumBits = 4
) (
  input  wire logic                        clk_i,
  input  wire logic [Rows*Terms*WBits-1:0] w_i,
  input  wire logic [Terms*XBits-1:0]      x_i,
  output logic      [Rows*SumBits-1:0]     sum_o
);

  if (Rows < 1 || Terms < 1 || Pack < 1 || XBits < 1 || SumBits < 1) begin : gen_illegal
    $error("hw_dot_packed: Rows, Terms, Pack and widths must be at least 1");
  end
  if (Overlap > 2 || WBits < 2 || ProductBits < WBits + Overlap) begin : gen_illegal1
    $error("hw_dot_packed: fields must hold a digit, and overlap by two bits at most");
  end

  localparam int unsigned Packs = (Rows + Pack - 1) / Pack;
  localparam int unsigned Shift = ProductBits - Overlap;
  localparam int unsigned FactorBits = (Pack - 1) * Shift + WBits;
  localparam int unsigned PackedBits = (Pack - 1) * Shift + ProductBits;
  localparam int unsigned LowBits = (Overlap > 0) ? Overlap : 1;

  // ---- Products ----

  function automatic logic [WBits-1:0] digit_of(
    input logic [Rows*Terms*WBits-1:0] w, input int unsigned r, input int unsigned t
  );
    digit_of = w[(r*Terms + t)*WBits +: WBits];
  endfunction

  // A row that the last pack does not have has the weight zero: it only passes the sign on.
  function automatic logic [FactorBits-1:0] factor_of(
    input logic [Rows*Terms*WBits-1:0] w, input int unsigned p, input int unsigned t
  );
    factor_of = '0;
    for (int unsigned j = 0; j < Pack; j++) begin
      if (p*Pack + j < Rows) begin
        factor_of &= ~(FactorBits'('1) << (j*Shift));
        factor_of |= FactorBits'($signed(digit_of(w, p*Pack + j, t))) << (j*Shift);
      end
    end
  endfunction

  function automatic logic signed [PackedBits-1:0] product_of(
    input logic [FactorBits-1:0] factor, input logic [XBits-1:0] x
  );
    logic signed [PackedBits-1:0] wide_w, wide_x;
    wide_w = PackedBits'($signed(factor));
    wide_x = PackedBits'($signed({XSigned & x[XBits-1], x}));
    product_of = wide_w * wide_x;
  endfunction

  (* use_dsp = "yes" *) logic [Packs*Terms*PackedBits-1:0] packed_q;

  always_ff @(posedge clk_i) begin
    for (int unsigned p = 0; p < Packs; p++) begin
      for (int unsigned t = 0; t < Terms; t++) begin
        packed_q[(p*Terms + t)*PackedBits +: PackedBits] <=
            product_of(factor_of(w_i, p, t), x_i[t*XBits +: XBits]);
      end
    end
  end

  // ---- The least bits of the products above the first of a pack ----

  logic [Rows*Terms*LowBits-1:0] low_q;

  if (Overlap > 0) begin : gen_low
    function automatic logic [LowBits-1:0] low_of(
      input logic borrowed, input logic [1:0] digit, input logic [1:0] x
    );
      logic [1:0] w;
      w = digit + 2'(borrowed);
      low_of = LowBits'({2{x[0]}} & w) ^ LowBits'({x[1] & w[0], 1'b0});
    endfunction

    function automatic logic [1:0] low_input(input logic [XBits-1:0] x);
      low_input = 2'($signed({XSigned & x[XBits-1], x}));
    endfunction

    always_ff @(posedge clk_i) begin
      for (int unsigned r = 0; r < Rows; r++) begin
        for (int unsigned t = 0; t < Terms; t++) begin
          low_q[(r*Terms + t)*LowBits +: LowBits] <= (r % Pack == 0) ? '0 : low_of(
              w_i[(((r > 0) ? r - 1 : 0)*Terms + t)*WBits + WBits - 1],
              w_i[(r*Terms + t)*WBits +: 2], low_input(x_i[t*XBits +: XBits]));
        end
      end
    end
  end else begin : gen_apart
    assign low_q = '0;
  end

  // ---- Numbers in their fields, and what each borrowed from the next one ----

  logic [Rows*Terms*ProductBits-1:0] number;
  logic [Rows*Terms*LowBits-1:0] borrow;

  always_comb begin
    for (int unsigned r = 0; r < Rows; r++) begin
      for (int unsigned t = 0; t < Terms; t++) begin
        number[(r*Terms + t)*ProductBits +: ProductBits] =
            packed_q[((r/Pack)*Terms + t)*PackedBits + (r % Pack)*Shift +: ProductBits];
        if (Overlap > 0 && r % Pack < Pack - 1 && r + 1 < Rows) begin
          number[(r*Terms + t)*ProductBits + Shift +: LowBits] =
              number[(r*Terms + t)*ProductBits + Shift +: LowBits]
              - low_q[((r + 1)*Terms + t)*LowBits +: LowBits];
        end
      end
    end
    borrow = '0;
    for (int unsigned r = 1; r < Rows; r++) begin
      if (r % Pack > 0) begin
        for (int unsigned t = 0; t < Terms; t++) begin
          borrow[(r*Terms + t)*LowBits +: LowBits] =
              number[((r - 1)*Terms + t + 1)*ProductBits - LowBits +: LowBits];
        end
      end
    end
  end

  // ---- Sums ----

  logic [Rows*SumBits-1:0] numbers, borrows;

  hw_sum_tree #(
    .Rows(Rows), .Terms(Terms), .InBits(ProductBits), .OutBits(SumBits)
  ) i_numbers (
    .clk_i, .in_i(number), .out_o(numbers)
  );

  hw_sum_tree #(
    .Rows(Rows), .Terms(Terms), .InBits(LowBits), .OutBits(SumBits)
  ) i_borrows (
    .clk_i, .in_i(borrow), .out_o(borrows)
  );

  always_ff @(posedge clk_i) begin
    for (int unsigned r = 0; r < Rows; r++) begin
      sum_o[r*SumBits +: SumBits] <=
          numbers[r*SumBits +: SumBits] - borrows[r*SumBits +: SumBits];
    end
  end

endmodule

`default_nettype wire
