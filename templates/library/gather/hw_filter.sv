// Skips, passes on, repeats, or inserts words of a stream, by a program.
//
// A row of the program is {run - 1 [RunWidth], fill, give, take}: do the step `run` times. A step
// with `take` takes an input word; a step with `give` starts an output word, which is the constant
// Fill in all lanes if `fill` is set, and else the word taken last (in this step or, with Hold set,
// in an earlier one), recoded by hw_recode. The program starts again after its last row.
//
// Handshake: a core. A step fires when the sides it uses are ready; every cycle is a step.
// out_valid_o comes one cycle after out_start_o.

`default_nettype none

module hw_filter #(
  parameter int unsigned Lanes = 4,
  parameter int unsigned InWidth = 3,
  parameter int unsigned OutWidth = 5,
  parameter hw_recoding_pkg::recoding_e Recoding = hw_recoding_pkg::Zeros,
  parameter logic [OutWidth-1:0] Fill = '0,
  parameter int unsigned Rows = 4,
  parameter int unsigned RunWidth = 2,
  parameter bit Hold = 1,
  parameter ProgramFile = ""
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  // Input stream
  input  wire logic                      in0_valid_i,
  output logic                           in0_ready_o,
  input  wire logic [Lanes*InWidth-1:0]  in0_data_i,
  // Output to a credit FIFO
  input  wire logic                      out_ok_i,
  output logic                           out_start_o,
  output logic                           out_valid_o,
  output logic      [Lanes*OutWidth-1:0] out_data_o
);

  if (Lanes < 1 || Rows < 1 || RunWidth < 1) begin : gen_illegal
    $error("hw_filter: Lanes, Rows and RunWidth must be at least 1");
  end

  localparam int unsigned RowWidth = RunWidth + 3;
  localparam int unsigned IndexWidth = (Rows > 1) ? $clog2(Rows) : 1;
  localparam logic [IndexWidth-1:0] LAST = IndexWidth'(Rows - 1);

  // ---------------------------------------------------------------- program
  // The row in row_q is that of index_q; during reset the first row is read.
  logic [RowWidth-1:0]   program_mem [Rows];
  logic [RowWidth-1:0]   row_q;
  logic [IndexWidth-1:0] index_q, index_d;
  logic [RunWidth-1:0]   run_q;
  logic                  take, give, fill, last, fire;

  initial begin
    if (ProgramFile != "") $readmemh(ProgramFile, program_mem);
  end

  assign take = row_q[0];
  assign give = row_q[1];
  assign fill = row_q[2];
  assign last = run_q == row_q[RowWidth-1:3];
  assign fire = (!take || in0_valid_i) && (!give || out_ok_i);
  assign in0_ready_o = fire && take;
  assign out_start_o = fire && give;

  always_comb begin
    index_d = index_q;
    if (!rst_ni) index_d = '0;
    else if (fire && last) index_d = (index_q == LAST) ? '0 : index_q + IndexWidth'(1);
  end

  always_ff @(posedge clk_i) begin
    row_q <= program_mem[index_d];
    index_q <= index_d;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      run_q <= '0;
      out_valid_o <= 1'b0;
    end else begin
      if (fire) run_q <= last ? '0 : run_q + RunWidth'(1);
      out_valid_o <= out_start_o;
    end
  end

  // ---------------------------------------------------------------- data
  logic [Lanes*InWidth-1:0]  word;
  logic [Lanes*OutWidth-1:0] recoded;

  if (Hold) begin : gen_hold
    logic [Lanes*InWidth-1:0] held_q;

    assign word = take ? in0_data_i : held_q;
    always_ff @(posedge clk_i) begin
      if (in0_ready_o) held_q <= in0_data_i;
    end
  end else begin : gen_pass
    assign word = in0_data_i;
  end

  hw_recode #(
    .Lanes(Lanes),
    .InWidth(InWidth),
    .OutWidth(OutWidth),
    .Recoding(Recoding)
  ) u_recode (
    .data_i(word),
    .data_o(recoded)
  );

  always_ff @(posedge clk_i) begin
    if (out_start_o) out_data_o <= fill ? {Lanes{Fill}} : recoded;
  end

endmodule

`default_nettype wire
