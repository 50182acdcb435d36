"""An ONNX LSTM or GRU with layers around it, from the file to RTL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from tests.frontends.oracle import Model
from tests.frontends.test_quant_lstm import MIXED, Layer

ORACLE = "this project"
ORACLE_REASON = "the fixed-point cell is its own; RTL is held to it"

STEPS, INPUTS, CELLS = 4, 5, 6


def model(folder: Path, kind: str, gates: int, batch: int = 1, **attributes: Any) -> Path:
    """uint8 inputs with a zero point, the batch in front, a quantized classifier behind."""
    m = Model(seed=11)
    x = m.quantize(m.input(batch, STEPS, INPUTS), 0.03, 120, np.uint8)
    x = m.op("Transpose", x, perm=[1, 0, 2])
    ways = 2 if "direction" in attributes else 1
    shapes = ((gates * CELLS, INPUTS), (gates * CELLS, CELLS), (2 * gates * CELLS,))
    weights = [m.constant(m.rng.normal(size=(ways, *shape)) * 0.6) for shape in shapes]
    _, y = m.ops(kind, x, *weights, outputs=2, hidden_size=CELLS, **attributes)
    y = m.quantize(m.op("Reshape", y, m.constant([batch, -1], np.int64)), 1 / 100, 3)
    return m.save(folder, m.op("MatMul", y, m.weights(ways * CELLS, 3, scale=1 / 64)))


@pytest.mark.parametrize(
    ("kind", "gates", "attributes"),
    [
        ("LSTM", 4, {}),
        ("LSTM", 4, {"batch": 3}),
        ("LSTM", 4, {"direction": "bidirectional"}),
        ("GRU", 3, {"linear_before_reset": 1}),
        ("GRU", 3, {"linear_before_reset": 0}),
    ],
)
def test_the_file_s_cell_is_equal_at_rtl_level(
    kind: str, gates: int, attributes: dict[str, Any], tmp_path: Path
) -> None:
    description = {"default": {"sigma": [256, 8], "tanh": [256, 8], "c": [12, 8], "m": [12, 11]}}
    design = hwcompile.compile(
        model(tmp_path, kind, gates, **attributes),
        tmp_path / "build",
        formats=description,
        fastest=True,
    )
    outcome = design.verify(frames=12)
    assert outcome.passed, outcome.lines()
    assert design.notes
    assert all("built in fixed point" in note for note in design.notes)


def test_a_quantized_cell_whose_frames_take_turns(tmp_path: Path) -> None:
    """An odd number of steps, of which pairs repeat, is predicted for every frame."""
    design = hwcompile.compile(
        Layer(5, **MIXED).save(tmp_path, steps=7), tmp_path / "build", fastest=True
    )
    assert design.report["design"]["frames_in_turn"] > 1
    outcome = design.verify(frames=24)
    assert outcome.passed, outcome.lines()
    assert design.notes == ()
