// Matrix-vector products with constant weights, all of several pixels in every cycle.
//
// A word holds Pixels pixels of Groups vectors of Terms elements each; every vector is multiplied
// with the weights of its group, Rows sums of it leave. Every word gives one output word. The only
// row of the weight memory holds the weight of group g, row m and element t at
// (g * Rows + m) * Terms + t; lanes of different pixels share it.
//
// A row of the map has Words words. In the last of them only Tail lanes of the output are in use,
// those of pixels behind the end are cleared; 0 where all words are full.
//
// Handshake: in0 by valid/ready; a word is started only while out_ok_i is high, nothing stalls
// behind out_start_o. Latency from out_start_o to out_valid_o: 2 cycles (operands, sums) plus the
// latency of hw_dot.
//
// A sum starts from the constant part of its dot product (see hw_dot): from Start, or with
// StartBits above zero from the start memory, where row m of group g is at g * Rows + m. With
// Doubled the sums of hw_dot count twice.

`default_nettype none

module hw_matmul_parallel #(
  parameter int unsigned Pixels = 1,
  parameter int unsigned Groups = 1,
  parameter int unsigned Rows = 1,
  parameter int unsigned Terms = 1,
  parameter int unsigned Words = 1,
  parameter int unsigned Tail = 0,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned Group = 1,
  parameter int unsigned WBits = 2,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 2,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 4,
  parameter bit          Doubled = 1'b0,
  parameter int unsigned SumBits = 4,
  parameter int unsigned OutBits = 4,
  parameter int          Start = 0,
  parameter int unsigned StartBits = 0,
  parameter WeightFile = "",
  parameter StartFile = ""
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Pixels*Groups*Terms*XBits-1:0] in0_data_i,
  input  wire logic out_ok_i,
  output logic out_start_o,
  output logic out_valid_o,
  output logic [Pixels*Groups*Rows*OutBits-1:0] out_data_o
);

  if (Pixels < 1 || Groups < 1 || Rows < 1 || Terms < 1 || Group < 1) begin : gen_illegal
    $error("hw_matmul_parallel: Pixels, Groups, Rows, Terms and Group must be at least 1");
  end

  localparam int unsigned Sums = Groups * Rows;  // of a pixel

  logic fire;

  assign fire = in0_valid_i && out_ok_i;
  assign in0_ready_o = fire;
  assign out_start_o = fire;

  // ---- Operands: the elements of a vector go to all of its rows ----

  logic [Sums*Terms*WBits-1:0] weights;
  logic [Pixels*Groups*Terms*XBits-1:0] x_q;
  logic [Pixels*Sums*SumBits-1:0] sum;

  hw_weight_rom #(
    .Width(Sums*Terms*WBits), .Depth(1), .AddressBits(1), .WeightFile(WeightFile)
  ) i_weights (
    .clk_i, .addr_i(1'b0), .data_o(weights)
  );

  always_ff @(posedge clk_i) x_q <= in0_data_i;

  hw_dot #(
    .Encoding(Encoding), .Rows(Pixels*Sums), .WeightRows(Sums), .Vectors(Pixels*Groups),
    .Terms(Terms), .Group(Group), .WBits(WBits), .WSigned(WSigned), .XBits(XBits),
    .XSigned(XSigned), .ProductBits(ProductBits), .SumBits(SumBits)
  ) i_dot (
    .clk_i, .w_i(weights), .x_i(x_q), .sum_o(sum)
  );

  // Of hw_dot: the first sums, then a stage for every four that are left.
  localparam int unsigned DotStages = 1 + ($clog2((Terms + Group - 1) / Group) + 1) / 2;
  localparam int unsigned Delay = DotStages + 1;
  logic [Delay-1:0] valid_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= {valid_q[Delay-2:0], fire};
  end

  // ---- Sums ----

  logic [Sums*OutBits-1:0] start;
  logic [Pixels*Sums*OutBits-1:0] sum_q;

  if (StartBits > 0) begin : gen_starts
    logic [Sums*StartBits-1:0] start_row;

    hw_weight_rom #(
      .Width(Sums*StartBits), .Depth(1), .AddressBits(1), .WeightFile(StartFile)
    ) i_starts (
      .clk_i, .addr_i(1'b0), .data_o(start_row)
    );

    always_comb begin
      for (int unsigned s = 0; s < Sums; s++) begin
        start[s*OutBits +: OutBits] = OutBits'($signed(start_row[s*StartBits +: StartBits]));
      end
    end
  end else begin : gen_constant
    assign start = {Sums{OutBits'(Start)}};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) out_valid_o <= 1'b0;
    else out_valid_o <= valid_q[Delay-1];
    for (int unsigned p = 0; p < Pixels; p++) begin
      for (int unsigned s = 0; s < Sums; s++) begin
        sum_q[(p*Sums + s)*OutBits +: OutBits] <= start[s*OutBits +: OutBits]
            + (OutBits'($signed(sum[(p*Sums + s)*SumBits +: SumBits])) << Doubled);
      end
    end
  end

  hw_tail_mask #(
    .Parallel(Pixels*Sums), .Width(OutBits), .Words(Words), .Tail(Tail)
  ) i_tail (
    .clk_i, .rst_ni, .valid_i(out_valid_o), .data_i(sum_q), .data_o(out_data_o)
  );

endmodule

`default_nettype wire
