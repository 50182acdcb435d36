// Neurons that each read FanIn lanes of a word, by tables of their answers in logic.
//
// Sources holds 16 bits for each input of each neuron, those of neuron 0 first: the number of a
// lane, or all ones where the neuron reads nothing. The address of a table is made of the lanes
// that a neuron reads, the first in the least significant bits; row n of the memory holds the
// answers of neuron n, that to address 0 in the least significant bits.
//
// Latency: 1.

`default_nettype none

module hw_truth_tables #(
  parameter int unsigned InLanes = 4,
  parameter int unsigned Neurons = 3,
  parameter int unsigned FanIn = 2,
  parameter int unsigned InWidth = 2,
  parameter int unsigned OutWidth = 2,
  parameter logic [Neurons*FanIn*16-1:0] Sources = {(Neurons*FanIn){16'd1}},
  parameter TableFile = ""
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,
  input  wire logic                        valid_i,
  input  wire logic [InLanes*InWidth-1:0]  data_i,
  output logic                             valid_o,
  output logic      [Neurons*OutWidth-1:0] data_o
);

  if (InLanes < 1 || Neurons < 1 || FanIn < 1 || InWidth < 1 || OutWidth < 1) begin : gen_illegal
    $error("hw_truth_tables: InLanes, Neurons, FanIn and widths must be at least 1");
  end

  localparam int unsigned AddressBits = FanIn * InWidth;
  localparam int unsigned Entries = 1 << AddressBits;

  logic [Entries*OutWidth-1:0] answers [Neurons];
  initial if (TableFile != "") $readmemh(TableFile, answers);

  for (genvar n = 0; n < Neurons; n++) begin : gen_neuron
    logic [AddressBits-1:0] address;
    logic [OutWidth-1:0] answer;

    for (genvar i = 0; i < FanIn; i++) begin : gen_source
      localparam logic [15:0] Source = Sources[(n*FanIn+i)*16+:16];
      if (Source == 16'hffff) begin : gen_none
        assign address[i*InWidth+:InWidth] = '0;
      end else begin : gen_lane
        assign address[i*InWidth+:InWidth] = data_i[Source*InWidth+:InWidth];
      end
    end

    hw_choice_tree #(.AddressBits(AddressBits), .Width(OutWidth)) u_table (
      .address_i(address),
      .data_i(answers[n]),
      .data_o(answer)
    );
    always_ff @(posedge clk_i) data_o[n*OutWidth+:OutWidth] <= answer;
  end

  hw_valid_pipe #(.Stages(1)) u_valid (
    .clk_i,
    .rst_ni,
    .valid_i,
    .valid_o
  );

  // Not every lane has to be read.
  logic unused;
  assign unused = &{1'b0, data_i};

endmodule

`default_nettype wire
