"""Published networks on boards; place and route takes minutes, the largest about twenty."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from tests.models import model_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "board", "cycles", "netlist"),
    [
        ("tfc_mnist/TFC_1W1A.onnx", "tang_nano_20k", 2_000, True),
        ("tfc_mnist/TFC_1W1A.onnx", "ulx3s_85", 2_000, True),
        ("kws_w3a3/kws_w3a3.onnx", "ulx3s_85", 8_000, True),
        ("cnv_cifar10/cnv_w1a1.onnx", "ulx3s_85", 120_000, False),
    ],
)
def test_a_bitstream(tmp_path: Path, model: str, board: str, cycles: int, netlist: bool) -> None:
    design = hwcompile.compile(model_path(model), tmp_path / "build", target_cycles=cycles)
    built = design.build(board, seeds=2)
    assert built.bitstream.is_file()
    assert built.fmax_mhz >= built.clock_mhz
    if netlist:
        outcome = design.verify(levels=("reference", "netlist"), board=board)
        assert outcome.passed, outcome.lines()
