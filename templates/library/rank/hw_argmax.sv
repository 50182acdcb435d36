// The largest element of a vector, or its position; of equal elements the first.
//
// A vector comes in Words words of Lanes elements, the last with LastLanes. Every lane keeps the
// largest element it has seen; a tree (hw_larger) merges the lanes when the vector is complete.
//
// Handshake: a core. A word per cycle; the last word of a vector starts the output word, which
// comes 1 + ceil(log2(Lanes)) cycles later.

`default_nettype none

module hw_argmax #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned Width = 8,
  parameter bit Signed = 1,
  parameter int unsigned Words = 3,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned IndexWidth = 4,
  parameter bit GiveIndex = 1,
  localparam int unsigned OutWidth = GiveIndex ? IndexWidth : Width
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_ni,
  // Input stream
  input  wire logic                   in0_valid_i,
  output logic                        in0_ready_o,
  input  wire logic [Lanes*Width-1:0] in0_data_i,
  // Output to a credit FIFO
  input  wire logic                   out_ok_i,
  output logic                        out_start_o,
  output logic                        out_valid_o,
  output logic      [OutWidth-1:0]    out_data_o
);

  if (Lanes < 1 || Words < 1 || LastLanes < 1 || LastLanes > Lanes) begin : gen_illegal
    $error("hw_argmax: a word, also the last, has between 1 and all lanes");
  end
  if (GiveIndex && $clog2((Words - 1) * Lanes + LastLanes) > IndexWidth) begin : gen_illegal1
    $error("hw_argmax: IndexWidth must hold the index of every element");
  end

  localparam int unsigned Levels = $clog2(Lanes);
  // The larger key is the larger element, or of equal elements that of lower index.
  localparam int unsigned KeyWidth = Width + IndexWidth;

  // ---------------------------------------------------------------- control
  logic            fire, first_q, last;
  logic [Levels:0] valid_q;

  hw_wrap #(
    .Count(Words)
  ) u_word (
    .clk_i,
    .rst_ni,
    .step_i(fire),
    .last_o(last)
  );

  assign fire = in0_valid_i && (!last || out_ok_i);
  assign in0_ready_o = fire;
  assign out_start_o = fire && last;
  assign out_valid_o = valid_q[Levels];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      valid_q <= '0;
    end else begin
      if (fire) first_q <= last;
      valid_q <= (Levels + 1)'({valid_q, out_start_o});
    end
  end

  // ---------------------------------------------------------------- lanes
  logic [Lanes*KeyWidth-1:0] keys, best_q;
  logic [KeyWidth-1:0]       largest;

  hw_keys #(
    .Lanes(Lanes),
    .Width(Width),
    .Signed(Signed),
    .IndexWidth(IndexWidth),
    .GiveIndex(GiveIndex)
  ) u_keys (
    .clk_i,
    .rst_ni,
    .step_i(fire),
    .last_i(last),
    .data_i(in0_data_i),
    .keys_o(keys)
  );

  for (genvar i = 0; i < Lanes; i++) begin : gen_lane
    // Elements after the end of the vector do not count.
    localparam bit Ragged = i >= LastLanes;

    logic [KeyWidth-1:0] key;
    logic                larger;

    // A later element is larger only if its value is.
    assign key = keys[i*KeyWidth+:KeyWidth];
    assign larger = key[KeyWidth-1:IndexWidth] > best_q[i*KeyWidth+IndexWidth+:Width];

    always_ff @(posedge clk_i) begin
      if (fire && (first_q || larger) && !(Ragged && last)) best_q[i*KeyWidth+:KeyWidth] <= key;
    end
  end

  hw_larger #(
    .Count(Lanes),
    .Width(KeyWidth)
  ) u_larger (
    .clk_i,
    .keys_i(best_q),
    .key_o(largest)
  );

  // ---------------------------------------------------------------- result
  if (GiveIndex) begin : gen_index
    logic unused_value;
    assign unused_value = &{1'b0, largest[KeyWidth-1:IndexWidth]};
    assign out_data_o = ~largest[IndexWidth-1:0];
  end else begin : gen_value
    logic unused_index;
    assign unused_index = &{1'b0, largest[IndexWidth-1:0]};
    assign out_data_o = largest[KeyWidth-1:IndexWidth] ^ (Width'(Signed) << (Width - 1));
  end

endmodule

`default_nettype wire
