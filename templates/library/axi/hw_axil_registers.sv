// Registers of 32 bits behind an AXI4-Lite port.
//
// Register i stands at the byte address Offsets[i], is of the hw_register_pkg::register_e Kinds[i],
// and has the value Values[i] when it is a constant, or a setting after a reset; register 0 is in
// the least significant bits of all of them, and of the ports. Other addresses read 0, and nothing
// happens when they are written.

`default_nettype none

module hw_axil_registers #(
  parameter int unsigned AddressBits = 12,
  parameter int unsigned Registers = 1,
  parameter logic [Registers*32-1:0] Offsets = '0,
  parameter logic [Registers*3-1:0] Kinds = '0,
  parameter logic [Registers*32-1:0] Values = '0
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_ni,
  // AXI4-Lite
  input  wire logic                    awvalid_i,
  output logic                         awready_o,
  input  wire logic [AddressBits-1:0]  awaddr_i,
  input  wire logic                    wvalid_i,
  output logic                         wready_o,
  input  wire logic [31:0]             wdata_i,
  input  wire logic [3:0]              wstrb_i,
  output logic                         bvalid_o,
  input  wire logic                    bready_i,
  output logic      [1:0]              bresp_o,
  input  wire logic                    arvalid_i,
  output logic                         arready_o,
  input  wire logic [AddressBits-1:0]  araddr_i,
  output logic                         rvalid_o,
  input  wire logic                    rready_i,
  output logic      [31:0]             rdata_o,
  output logic      [1:0]              rresp_o,
  // What the design says, and what settings hold
  input  wire logic [Registers*32-1:0] status_i,
  output logic      [Registers*32-1:0] setting_o,
  // Events
  output logic      [Registers-1:0]    read_o,
  output logic      [Registers-1:0]    write_o,
  output logic      [31:0]             write_data_o
);

  if (Registers < 1) begin : gen_illegal
    $error("hw_axil_registers: Registers must be at least 1");
  end

  logic                   write, read;
  logic [AddressBits-3:0] write_address, read_address;
  logic [3:0]             write_strobe;
  logic [31:0]            read_data;

  hw_axil_endpoint #(
    .AddressBits(AddressBits)
  ) u_endpoint (
    .clk_i,
    .rst_ni,
    .awvalid_i,
    .awready_o,
    .awaddr_i,
    .wvalid_i,
    .wready_o,
    .wdata_i,
    .wstrb_i,
    .bvalid_o,
    .bready_i,
    .bresp_o,
    .arvalid_i,
    .arready_o,
    .araddr_i,
    .rvalid_o,
    .rready_i,
    .rdata_o,
    .rresp_o,
    .write_o(write),
    .write_address_o(write_address),
    .write_data_o,
    .write_strobe_o(write_strobe),
    .read_o(read),
    .read_address_o(read_address),
    .read_data_i(read_data)
  );

  // What every register reads, 0 unless it is addressed.
  logic [Registers*32-1:0] shown;

  for (genvar i = 0; i < Registers; i++) begin : gen_register
    localparam logic [31:0] OFFSET = Offsets[i*32+:32];
    localparam logic [31:0] VALUE = Values[i*32+:32];
    localparam logic [2:0] KIND = Kinds[i*3+:3];
    logic written, seen;
    logic [31:0] value;

    if (OFFSET[1:0] != 2'd0 || (OFFSET >> AddressBits) != 32'd0) begin : gen_illegal1
      $error("hw_axil_registers: Offsets are those of words that AddressBits reach");
    end
    if (KIND > hw_register_pkg::Read) begin : gen_illegal2
      $error("hw_axil_registers: no such kind of register");
    end

    assign written = write && write_address == OFFSET[AddressBits-1:2];
    assign seen = read_address == OFFSET[AddressBits-1:2];
    assign write_o[i] = KIND == hw_register_pkg::Write && written && write_strobe[0];
    assign read_o[i] = KIND == hw_register_pkg::Read && read && seen;
    assign shown[i*32+:32] = seen ? value : '0;

    if (KIND == hw_register_pkg::Setting) begin : gen_setting
      logic [31:0] value_q;

      always_ff @(posedge clk_i) begin
        if (!rst_ni) value_q <= VALUE;
        else if (written) begin
          for (int unsigned b = 0; b < 4; b++) begin
            if (write_strobe[b]) value_q[8*b+:8] <= write_data_o[8*b+:8];
          end
        end
      end
      assign value = value_q;
      assign setting_o[i*32+:32] = value_q;
    end else begin : gen_other
      assign value = (KIND == hw_register_pkg::Constant) ? VALUE
          : (KIND == hw_register_pkg::Write) ? '0 : status_i[i*32+:32];
      assign setting_o[i*32+:32] = '0;
    end
  end

  always_comb begin
    read_data = '0;
    for (int unsigned i = 0; i < Registers; i++) read_data = read_data | shown[i*32+:32];
  end

  // Not every kind looks at what the design says, or at every strobe.
  logic unused;
  assign unused = &{1'b0, status_i, write_strobe, read};

endmodule

`default_nettype wire
