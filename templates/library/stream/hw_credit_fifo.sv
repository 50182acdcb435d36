// A FIFO whose places are reserved before the words arrive.
//
// A pipeline that never stalls may start a word only when the FIFO at its end has room for it:
//
//   reserve_i / ok_o       reserve a place; reserve_i may be high only while ok_o is high
//   push_i / data_i        deliver a word into a reserved place, in the order of the reservations
//                          and in the cycle of the reservation or any number of cycles later
//   valid_o / ready_i / data_o   take the words in order; valid_o never depends on ready_i
//
// `Depth` places in all: reserved but not yet delivered, stored, and shown at the output. ok_o and
// valid_o come from registers of their own; a place freed in cycle t can be reserved again in cycle
// t + 1.
//
// Latency: a word pushed in cycle t can be taken in cycle t + 1, or t + 2 when `Block` is set.
// Throughput: one word per cycle. `Block` = 0 reads its memory asynchronously (registers for one or
// two places, LUT RAM beyond); `Block` = 1 reads synchronously into an output register (block RAM).
//
// With HW_TAP defined, a simulation writes the largest number of places ever in use to
// "<Name>.occupancy" when it ends.

`default_nettype none

module hw_credit_fifo #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 4,
  parameter bit Block = 0,
  parameter Name = ""
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  // Reservation
  input  wire logic             reserve_i,
  output logic                  ok_o,
  // Delivery
  input  wire logic             push_i,
  input  wire logic [Width-1:0] data_i,
  // Output stream
  output logic                  valid_o,
  input  wire logic             ready_i,
  output logic [Width-1:0]      data_o
);

  localparam int unsigned CountW = $clog2(Depth + 1);
  localparam int unsigned PtrW = (Depth > 1) ? $clog2(Depth) : 1;
  localparam logic [PtrW-1:0] LAST = PtrW'(Depth - 1);

  if (Depth < 1 || Width < 1) begin : gen_illegal
    $error("hw_credit_fifo %s: Depth and Width must be at least 1", Name);
  end

  // Places in use: reserved, stored, or at the output.
  logic [CountW-1:0] reserved_q;
  logic ok_q, ok_d;
  logic pop;

  assign ok_o = ok_q;
  assign pop = valid_o && ready_i;

  always_comb begin
    ok_d = ok_q;
    if (reserve_i && !pop) ok_d = (reserved_q != CountW'(Depth - 1));
    if (!reserve_i && pop) ok_d = 1'b1;
  end

  always_ff @(posedge clk_i) begin
    // One adder for both ways: all ones are -1.
    if (!rst_ni) reserved_q <= '0;
    else if (reserve_i != pop) reserved_q <= reserved_q + (pop ? '1 : CountW'(1));
    if (!rst_ni) ok_q <= 1'b1;
    else ok_q <= ok_d;
  end

  if (!Block && Depth == 1) begin : gen_one
    logic valid_q;
    logic [Width-1:0] data_q;

    assign valid_o = valid_q;
    assign data_o = data_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) valid_q <= 1'b0;
      else valid_q <= push_i || (valid_q && !ready_i);
    end

    always_ff @(posedge clk_i) begin
      if (push_i) data_q <= data_i;
    end
  end else if (!Block && Depth == 2) begin : gen_two
    // The word at the output is always in head_q: data_o needs no multiplexer.
    logic head_valid_q, tail_valid_q;
    logic [Width-1:0] head_q, tail_q;
    logic head_free;

    assign valid_o = head_valid_q;
    assign data_o = head_q;
    assign head_free = !head_valid_q || ready_i;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        head_valid_q <= 1'b0;
        tail_valid_q <= 1'b0;
      end else if (head_free) begin
        head_valid_q <= tail_valid_q || push_i;
        tail_valid_q <= tail_valid_q && push_i;
      end else begin
        tail_valid_q <= tail_valid_q || push_i;
      end
    end

    always_ff @(posedge clk_i) begin
      if (head_free) head_q <= tail_valid_q ? tail_q : data_i;
      if (push_i) tail_q <= data_i;
    end
  end else begin : gen_memory
    // Rows that are a power of two wrap around by themselves.
    localparam bit Whole = Depth > 1 && (Depth & (Depth - 1)) == 0;
    logic [PtrW-1:0] write_q, read_q, write_next, read_next;
    logic some_q, some_d;  // there are words in the memory
    logic take;  // the memory's oldest word leaves it

    assign write_next = (!Whole && write_q == LAST) ? '0 : write_q + PtrW'(1);
    assign read_next = (!Whole && read_q == LAST) ? '0 : read_q + PtrW'(1);

    always_comb begin
      some_d = some_q;
      if (push_i && !take) some_d = 1'b1;
      // The word that leaves was the last one.
      if (!push_i && take) some_d = (read_next != write_q);
    end

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        write_q <= '0;
        read_q <= '0;
        some_q <= 1'b0;
      end else begin
        if (push_i) write_q <= write_next;
        if (take) read_q <= read_next;
        some_q <= some_d;
      end
    end

    if (Block) begin : gen_block
      // A word is fetched only in the cycle after it was written, so read and write never meet at
      // one address, and any read-during-write behaviour of the memory will do.
      (* no_rw_check *) logic [Width-1:0] mem [Depth];
      logic valid_q;
      logic [Width-1:0] data_q;

      assign take = some_q && (!valid_q || ready_i);
      assign valid_o = valid_q;
      assign data_o = data_q;

      always_ff @(posedge clk_i) begin
        if (!rst_ni) valid_q <= 1'b0;
        else valid_q <= take || (valid_q && !ready_i);
      end

      always_ff @(posedge clk_i) begin
        if (push_i) mem[write_q] <= data_i;
        if (take) data_q <= mem[read_q];
      end
    end else begin : gen_lut
      logic [Width-1:0] mem [Depth];

      always_ff @(posedge clk_i) begin
        if (push_i) mem[write_q] <= data_i;
      end

      assign take = pop;
      assign valid_o = some_q;
      assign data_o = mem[read_q];
    end
  end

`ifdef HW_TAP
  int unsigned peak_q;
  int occupancy_file;

  initial peak_q = 0;

  always_ff @(posedge clk_i) begin
    if (rst_ni && 32'(reserved_q) > peak_q) peak_q <= 32'(reserved_q);
  end

  final begin
    if (Name != "") begin
      occupancy_file = $fopen({Name, ".occupancy"}, "w");
      $fwrite(occupancy_file, "%0d\n", peak_q);
      $fclose(occupancy_file);
    end
  end
`endif

endmodule

`default_nettype wire
