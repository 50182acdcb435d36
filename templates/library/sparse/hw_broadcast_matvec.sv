// Product of a constant sparse matrix and vectors, column by column: each activation is broadcast
// to the queues of all PEs that have entries in its column; activations that are zero are dropped.
//
// A vector arrives element by element (Columns of them). Row c of the column memory holds, for
// every PE, {count, start} of column c; the last column goes to every PE, to tell them that the
// vector ends. An element is taken when every queue it goes to has room; this depends on the data,
// as zeros go nowhere. When all PEs are done with a vector, hw_sparse_collect reads its rows.
//
// Handshake: a core. Without zeros among the activations its timing is static: the broadcast takes
// one element per cycle, a PE max(count, 1) cycles per activation (one cycle after it was
// broadcast, at the earliest), the collection starts 3 cycles after the last PE's last entry.

`default_nettype none

module hw_broadcast_matvec #(
  parameter int unsigned Pes = 3,
  parameter int unsigned Columns = 8,
  parameter int unsigned Queue = 8,
  parameter int unsigned Slots = 4,      // rows of a PE
  parameter int unsigned Entries = 16,   // of the fullest PE
  parameter int unsigned CountBits = 3,
  parameter int unsigned OutLanes = 1,
  parameter int unsigned Collects = 10,
  parameter hw_encoding_pkg::encoding_e Encoding = hw_encoding_pkg::Multiply,
  parameter int unsigned WBits = 4,
  parameter bit          WSigned = 1'b1,
  parameter int unsigned XBits = 4,
  parameter bit          XSigned = 1'b1,
  parameter int unsigned ProductBits = 8,
  parameter int unsigned OutBits = 12,
  parameter EntryFile = "",
  parameter ColumnFile = "",
  parameter CollectFile = ""
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,

  input  wire logic                        in0_valid_i,
  output logic                             in0_ready_o,
  input  wire logic [XBits-1:0]            in0_data_i,

  input  wire logic                        out_ok_i,
  output logic                             out_start_o,
  output logic                             out_valid_o,
  output logic      [OutLanes*OutBits-1:0] out_data_o
);

  if (Pes < 1 || Columns < 1 || Queue < 1 || OutLanes < 1) begin : gen_illegal
    $error("hw_broadcast_matvec: Pes, Columns, Queue and OutLanes must be at least 1");
  end

  localparam int unsigned ColumnBits = (Columns > 1) ? $clog2(Columns) : 1;
  localparam int unsigned AddressBits = (Entries > 1) ? $clog2(Entries) : 1;
  localparam int unsigned PointerBits = AddressBits + CountBits;
  localparam int unsigned SlotBits = (Slots > 1) ? $clog2(Slots) : 1;

  // ---- Broadcast: the pointers of column_q are there; during reset the first ones are read ----

  logic [ColumnBits-1:0] column_q, column_d;
  logic [Pes*PointerBits-1:0] pointers;
  logic [Pes-1:0] wanted, ok;
  logic last_column, fire;

  assign last_column = column_q == ColumnBits'(Columns - 1);
  assign fire = in0_valid_i && ((wanted & ~ok) == '0);
  assign in0_ready_o = fire;

  always_comb begin
    column_d = column_q;
    if (!rst_ni) column_d = '0;
    else if (fire) column_d = last_column ? '0 : column_q + 1'b1;
  end

  always_ff @(posedge clk_i) column_q <= column_d;

  hw_weight_rom #(
    .Width(Pes*PointerBits), .Depth(Columns), .AddressBits(ColumnBits), .WeightFile(ColumnFile)
  ) u_columns (
    .clk_i, .addr_i(column_d), .data_o(pointers)
  );

  // ---- PEs ----

  logic [Pes-1:0] done, waiting;
  logic [OutLanes*SlotBits-1:0] read_slot;
  logic [Pes*OutLanes*OutBits-1:0] sums;
  logic all_done, vector_free, read_bank;

  for (genvar p = 0; p < Pes; p++) begin : gen_pe
    logic [CountBits-1:0] count;
    logic [1:0] done_q;  // vectors done and not yet announced

    assign count = pointers[p*PointerBits + AddressBits +: CountBits];
    assign wanted[p] = last_column || ((count != '0) && (in0_data_i != '0));
    assign waiting[p] = done_q != '0;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) done_q <= '0;
      else done_q <= done_q + 2'(done[p]) - 2'(all_done);
    end

    hw_queue_pe #(
      .Encoding(Encoding), .WBits(WBits), .WSigned(WSigned), .XBits(XBits), .XSigned(XSigned),
      .ProductBits(ProductBits), .SumBits(OutBits), .Queue(Queue), .Rows(Slots),
      .Entries(Entries), .CountBits(CountBits), .Pes(Pes), .Pe(p), .Readers(OutLanes),
      .EntryFile(EntryFile)
    ) u_pe (
      .clk_i,
      .rst_ni,
      .push_i(fire && wanted[p]),
      .x_i(in0_data_i),
      .start_i(pointers[p*PointerBits +: AddressBits]),
      .count_i(count),
      .end_i(last_column),
      .ok_o(ok[p]),
      .done_o(done[p]),
      .free_i(vector_free),
      .read_bank_i(read_bank),
      .read_row_i(read_slot),
      .read_data_o(sums[p*OutLanes*OutBits +: OutLanes*OutBits])
    );
  end

  assign all_done = &waiting;

  hw_sparse_collect #(
    .Pes(Pes), .OutLanes(OutLanes), .Bits(OutBits), .Slots(Slots), .Banks(2),
    .Collects(Collects), .CollectFile(CollectFile)
  ) u_collect (
    .clk_i,
    .rst_ni,
    .set_ready_i(all_done),
    .set_free_o(vector_free),
    .bank_o(read_bank),
    .slot_o(read_slot),
    .data_i(sums),
    .out_ok_i,
    .out_start_o,
    .out_valid_o,
    .out_data_o
  );

endmodule

`default_nettype wire
