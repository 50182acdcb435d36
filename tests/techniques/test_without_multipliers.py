"""Techniques whose papers promise that nothing multiplies: synthesis finds nothing to multiply."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from benchmarks.techniques import compiled
from benchmarks.techniques_layers import LAYERS, Layer
from benchmarks.techniques_networks import all_networks
from benchmarks.techniques_networks.network import Network
from tests.techniques.rows import check_synthesis

ORACLE = ("hardware tools", "a paper")
ORACLE_REASON = "papers promise it, Yosys counts"

ROWS = (7, 9, 10, 17, 20, 22, 26, 27)
ALL: list[Layer | Network] = [*LAYERS, *all_networks()]
PROMISED = [entry for entry in ALL if entry.row in ROWS and entry.multipliers == 0]


def test_every_row_is_here() -> None:
    assert {entry.row for entry in PROMISED} == set(ROWS)


@pytest.mark.slow
@pytest.mark.parametrize("entry", PROMISED, ids=lambda entry: f"{entry.row} {entry.name}")
def test_nothing_multiplies(entry: Layer | Network, tmp_path: Path) -> None:
    if isinstance(entry, Layer):
        design, _ = compiled(entry, tmp_path)
    else:
        entry.build(tmp_path / "network.onnx")
        design = hwcompile.compile(tmp_path / "network.onnx", tmp_path / "build", **entry.options)
    (tmp_path / "cells").mkdir()
    check_synthesis(design, 0, tmp_path / "cells")
