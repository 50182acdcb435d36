// The K largest elements of a vector, or their positions, largest first; of equal elements the one
// that comes first.
//
// A vector comes in Words words of Lanes elements, the last with LastLanes. Every lane keeps a
// sorted list of its Depth = min(K, Words) largest elements. When the vector is complete the lists
// move to a second set of registers, from which the largest head is drawn K times while the next
// vector comes in.
//
// Handshake: a core with two actors. Keep: takes a word per cycle, the last of a vector only if the
// second set is empty. Draw: starts an output word per cycle, from the cycle after the last word
// on; the last draw empties the set. out_valid_o comes one cycle after out_start_o.

`default_nettype none

module hw_topk #(
  parameter int unsigned K = 3,
  parameter int unsigned Depth = 3,
  parameter int unsigned Lanes = 2,
  parameter int unsigned Width = 8,
  parameter bit Signed = 1,
  parameter int unsigned Words = 5,
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
    $error("hw_topk: a word, also the last, has between 1 and all lanes");
  end
  if (K < 1 || K > (Words - 1) * Lanes + LastLanes) begin : gen_illegal1
    $error("hw_topk: K is between 1 and the number of elements");
  end
  if (Depth != ((K < Words) ? K : Words)) begin : gen_illegal2
    $error("hw_topk: Depth must be the smaller of K and Words");
  end
  if (GiveIndex && $clog2((Words - 1) * Lanes + LastLanes) > IndexWidth) begin : gen_illegal3
    $error("hw_topk: IndexWidth must hold the index of every element");
  end

  localparam int unsigned KeyWidth = Width + IndexWidth;
  localparam int unsigned EntryWidth = KeyWidth + 1;  // {present, key}
  localparam int unsigned ListWidth = Depth * EntryWidth;

  // ---------------------------------------------------------------- control
  logic fire, first_q, last, full_q, draw, drawn;

  hw_wrap #(
    .Count(Words)
  ) u_word (
    .clk_i,
    .rst_ni,
    .step_i(fire),
    .last_o(last)
  );

  hw_wrap #(
    .Count(K)
  ) u_draw (
    .clk_i,
    .rst_ni,
    .step_i(draw),
    .last_o(drawn)
  );

  assign fire = in0_valid_i && !(last && full_q);
  assign in0_ready_o = fire;
  assign draw = full_q && out_ok_i;
  assign out_start_o = draw;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      first_q <= 1'b1;
      full_q <= 1'b0;
      out_valid_o <= 1'b0;
    end else begin
      if (fire) first_q <= last;
      if (fire && last) full_q <= 1'b1;
      else if (draw && drawn) full_q <= 1'b0;
      out_valid_o <= draw;
    end
  end

  // ---------------------------------------------------------------- lists
  logic [Lanes*KeyWidth-1:0]  keys;
  logic [Lanes*ListWidth-1:0] lists_d, lists_q, drawn_q;
  logic [Lanes-1:0]           winner;

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

    logic [KeyWidth-1:0]   key;
    logic [ListWidth-1:0]  list, grown;
    logic [Depth-1:0]      beaten;

    assign key = keys[i*KeyWidth+:KeyWidth];
    assign list = lists_q[i*ListWidth+:ListWidth];

    // Entry j and all behind it make room if the new element is larger: the list stays sorted.
    for (genvar j = 0; j < Depth; j++) begin : gen_entry
      logic [EntryWidth-1:0] entry;
      logic                  larger;

      assign entry = list[j*EntryWidth+:EntryWidth];
      assign larger = key[KeyWidth-1:IndexWidth] > entry[KeyWidth-1:IndexWidth];
      assign beaten[j] = first_q || !entry[KeyWidth] || larger;
      if (j == 0) begin : gen_head
        assign grown[EntryWidth-1:0] = beaten[0] ? {1'b1, key} : entry;
      end else begin : gen_tail
        logic [EntryWidth-1:0] pushed;

        assign pushed = first_q ? '0 : list[(j-1)*EntryWidth+:EntryWidth];
        assign grown[j*EntryWidth+:EntryWidth] =
            !beaten[j] ? entry : (beaten[j-1] ? pushed : {1'b1, key});
      end
    end

    assign lists_d[i*ListWidth+:ListWidth] = (Ragged && last) ? list : grown;
  end

  always_ff @(posedge clk_i) begin
    if (fire) lists_q <= lists_d;
  end

  // ---------------------------------------------------------------- drawing
  logic [EntryWidth-1:0] largest;

  // An entry that is not present loses against every other.
  always_comb begin
    largest = drawn_q[EntryWidth-1:0];
    winner = Lanes'(1);
    for (int unsigned i = 1; i < Lanes; i++) begin
      if (drawn_q[i*ListWidth+:EntryWidth] > largest) begin
        largest = drawn_q[i*ListWidth+:EntryWidth];
        winner = Lanes'(1) << i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < Lanes; i++) begin
      if (fire && last) begin
        drawn_q[i*ListWidth+:ListWidth] <= lists_d[i*ListWidth+:ListWidth];
      end else if (draw && winner[i]) begin
        drawn_q[i*ListWidth+:ListWidth] <= drawn_q[i*ListWidth+:ListWidth] >> EntryWidth;
      end
    end
  end

  if (GiveIndex) begin : gen_index
    logic unused_value;
    assign unused_value = &{1'b0, largest[KeyWidth:IndexWidth]};
    always_ff @(posedge clk_i) begin
      if (draw) out_data_o <= ~largest[IndexWidth-1:0];
    end
  end else begin : gen_value
    logic unused_index;
    assign unused_index = &{1'b0, largest[KeyWidth], largest[IndexWidth-1:0]};
    always_ff @(posedge clk_i) begin
      if (draw) out_data_o <= largest[KeyWidth-1:IndexWidth] ^ (Width'(Signed) << (Width - 1));
    end
  end

endmodule

`default_nettype wire
