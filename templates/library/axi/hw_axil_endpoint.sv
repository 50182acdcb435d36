// The protocol of an AXI4-Lite subordinate with 32-bit data; what the registers are is outside.
//
// A write is write_o for one cycle with word address, data and strobes; a read is read_o for one
// cycle with its word address, and read_data_i is taken in that cycle. Every access is answered
// with OKAY. Address and data of a write may come in any order. All bus outputs are registers.

`default_nettype none

module hw_axil_endpoint #(
  parameter int unsigned AddressBits = 12
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_ni,
  // AXI4-Lite
  input  wire logic                   awvalid_i,
  output logic                        awready_o,
  input  wire logic [AddressBits-1:0] awaddr_i,
  input  wire logic                   wvalid_i,
  output logic                        wready_o,
  input  wire logic [31:0]            wdata_i,
  input  wire logic [3:0]             wstrb_i,
  output logic                        bvalid_o,
  input  wire logic                   bready_i,
  output logic      [1:0]             bresp_o,
  input  wire logic                   arvalid_i,
  output logic                        arready_o,
  input  wire logic [AddressBits-1:0] araddr_i,
  output logic                        rvalid_o,
  input  wire logic                   rready_i,
  output logic      [31:0]            rdata_o,
  output logic      [1:0]             rresp_o,
  // Registers
  output logic                        write_o,
  output logic      [AddressBits-3:0] write_address_o,
  output logic      [31:0]            write_data_o,
  output logic      [3:0]             write_strobe_o,
  output logic                        read_o,
  output logic      [AddressBits-3:0] read_address_o,
  input  wire logic [31:0]            read_data_i
);

  if (AddressBits < 3) begin : gen_illegal
    $error("hw_axil_endpoint: AddressBits must be at least 3, for two words");
  end

  // A held address or word of data makes its channel wait; reset makes all wait.
  logic up_q, address_q, data_q, read_q;

  assign awready_o = up_q && !address_q;
  assign wready_o  = up_q && !data_q;
  assign arready_o = up_q && !read_q;
  assign bresp_o   = 2'b00;
  assign rresp_o   = 2'b00;

  assign write_o = address_q && data_q && (!bvalid_o || bready_i);
  assign read_o  = read_q && (!rvalid_o || rready_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      up_q      <= 1'b0;
      address_q <= 1'b0;
      data_q    <= 1'b0;
      read_q    <= 1'b0;
      bvalid_o  <= 1'b0;
      rvalid_o  <= 1'b0;
    end else begin
      up_q      <= 1'b1;
      address_q <= (awvalid_i && awready_o) || (address_q && !write_o);
      data_q    <= (wvalid_i && wready_o) || (data_q && !write_o);
      read_q    <= (arvalid_i && arready_o) || (read_q && !read_o);
      bvalid_o  <= write_o || (bvalid_o && !bready_i);
      rvalid_o  <= read_o || (rvalid_o && !rready_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (awvalid_i && awready_o) write_address_o <= awaddr_i[AddressBits-1:2];
    if (wvalid_i && wready_o) begin
      write_data_o   <= wdata_i;
      write_strobe_o <= wstrb_i;
    end
    if (arvalid_i && arready_o) read_address_o <= araddr_i[AddressBits-1:2];
    if (read_o) rdata_o <= read_data_i;
  end

  // Accesses are whole words.
  logic unused;
  assign unused = &{1'b0, awaddr_i[1:0], araddr_i[1:0]};

endmodule

`default_nettype wire
