// Registers around products and memories: those that may move into blocks, and those that must stay.
module circuit (
  input  wire               clk,
  input  wire               rst,
  input  wire               enable,
  input  wire               other,
  input  wire               write,
  input  wire        [8:0]  place,
  input  wire signed [8:0]  a,
  input  wire signed [10:0] b,
  output wire        [19:0] plain,
  output wire        [19:0] enabled,
  output wire        [19:0] resets,
  output wire        [19:0] early,
  output wire        [19:0] ones,
  output wire        [19:0] mixed,
  output wire        [8:0]  operand,
  output wire        [17:0] read,
  output wire        [17:0] held,
  output wire        [17:0] twice,
  output wire        [34:0] wide,
  output wire        [19:0] later,
  output wire        [19:0] chained
);
  // Everything moves; `operand` is read outside as well and stays there.
  reg signed [8:0]  plain_a;
  reg signed [10:0] plain_b;
  reg signed [19:0] plain_p;
  always @(posedge clk) begin
    plain_a <= a;
    plain_b <= b ^ 11'd5;
    plain_p <= plain_a * plain_b;
  end
  assign plain = plain_p;
  assign operand = plain_a;

  // The same with clock enables, another one for each register.
  reg signed [8:0]  enabled_a;
  reg signed [10:0] enabled_b;
  reg signed [19:0] enabled_p;
  always @(posedge clk) begin
    if (enable) enabled_a <= a;
    if (other) enabled_b <= b;
    if (enable & other) enabled_p <= enabled_a * enabled_b;
  end
  assign enabled = enabled_p;

  // Nothing moves: an operand and the product are reset.
  reg signed [8:0]  resets_a;
  reg signed [10:0] resets_b;
  reg signed [19:0] resets_p;
  always @(posedge clk) begin
    resets_b <= b;
    resets_a <= rst ? 9'd0 : a;
    resets_p <= rst ? 20'd0 : resets_a * resets_b;
  end
  assign resets = resets_p;

  // The product is read before its register as well.
  reg signed [8:0]  early_a;
  reg signed [10:0] early_b;
  reg signed [19:0] early_p;
  wire signed [19:0] product = early_a * early_b;
  always @(posedge clk) begin
    if (enable) early_a <= a;
    if (enable) early_b <= b;
    early_p <= product;
  end
  assign early = early_p ^ product;

  // A constant operand, and one with a bit that is always one.
  reg signed [8:0]  ones_a;
  reg signed [10:0] ones_b;
  reg signed [19:0] ones_p;
  reg signed [19:0] mixed_p;
  always @(posedge clk) begin
    if (other) ones_a <= a;
    ones_b <= b;
    ones_p <= ones_a * 20'sd1477;
    mixed_p <= $signed({ones_a[8:2], 2'b10}) * ones_b;
  end
  assign ones = ones_p;
  assign mixed = mixed_p;

  // Of two registers behind a product of words from memories, one goes in front of it.
  reg [17:0] factors [0:511];
  reg [17:0] word, word_q;
  reg signed [19:0] later_p, later_q;
  always @(posedge clk) begin
    if (write) factors[place] <= {~a, b[8:0]};
    word <= factors[place ^ 9'd2];
    word_q <= word;
    later_p <= $signed(word_q[17:9]) * $signed({word_q[8:0], word_q[10:9]});
    later_q <= later_p;
  end
  assign later = later_q;

  // The second register behind a product goes into the next product, and so can not go back as well.
  reg [17:0] links [0:511];
  reg [17:0] link, link_q;
  reg signed [8:0] chain_p, chain_q;
  reg signed [10:0] chain_b;
  reg signed [19:0] chained_p;
  always @(posedge clk) begin
    if (write) links[place] <= {a, ~b[8:0]};
    link <= links[place ^ 9'd4];
    link_q <= link;
    chain_p <= $signed(link_q[17:9]) * $signed(link_q[8:0]);
    chain_q <= chain_p;
    chain_b <= b ^ 11'd9;
    chained_p <= chain_q * chain_b;
  end
  assign chained = chained_p;

  // Words of memories into registers: at once, when enabled, and into two.
  reg [17:0] memory [0:511];
  reg [17:0] out, read_q, again, held_q, third, twice_q, thrice_q;
  always @(posedge clk) begin
    if (write) memory[place] <= {a, b[8:0]};
    out <= memory[place ^ 9'd1];
    read_q <= out;
  end
  reg [17:0] second [0:511];
  always @(posedge clk) begin
    if (write) second[place] <= {b[8:0], a};
    if (enable) again <= second[place ^ 9'd3];
    if (enable) held_q <= again;
  end
  reg [17:0] last [0:511];
  always @(posedge clk) begin
    if (write) last[place] <= {~b[8:0], a};
    third <= last[place ^ 9'd7];
    twice_q <= third;
    thrice_q <= third + 18'd1;
  end
  reg [34:0] pairs [0:255];
  reg [34:0] pair, wide_q;
  always @(posedge clk) begin
    if (write) pairs[place[7:0]] <= {a, b, 6'd0, a};
    pair <= pairs[place[7:0] ^ 8'd1];
    wide_q <= pair;
  end
  assign wide = wide_q;
  assign read = read_q;
  assign held = held_q;
  assign twice = twice_q ^ thrice_q;
endmodule
