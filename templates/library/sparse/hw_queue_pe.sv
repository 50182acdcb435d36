// A processing element that owns whole rows of a sparse matrix stored column by column, with a
// queue of activations in front (as in EIE, arXiv 1602.01528, and ESE, arXiv 1612.00694).
//
// push_i gives an activation and where its column lies in this PE's memory: count_i entries from
// start_i on, each {local row, weight}. The PE takes activations in order, one entry per cycle (a
// column without entries, pushed only with end_i, takes one cycle), and adds products to the sums
// of its rows. end_i marks the last activation of a vector.
//
// ok_o: the queue has room; it counts places at the beginning of the cycle. An activation pushed in
// cycle t can be taken in t + 1.
//
// Sums have two banks: a vector begins in a bank that is free, free_i frees the oldest. done_o is
// high in the cycle after a vector's last entry was issued; its sums are there two cycles later.
// Rows without a product read as zero.

`default_nettype none

module hw_queue_pe #(
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned WBits = 4,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 4,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 8,
  parameter int unsigned SumBits = 12,
  parameter int unsigned Queue = 8,
  parameter int unsigned Rows = 4,       // of this PE at most
  parameter int unsigned Entries = 16,   // rows of the memory
  parameter int unsigned CountBits = 3,
  parameter int unsigned Pes = 2,
  parameter int unsigned Pe = 0,         // column of the memory
  parameter int unsigned Readers = 1,
  parameter EntryFile = "",
  localparam int unsigned RowBits = (Rows > 1) ? $clog2(Rows) : 1,
  localparam int unsigned AddressBits = (Entries > 1) ? $clog2(Entries) : 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,
  // Activations
  input  wire logic                       push_i,
  input  wire logic [XBits-1:0]           x_i,
  input  wire logic [AddressBits-1:0]     start_i,
  input  wire logic [CountBits-1:0]       count_i,
  input  wire logic                       end_i,
  output logic                            ok_o,
  // Sums
  output logic                            done_o,
  input  wire logic                       free_i,
  input  wire logic                       read_bank_i,
  input  wire logic [Readers*RowBits-1:0] read_row_i,
  output logic      [Readers*SumBits-1:0] read_data_o
);

  if (Pe >= Pes || Rows < 1 || CountBits < 1) begin : gen_illegal
    $error("hw_queue_pe: Pe is one of Pes, and Rows and CountBits are at least 1");
  end

  localparam int unsigned ItemBits = XBits + AddressBits + CountBits + 1;
  localparam int unsigned PlaceBits = (Queue > 1) ? $clog2(Queue) : 1;
  localparam int unsigned UsedBits = $clog2(Queue + 1);

  // ---- Queue ----

  logic [ItemBits-1:0] queue_mem [Queue];
  logic [ItemBits-1:0] head;
  logic [PlaceBits-1:0] write_q, read_q;
  logic [UsedBits-1:0] used_q;
  logic pop;

  assign ok_o = used_q != UsedBits'(Queue);
  assign head = queue_mem[read_q];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q <= '0;
      read_q <= '0;
      used_q <= '0;
    end else begin
      used_q <= used_q + UsedBits'(push_i) - UsedBits'(pop);
      if (push_i) write_q <= (write_q == PlaceBits'(Queue - 1)) ? '0 : write_q + 1'b1;
      if (pop) read_q <= (read_q == PlaceBits'(Queue - 1)) ? '0 : read_q + 1'b1;
    end
    if (push_i) queue_mem[write_q] <= {end_i, count_i, start_i, x_i};
  end

  // ---- Control: one entry per cycle ----

  logic [CountBits-1:0] left_q, head_count;  // left_q: entries of the column still to be issued
  logic [AddressBits-1:0] next_q, address;
  logic [XBits-1:0] x_q, x_held_q;
  logic [1:0] banks_q;                       // in use
  logic first_q, bank_q, end_held_q, head_end, ended, issue;

  assign head_count = head[XBits + AddressBits +: CountBits];
  assign head_end = head[ItemBits-1];
  assign pop = (left_q == '0) && (used_q != '0) && (!first_q || (banks_q != 2'd2));
  assign issue = (left_q != '0) || (pop && (head_count != '0));
  assign address = (left_q != '0) ? next_q : head[XBits +: AddressBits];
  assign ended = (left_q != '0) ? (end_held_q && (left_q == CountBits'(1)))
      : (pop && head_end && (head_count <= CountBits'(1)));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q <= '0;
      first_q <= 1'b1;
      bank_q <= 1'b0;
      banks_q <= '0;
      done_o <= 1'b0;
    end else begin
      if (left_q != '0) left_q <= left_q - 1'b1;
      else if (pop && (head_count != '0)) left_q <= head_count - 1'b1;
      if (ended) first_q <= 1'b1;
      else if (pop) first_q <= 1'b0;
      bank_q <= bank_q ^ ended;
      banks_q <= banks_q + 2'(pop && first_q) - 2'(free_i);
      done_o <= ended;
    end
    next_q <= address + 1'b1;
    if (pop) begin
      x_held_q <= head[XBits-1:0];
      end_held_q <= head_end;
    end
    x_q <= pop ? head[XBits-1:0] : x_held_q;
  end

  // ---- Entry, product ----

  logic [RowBits+WBits-1:0] entry;
  logic [ProductBits-1:0] product;
  logic [RowBits-1:0] row_q2;
  logic issue_q, issue_q2, clear_q, clear_q2, sum_bank_q, sum_bank_q2;

  hw_slice_rom #(
    .Depth(Entries), .Width(RowBits+WBits), .Slices(Pes), .Slice(Pe), .File(EntryFile)
  ) u_entries (
    .clk_i,
    .addr_i(address),
    .data_o(entry)
  );

  hw_dot #(
    .Encoding(Encoding), .Rows(1), .Terms(1), .WBits(WBits), .WSigned(WSigned), .XBits(XBits),
    .XSigned(XSigned), .ProductBits(ProductBits), .SumBits(ProductBits)
  ) i_dot (
    .clk_i, .w_i(entry[WBits-1:0]), .x_i(x_q), .sum_o(product)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      issue_q <= 1'b0;
      issue_q2 <= 1'b0;
      clear_q <= 1'b0;
      clear_q2 <= 1'b0;
    end else begin
      issue_q <= issue;
      issue_q2 <= issue_q;
      clear_q <= pop && first_q;
      clear_q2 <= clear_q;
    end
    sum_bank_q <= bank_q;
    sum_bank_q2 <= sum_bank_q;
    row_q2 <= entry[WBits +: RowBits];
  end

  // ---- Sums: read, added to and written back in one cycle ----

  logic [SumBits-1:0] sum_mem [2 << RowBits];
  logic [(2<<RowBits)-1:0] touched_q, touched_d;
  logic [RowBits:0] place;
  logic [SumBits-1:0] old;

  assign place = {sum_bank_q2, row_q2};
  assign old = (touched_q[place] && !clear_q2) ? sum_mem[place] : '0;

  always_comb begin
    touched_d = touched_q;
    if (clear_q2) touched_d[sum_bank_q2*(1<<RowBits) +: (1<<RowBits)] = '0;
    if (issue_q2) touched_d[place] = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    touched_q <= touched_d;
    if (issue_q2) sum_mem[place] <= old + SumBits'($signed(product));
  end

  for (genvar r = 0; r < Readers; r++) begin : gen_reader
    logic [RowBits:0] wanted;
    assign wanted = {read_bank_i, read_row_i[r*RowBits +: RowBits]};
    assign read_data_o[r*SumBits +: SumBits] = touched_q[wanted] ? sum_mem[wanted] : '0;
  end

endmodule

`default_nettype wire
