// Cuts a stream into words of another size.
//
// Elements that always move together are a unit of UnitWidth bits. An input word holds InUnits
// units, the last of every InWords words only InLast; an output word holds OutUnits, the last of
// every OutWords words only OutLast, zero above them.
//
// Handshake: a core. In a step, an input word is taken if fewer units are held than the next output
// word has, and an output word is started if there are enough then. A step waits for exactly the
// sides it uses; every cycle is a step. out_valid_o comes one cycle after out_start_o.

`default_nettype none

module hw_gearbox #(
  parameter int unsigned UnitWidth = 8,
  parameter int unsigned InUnits = 3,
  parameter int unsigned InLast = InUnits,
  parameter int unsigned InWords = 1,
  parameter int unsigned OutUnits = 2,
  parameter int unsigned OutLast = OutUnits,
  parameter int unsigned OutWords = 1
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  // words as they come
  input  wire logic                          in0_valid_i,
  output logic                               in0_ready_o,
  input  wire logic [InUnits*UnitWidth-1:0]  in0_data_i,
  // words as they go
  input  wire logic                          out_ok_i,
  output logic                               out_start_o,
  output logic                               out_valid_o,
  output logic      [OutUnits*UnitWidth-1:0] out_data_o
);

  // Held and taken units together stay below InUnits + OutUnits.
  localparam int unsigned CountWidth = $clog2(InUnits + OutUnits);
  localparam int unsigned OutWidth = OutUnits * UnitWidth;

  if (InLast < 1 || InLast > InUnits || OutLast < 1 || OutLast > OutUnits) begin : gen_illegal
    $error("hw_gearbox: a last word has between 1 and all units");
  end
  if (UnitWidth < 1 || InWords < 1 || OutWords < 1) begin : gen_illegal1
    $error("hw_gearbox: UnitWidth, InWords and OutWords must be at least 1");
  end

  // ---------------------------------------------------------------- words in their vectors
  logic fire, take, give;
  logic in_last, out_last;            // of the words that are next
  logic next_in_last, next_out_last;  // after a step

  if (InLast == InUnits) begin : gen_in_full
    assign in_last = 1'b0;
    assign next_in_last = 1'b0;
  end else begin : gen_in_ragged
    hw_wrap_ahead #(
      .Count(InWords)
    ) u_in_word (
      .clk_i,
      .rst_ni,
      .step_i(fire),
      .count_i(take),
      .last_o(in_last),
      .next_o(next_in_last)
    );
  end

  if (OutLast == OutUnits) begin : gen_out_full
    assign out_last = 1'b0;
    assign next_out_last = 1'b0;
  end else begin : gen_out_ragged
    hw_wrap_ahead #(
      .Count(OutWords)
    ) u_out_word (
      .clk_i,
      .rst_ni,
      .step_i(fire),
      .count_i(give),
      .last_o(out_last),
      .next_o(next_out_last)
    );
  end

  // ---------------------------------------------------------------- control
  // What a step does is known before it: it depends on steps alone.
  logic [CountWidth-1:0] count_q, count_d, arriving, leaving, next_leaving;
  logic [CountWidth-1:0] enough;  // with so many held, a word that comes makes one that goes
  logic take_q, give_q, next_take;

  // Units of a first word, and whether it is enough for the first one that goes.
  localparam int unsigned FirstIn = (InLast != InUnits && InWords == 1) ? InLast : InUnits;
  localparam int unsigned FirstOut = (OutLast != OutUnits && OutWords == 1) ? OutLast : OutUnits;

  function automatic logic [CountWidth-1:0] short_of(input logic last_in, input logic last_out);
    int unsigned come, go;
    come = last_in ? InLast : InUnits;
    go = last_out ? OutLast : OutUnits;
    short_of = (go > come) ? CountWidth'(go - come) : '0;
  endfunction

  assign take = take_q;
  assign give = give_q;
  assign arriving = in_last ? CountWidth'(InLast) : CountWidth'(InUnits);
  assign leaving = out_last ? CountWidth'(OutLast) : CountWidth'(OutUnits);
  assign next_leaving = next_out_last ? CountWidth'(OutLast) : CountWidth'(OutUnits);
  assign enough = short_of(next_in_last, next_out_last);

  assign count_d = count_q + ((take ? arriving : '0) - (give ? leaving : '0));
  assign next_take = count_d < next_leaving;
  assign fire = (!take || in0_valid_i) && (!give || out_ok_i);
  assign in0_ready_o = fire && take;
  assign out_start_o = fire && give;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      take_q <= 1'b1;
      give_q <= FirstIn >= FirstOut;
      out_valid_o <= 1'b0;
    end else begin
      if (fire) begin
        count_q <= count_d;
        take_q <= next_take;
        give_q <= !next_take || count_d >= enough;
      end
      out_valid_o <= out_start_o;
    end
  end

  // ---------------------------------------------------------------- data
  if (InUnits == 1 && OutUnits == 1) begin : gen_wire
    always_ff @(posedge clk_i) begin
      if (fire) out_data_o <= in0_data_i;
    end
  end else if (InUnits == 1 && OutLast == OutUnits) begin : gen_widen
    // The oldest unit has moved to the bottom when the word is complete, which stands for a cycle:
    // that of out_valid_o. Every step takes a unit.
    always_ff @(posedge clk_i) begin
      if (fire) out_data_o <= {in0_data_i, out_data_o[OutWidth-1:UnitWidth]};
    end
  end else if (OutUnits == 1) begin : gen_narrow
    logic [InUnits*UnitWidth-1:0] present_data;
    logic [InUnits*UnitWidth-1:UnitWidth] held_q;

    assign present_data = take ? in0_data_i : (InUnits * UnitWidth)'(held_q);
    always_ff @(posedge clk_i) begin
      if (fire) begin
        held_q <= (InUnits * UnitWidth - UnitWidth)'(present_data >> UnitWidth);
        out_data_o <= present_data[UnitWidth-1:0];
      end
    end
  end else begin : gen_shift
    // At most OutUnits - 1 units are held when a word comes, at most max(In, Out) - 1 after a step.
    localparam int unsigned Reach = InUnits + OutUnits - 1;
    localparam int unsigned Held = (InUnits > OutUnits ? InUnits : OutUnits) - 1;
    localparam int unsigned ReachWidth = Reach * UnitWidth;
    localparam int unsigned HeldWidth = Held * UnitWidth;

    logic [ReachWidth-1:0] above, all;
    logic [HeldWidth-1:0]  held_q;
    logic [OutWidth-1:0]   word;

    // One level of multiplexers for each bit of the count.
    always_comb begin
      above = ReachWidth'(in0_data_i);
      for (int unsigned i = 0; i < CountWidth; i++) begin
        if (count_q[i]) above = above << (UnitWidth << i);
      end
    end

    // Whatever stands above the count, in held_q or in a ragged input word, is overwritten here.
    always_comb begin
      all = above;
      for (int unsigned i = 0; i < Held; i++) begin
        if (CountWidth'(i) < count_q) all[i*UnitWidth+:UnitWidth] = held_q[i*UnitWidth+:UnitWidth];
      end
    end

    always_comb begin
      word = all[OutWidth-1:0];
      for (int unsigned i = OutLast; i < OutUnits; i++) begin
        if (out_last) word[i*UnitWidth+:UnitWidth] = '0;
      end
    end

    always_ff @(posedge clk_i) begin
      if (out_start_o) out_data_o <= word;
      if (fire) begin
        if (!give) held_q <= all[HeldWidth-1:0];
        else if (out_last) held_q <= HeldWidth'(all >> (OutLast * UnitWidth));
        else held_q <= HeldWidth'(all >> OutWidth);
      end
    end
  end

endmodule

`default_nettype wire
