// Sends one packet in the format of `hw_link_rx`. It starts when `start_i` is high and `busy_o`
// low; the header must stay until `busy_o` falls. The payload is fetched from a memory that answers
// one cycle after its address.
//
// Between two bytes there are three cycles: the memory answers, and the byte passes two registers,
// while `hw_crc32` takes in the byte before.

`default_nettype none

module hw_link_tx (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,
  input  wire logic       start_i,
  output logic            busy_o,
  input  wire logic [7:0] kind_i,
  input  wire logic [7:0] sequence_i,
  input  wire logic [7:0] channels_i,
  input  wire logic [7:0] taken_i,
  input  wire logic [7:0] received_i,
  input  wire logic [7:0] length_i,
  output logic      [7:0] address_o,
  input  wire logic [7:0] payload_i,
  output logic            valid_o,
  input  wire logic       ready_i,
  output logic      [7:0] data_o,
  // To and from `hw_crc32`, to which `data_o` goes.
  output logic            crc_clear_o,
  output logic            crc_valid_o,
  output logic      [1:0] crc_index_o,
  input  wire logic [7:0] crc_check_i
);

  localparam logic [1:0] StHeader  = 2'd0;
  localparam logic [1:0] StPayload = 2'd1;
  localparam logic [1:0] StCheck   = 2'd2;

  localparam logic [7:0] LastHeader = 8'd6;
  localparam logic [7:0] LastCheck  = 8'd3;

  logic       busy_q;
  logic [1:0] state_q;
  logic [7:0] count_q;  // bytes of this state that have left
  logic       ends_q;   // the payload's last byte is next
  logic [1:0] wait_q;   // cycles until the next byte is there
  logic [7:0] data, data_q, payload_q;

  always_comb begin
    case (state_q)
      StHeader: begin
        case (count_q[2:0])
          3'd0:    data = 8'ha5;
          3'd1:    data = kind_i;
          3'd2:    data = sequence_i;
          3'd3:    data = channels_i;
          3'd4:    data = taken_i;
          3'd5:    data = received_i;
          default: data = length_i;
        endcase
      end
      StPayload: data = payload_q;
      default:   data = crc_check_i;
    endcase
  end

  // The remainder leaves out the first byte and its own.
  logic moves, first;
  assign first = (state_q == StHeader) && (count_q == 8'd0);

  assign crc_clear_o = moves && first;
  assign crc_valid_o = moves && !first && (state_q != StCheck);
  assign crc_index_o = count_q[1:0];

  assign valid_o   = busy_q && (wait_q == 2'd0);
  assign moves     = valid_o && ready_i;
  assign data_o    = data_q;
  assign busy_o    = busy_q;
  assign address_o = count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni)                                                   busy_q <= 1'b0;
    else if (!busy_q)                                              busy_q <= start_i;
    else if (moves && state_q == StCheck && count_q == LastCheck) busy_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    payload_q <= payload_i;
    data_q <= data;
    ends_q <= (count_q + 8'd1 == length_i);
    if (!busy_q || moves)    wait_q <= 2'd3;
    else if (wait_q != 2'd0) wait_q <= wait_q - 2'd1;
  end

  always_ff @(posedge clk_i) begin
    if (!busy_q) begin
      state_q <= StHeader;
      count_q <= 8'd0;
    end else if (moves) begin
      count_q <= count_q + 8'd1;
      if (state_q == StHeader && count_q == LastHeader) begin
        state_q <= (length_i == 8'd0) ? StCheck : StPayload;
        count_q <= 8'd0;
      end
      if (state_q == StPayload && ends_q) begin
        state_q <= StCheck;
        count_q <= 8'd0;
      end
    end
  end

endmodule

`default_nettype wire
