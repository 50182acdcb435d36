"""A seeded slice of damaged models: each compiles or is refused in words, soon."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile.frontends.load import load_model
from tests.fuzz.attempts import attempt
from tests.fuzz.models import damaged_model

ORACLE = "this project"
ORACLE_REASON = "that a damaged file ends in words is this project's own promise"


@pytest.mark.parametrize(
    ("start", "count"), [(0, 150), pytest.param(150, 3000, marks=pytest.mark.slow)]
)
def test_damaged_models_end_in_words(start: int, count: int, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    bad = []
    for case in range(start, start + count):
        path.write_bytes(damaged_model(np.random.default_rng([7, case])))
        tried = attempt(lambda: load_model(path))
        if tried.bad:
            bad.append(f"{case}: {tried.text}")
    assert not bad, "\n".join(bad)
