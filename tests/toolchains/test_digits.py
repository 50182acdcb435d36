"""The digits networks from the model file to the pins of a board."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.runtime.session import run_on_board
from hwcompile.toolchains.board_top import BAUD

EXAMPLES = Path(__file__).parents[2] / "examples" / "digits"


@pytest.mark.slow
def test_the_binary_network_on_an_icebreaker(tmp_path: Path) -> None:
    model = EXAMPLES / "digits_mlp_w1a1.onnx"
    design = hwcompile.compile(model, tmp_path / "build", target_cycles=2000, clock_mhz=12)
    built = design.build("icebreaker")
    assert built.bitstream.is_file()
    assert built.use.bram > 0

    outcome = design.verify(levels=("reference", "rtl", "netlist"), board="icebreaker")
    assert outcome.passed, outcome.lines()

    images = np.load(EXAMPLES / "test_split.npz")["images"][:20]
    integers = design.quantize((images / 16).astype(np.float32))
    board = load_board("icebreaker")
    ran = run_on_board(design.directory, board, "sim", BAUD, integers)
    for name, expected in design.graph.evaluate(integers).items():
        np.testing.assert_array_equal(ran.outputs[name], expected)


@pytest.mark.slow
@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85", "tang_nano_9k", "crosslink_nx_evn"])
@pytest.mark.parametrize("network", ["digits_cnn_w3a3", "digits_cnn_int8"])
def test_cells_compute_the_convolutional_networks(tmp_path: Path, network: str, board: str) -> None:
    """Their windows have padding, which once went wrong in synthesis only."""
    model = EXAMPLES / f"{network}.onnx"
    design = hwcompile.compile(model, tmp_path / "build", target_cycles=16_000)
    outcome = design.verify(levels=("reference", "netlist"), board=board)
    assert outcome.passed, outcome.lines()
