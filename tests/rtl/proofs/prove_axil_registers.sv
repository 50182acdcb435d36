// hw_axil_registers with one register of each kind: the solver chooses what the bus asks, in which
// order and with which pauses, what the design says, and when there is a reset.
//
// The reference keeps the address and the word of data that the port has taken, and the response
// that it waits for; in the cycle of the response it knows what must have happened in the one
// before. Address 5 and those behind it are nobody's.

`default_nettype none

module prove_axil_registers (
  input wire logic        clk_i,
  input wire logic        rst_ni,
  input wire logic        awvalid_i,
  input wire logic [4:0]  awaddr_i,
  input wire logic        wvalid_i,
  input wire logic [31:0] wdata_i,
  input wire logic [3:0]  wstrb_i,
  input wire logic        bready_i,
  input wire logic        arvalid_i,
  input wire logic [4:0]  araddr_i,
  input wire logic        rready_i,
  input wire logic [5*32-1:0] status_i
);

  localparam logic [31:0] CONSTANT = 32'h8642_1357;
  localparam logic [31:0] START = 32'h1234_fedc;

  logic        awready, wready, bvalid, arready, rvalid;
  logic [1:0]  bresp, rresp;
  logic [31:0] rdata, write_data;
  logic [4:0]  read, write;
  logic [5*32-1:0] setting;

  hw_axil_registers #(
    .AddressBits(5),
    .Registers(5),
    .Offsets({32'h08, 32'h10, 32'h00, 32'h0c, 32'h04}),
    .Kinds({
      hw_register_pkg::Read, hw_register_pkg::Write, hw_register_pkg::Setting,
      hw_register_pkg::Status, hw_register_pkg::Constant
    }),
    .Values({64'h0, START, 32'h0, CONSTANT})
  ) u_core (
    .clk_i, .rst_ni, .awvalid_i, .awready_o(awready), .awaddr_i, .wvalid_i, .wready_o(wready),
    .wdata_i, .wstrb_i, .bvalid_o(bvalid), .bready_i, .bresp_o(bresp), .arvalid_i,
    .arready_o(arready), .araddr_i, .rvalid_o(rvalid), .rready_i, .rdata_o(rdata),
    .rresp_o(rresp), .status_i, .setting_o(setting),
    .read_o(read), .write_o(write), .write_data_o(write_data)
  );

  // What the port has taken and not yet answered.
  logic        address_q, data_q, asked_q;
  logic [2:0]  address_word_q, asked_word_q;
  logic [31:0] data_word_q, setting_q, mask;
  logic [3:0]  strobe_q;
  // A response that was not there before, and one that may come in the next cycle.
  logic        written, shown, may_write_q, may_show_q;
  // The cycle before, and whether there was one.
  logic        past_q, up_q, bvalid_q, bready_q, rvalid_q, rready_q;
  logic [31:0] rdata_q, write_data_q, expected;
  logic [5*32-1:0] status_q;
  logic [4:0]  read_q, write_q;
  logic [2:0]  writes_q, reads_q;
  logic        before_q, after_q;

  assign written = bvalid && (!bvalid_q || bready_q);
  assign shown = rvalid && (!rvalid_q || rready_q);
  assign mask = {{8{strobe_q[3]}}, {8{strobe_q[2]}}, {8{strobe_q[1]}}, {8{strobe_q[0]}}};

  always_comb begin
    case (asked_word_q)
      3'd0: expected = setting_q;
      3'd1: expected = CONSTANT;
      3'd2: expected = status_q[4*32+:32];
      3'd3: expected = status_q[1*32+:32];
      default: expected = '0;
    endcase
  end

  initial past_q = 1'b0;
  always_ff @(posedge clk_i) begin
    past_q <= 1'b1;
    up_q <= rst_ni;
    {bvalid_q, bready_q, rvalid_q, rready_q} <= {bvalid, bready_i, rvalid, rready_i};
    {rdata_q, status_q} <= {rdata, status_i};
    {write_data_q, write_q, read_q} <= {write_data, write, read};
    may_write_q <= address_q && !written && data_q && (!bvalid || bready_i);
    may_show_q <= asked_q && !shown && (!rvalid || rready_i);
    if (awvalid_i && awready) address_word_q <= awaddr_i[4:2];
    if (wvalid_i && wready) {data_word_q, strobe_q} <= {wdata_i, wstrb_i};
    if (arvalid_i && arready) asked_word_q <= araddr_i[4:2];
    if (!rst_ni) begin
      {address_q, data_q, asked_q, may_write_q, may_show_q} <= '0;
      {writes_q, reads_q, before_q, after_q} <= '0;
      setting_q <= START;
    end else begin
      address_q <= (awvalid_i && awready) || (address_q && !written);
      data_q <= (wvalid_i && wready) || (data_q && !written);
      asked_q <= (arvalid_i && arready) || (asked_q && !shown);
      if (written && address_word_q == 3'd0)
        setting_q <= (data_word_q & mask) | (setting_q & ~mask);
      writes_q <= writes_q + 3'(written);
      reads_q <= reads_q + 3'(shown);
      if (awvalid_i && awready && !wready) after_q <= 1'b1;
      if (wvalid_i && wready && !awready) before_q <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!past_q) assume (!rst_ni);
    // A host keeps what it offers until it is taken.
    if (past_q && up_q && rst_ni) begin
      if ($past(awvalid_i && !awready)) assume (awvalid_i && $stable(awaddr_i));
      if ($past(wvalid_i && !wready)) assume (wvalid_i && $stable(wdata_i) && $stable(wstrb_i));
      if ($past(arvalid_i && !arready)) assume (arvalid_i && $stable(araddr_i));
    end
    if (past_q && !up_q) begin
      assert ({awready, wready, arready, bvalid, rvalid} == '0);
      assert (setting[2*32+:32] == START);
    end
    if (past_q && up_q && rst_ni) begin
      // A response stays until it is taken, as it is, and says OKAY.
      if (bvalid_q && !bready_q) assert (bvalid);
      if (rvalid_q && !rready_q) assert (rvalid && rdata == rdata_q);
      assert (bresp == 2'b00 && rresp == 2'b00);
      // There is one for each request, soon and never before; no other request is taken meanwhile.
      assert (written == may_write_q);
      assert (shown == may_show_q);
      assert (!(address_q && !written && awready));
      assert (!(data_q && !written && wready));
      assert (!(asked_q && !shown && arready));
      assert (address_q || awready);
      assert (data_q || wready);
      assert (asked_q || arready);
      // A write changes the setting where it says so, or is an event, and nothing else.
      assert (setting[2*32+:32] == ((written && address_word_q == 3'd0)
          ? (data_word_q & mask) | (setting_q & ~mask) : setting_q));
      assert ({setting[3*32+:64], setting[0+:64]} == '0);
      assert (write_q == ((written && address_word_q == 3'd4 && strobe_q[0]) ? 5'b01000 : 5'b0));
      assert (write_q == '0 || write_data_q == data_word_q);
      // A read gives what is there, and is an event of the register that has them.
      assert (!shown || rdata == expected);
      assert (read_q == ((shown && asked_word_q == 3'd2) ? 5'b10000 : 5'b0));
    end
    cover (past_q && rst_ni && writes_q == 3'd2 && reads_q == 3'd2 && before_q && after_q);
    cover (past_q && rst_ni && bvalid && !bready_i && address_q && data_q && !awready && !wready);
    cover (past_q && rst_ni && shown && asked_word_q == 3'd0 && rdata == 32'h1234_ab00);
  end

endmodule

`default_nettype wire
