"""Models that keep something from frame to frame, beside the interpreter that keeps it itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.frontends.tflite.oracle import differing_in_sequence
from tests.frontends.tflite.streaming import STREAMING

ORACLE = "TFLite reference kernels"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", STREAMING)
def test_every_integer_is_that_of_the_interpreter(name: str, seed: int, tmp_path: Path) -> None:
    writer, inputs, outputs = STREAMING[name](np.random.default_rng(seed))
    path = writer.save(tmp_path / "m.tflite", inputs, outputs)
    tensors, wrong = differing_in_sequence(path, 20, seed)
    assert not any(tensors.values()), tensors
    assert not wrong
