// The newest words of hw_window_parallel, which wait until a row of a bank is free, in front of the
// banks; loads that look at the lowest row under their windows may find their word here.
//
// Below the map that row is the last row of the map for the first windows that reach there, and
// rows that nobody looks at for the others.
`default_nettype none

module hw_window_recent #(
  parameter hw_window_pkg::shape_t Shape = hw_window_pkg::SHAPE,
  parameter int unsigned Width = 8,     // bits of a word
  parameter int unsigned Recent = 2,    // words that wait
  parameter int unsigned RowWords = 4,
  parameter int unsigned Reach = 2,     // rows below a window's first
  parameter int unsigned RowBits = 8,   // of row numbers, which have a sign
  localparam int unsigned KernelHeight = Shape.kernel_height,
  localparam int unsigned PosBits = $clog2(RowWords + 1),
  localparam int unsigned OutRowBits = $clog2(Shape.out_height + 1)
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic in0_valid_i,
  output logic in0_ready_o,
  input  wire logic [Width-1:0] in0_data_i,
  output logic [PosBits-1:0] write_pos_o,      // of the next word that comes, and whether
  output logic row_done_o,                     // the word that comes now ends a row
  output logic drain_valid_o,                  // a word for the banks
  output logic [Width-1:0] drain_data_o,
  input  wire logic drain_i,
  input  wire logic [PosBits-1:0] bank_pos_i,  // the same for words that go to the banks
  input  wire logic bank_row_done_i,
  input  wire logic load_i,                    // see hw_window_loads
  input  wire logic [PosBits-1:0] load_pos_i,
  input  wire logic [OutRowBits-1:0] load_row_i,
  input  wire logic load_last_i,
  input  wire logic load_last_row_i,
  input  wire logic [KernelHeight*Width-1:0] column_i,
  output logic      [KernelHeight*Width-1:0] column_o
);

  if (Width < 1 || Reach < 1 || RowBits < 2) begin : gen_illegal
    $error("hw_window_recent: Width and Reach must be at least 1");
  end

  localparam int Height = Shape.height;
  localparam int PadTop = Shape.pad_top;
  localparam int StrideHeight = Shape.stride_height;
  localparam int DilationHeight = Shape.dilation_height;
  localparam int OutHeight = Shape.out_height;
  localparam int Words = RowWords;
  localparam logic signed [RowBits-1:0] LastRow = $signed(RowBits'(Height - 1));
  localparam logic signed [RowBits-1:0] Rows = $signed(RowBits'(Height));
  localparam logic signed [RowBits-1:0] RowStride = $signed(RowBits'(StrideHeight));

  localparam int Lowest = Reach - PadTop;
  localparam int Free = Height - Lowest;
  localparam int Below = (Free > 0) ? (Free + StrideHeight - 1) / StrideHeight : 0;
  localparam int Start = (Below > 0) ? Lowest : Height - 1;
  localparam int Before = Lowest + (Below - 1) * StrideHeight;
  localparam int Final = (OutHeight > Below) ? Height - 1 + (OutHeight - 1 - Below) * StrideHeight
      : Lowest + (OutHeight - 1) * StrideHeight;
  // From the number of a load's word in that row to the next one's, modulo Places.
  localparam int Places = (Recent > 1) ? 1 << $clog2(Recent) : 2;
  localparam int RowStep = ((StrideHeight - 1) * Words + 1) % Places;
  localparam int BelowStep = ((Height - 2 - Before) * Words + 1) % Places;
  localparam int FrameStep = ((Height - 1 + Start - Final) * Words + 1) % Places;
  // The tap that looks at the last row of the map in windows that reach below, unless windows
  // before them had it as their lowest, so that its words are in their bank.
  localparam int Down = Height - 1 - (Below * StrideHeight - PadTop);
  localparam bit Looks = Below < OutHeight && (Below == 0 || Before < Height - 1)
      && Down % DilationHeight == 0;
  localparam int Late = Looks ? Down / DilationHeight : KernelHeight - 1;
  localparam int unsigned StepBits = $clog2(Places);

  logic signed [RowBits-1:0] low_q, banked_q;  // that row; rows in banks, as for loads
  logic here, newest_here, below, below_q, load_end;
  logic [StepBits-1:0] step;
  logic [Width-1:0] newest;

  assign load_end = load_i && load_last_i && load_last_row_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      low_q <= $signed(RowBits'(Start));
      banked_q <= '0;
    end else begin
      banked_q <= banked_q + $signed(RowBits'(bank_row_done_i)) - (load_end ? Rows : '0);
      if (load_i && load_last_i) begin
        if (load_last_row_i) low_q <= $signed(RowBits'(Start));
        else low_q <= below ? LastRow : low_q + RowStride;
      end
    end
    if (load_i) below_q <= load_row_i == OutRowBits'(Below);
  end
  assign below = load_row_i + 1'b1 == OutRowBits'(Below);  // the next windows
  assign here = banked_q < low_q || (banked_q == low_q && bank_pos_i <= load_pos_i);
  assign step = !load_last_i ? StepBits'(1) : load_last_row_i ? StepBits'(FrameStep)
      : below ? StepBits'(BelowStep) : StepBits'(RowStep);

  hw_window_newest #(
    .Width(Width), .Recent(Recent), .RowWords(RowWords), .First(Start * Words)
  ) i_newest (
    .clk_i, .rst_ni, .in0_valid_i, .in0_ready_o, .in0_data_i, .write_pos_o, .row_done_o,
    .drain_valid_o, .drain_data_o, .drain_i, .read_i(load_i), .read_step_i(step), .here_i(here),
    .newest_here_o(newest_here), .newest_o(newest)
  );

  always_comb begin
    column_o = column_i;
    if (newest_here) column_o[(KernelHeight-1)*Width +: Width] = newest;
    if (Looks && newest_here && below_q) column_o[Late*Width +: Width] = newest;
  end
  logic unused;
  assign unused = &{1'b0, below_q};

endmodule

`default_nettype wire
