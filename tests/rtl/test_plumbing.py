"""The plumbing modules together, in simulation: skid buffer, fork, two FIFOs, join."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwcompile.emit.interface import AxisPort, Interface
from hwcompile.emit.shelves import source_text
from hwcompile.ir.types import IntType
from hwcompile.ops.contract.site import StreamFormat
from hwcompile.verify.simulator import Simulator, compile_simulator

LIBRARY_MODULES = (
    "hw_axis_last",
    "hw_axis_check",
    "hw_credit_fifo",
    "hw_fifo",
    "hw_skid_buffer",
    "hw_fork",
    "hw_join",
)

TOP = """`default_nettype none

module top (
  input  wire logic        aclk,
  input  wire logic        aresetn,
  input  wire logic [7:0]  s_tdata,
  input  wire logic        s_tvalid,
  output logic             s_tready,
  input  wire logic        s_tlast,
  output logic      [15:0] m_tdata,
  output logic             m_tvalid,
  input  wire logic        m_tready,
  output logic             m_tlast,
  output logic             frame_error_o
);

  logic skid_valid, skid_ready;
  logic [7:0] skid_data;
  logic [1:0] fork_valid, fork_ready, fifo_valid, fifo_ready;
  logic [7:0] fork_data;
  logic [15:0] fifo_data;

  hw_axis_check #(.Words(WORDS)) u_check (
    .clk_i(aclk), .rst_ni(aresetn), .transfer_i(s_tvalid && s_tready), .last_i(s_tlast),
    .frame_error_o
  );

  hw_skid_buffer #(.Width(8)) u_skid (
    .clk_i(aclk), .rst_ni(aresetn), .valid_i(s_tvalid), .ready_o(s_tready), .data_i(s_tdata),
    .valid_o(skid_valid), .ready_i(skid_ready), .data_o(skid_data)
  );

  hw_fork #(.Outputs(2), .Width(8)) u_fork (
    .clk_i(aclk), .rst_ni(aresetn), .valid_i(skid_valid), .ready_o(skid_ready),
    .data_i(skid_data), .valid_o(fork_valid), .ready_i(fork_ready), .data_o(fork_data)
  );

  hw_fifo #(.Width(8), .Depth(DEPTH0), .Block(0)) u_fifo0 (
    .clk_i(aclk), .rst_ni(aresetn), .valid_i(fork_valid[0]), .ready_o(fork_ready[0]),
    .data_i(fork_data), .valid_o(fifo_valid[0]), .ready_i(fifo_ready[0]), .data_o(fifo_data[7:0])
  );

  hw_fifo #(.Width(8), .Depth(DEPTH1), .Block(1)) u_fifo1 (
    .clk_i(aclk), .rst_ni(aresetn), .valid_i(fork_valid[1]), .ready_o(fork_ready[1]),
    .data_i(fork_data), .valid_o(fifo_valid[1]), .ready_i(fifo_ready[1]), .data_o(fifo_data[15:8])
  );

  hw_join #(.Inputs(2), .Width(8)) u_join (
    .valid_i(fifo_valid), .ready_o(fifo_ready), .data_i(fifo_data),
    .valid_o(m_tvalid), .ready_i(m_tready), .data_o(m_tdata)
  );

  hw_axis_last #(.Words(WORDS)) u_last (
    .clk_i(aclk), .rst_ni(aresetn), .transfer_i(m_tvalid && m_tready), .last_o(m_tlast)
  );

endmodule

`default_nettype wire
"""


def _design(folder: Path, words: int, depths: tuple[int, int]) -> Simulator:
    byte = IntType(0, 255)
    interface = Interface(
        "top",
        (AxisPort("x", "s", StreamFormat(words, 1, 1, byte), (1, words, 1)),),
        (AxisPort("y", "m", StreamFormat(words, 2, 2, byte), (1, words, 2)),),
    )
    (folder / "rtl").mkdir()
    text = TOP.replace("WORDS", str(words))
    for index, depth in enumerate(depths):
        text = text.replace(f"DEPTH{index}", str(depth))
    (folder / "rtl/top.sv").write_text(text)
    for name in LIBRARY_MODULES:
        (folder / f"rtl/{name}.sv").write_text(source_text(name))
    names = [f"{name}.sv\n" for name in (*LIBRARY_MODULES, "top")]
    (folder / "rtl/files.f").write_text("".join(names))
    (folder / "interface.json").write_text(json.dumps(interface.to_json()))
    return compile_simulator(folder, cycles=1000)


@pytest.mark.parametrize(
    ("words", "depths", "cycles_per_word"),
    [(1, (1, 1), 3), (7, (3, 3), 1), (8, (5, 4), 1)],
)
def test_words_arrive_in_order_on_both_ways(
    tmp_path: Path, words: int, depths: tuple[int, int], cycles_per_word: int
) -> None:
    """A place in block RAM is taken for three cycles, so one place takes every third word."""
    simulator = _design(tmp_path, words, depths)
    values = np.random.default_rng(words).integers(0, 256, size=(20, 1, words, 1))
    expected = np.repeat(values, 2, axis=3)
    result = simulator.run({"x": values})
    assert np.array_equal(result.outputs["y"], expected)
    assert set(np.diff(result.output_cycles["y"])) == {cycles_per_word}
    # Skid buffer one cycle, FIFO in block RAM two.
    assert result.output_cycles["y"][0] == 3
    for seed in range(4):
        stalled = simulator.run({"x": values}, stall=0.2 + 0.2 * seed, seed=seed)
        assert np.array_equal(stalled.outputs["y"], expected)
