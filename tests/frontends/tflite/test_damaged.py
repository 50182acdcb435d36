"""Damaged files: read as before, or refused in one paragraph; none crashes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.tflite.networks import MAKERS
from tests.frontends.tflite.streaming import STREAMING

ALL = {**MAKERS, **STREAMING}

ORACLE = "this project"
ORACLE_REASON = "which damaged files are refused, and that none crashes"


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes changed, cut off or doubled."""
    raw = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(len(raw)))
        raw[at] = int(rng.integers(256)) if rng.integers(2) else int(rng.choice([0, 1, 127, 255]))
    if rng.integers(8) == 0:
        raw = raw[: int(rng.integers(len(raw)))]
    return bytes(raw)


def attempt(name: str, seed: int, count: int, folder: Path) -> None:
    rng = np.random.default_rng(seed)
    writer, inputs, outputs = ALL[name](rng)
    data = writer.bytes(inputs, outputs)
    for _ in range(count):
        (folder / "m.tflite").write_bytes(damaged(data, rng))
        with suppress(CompileError):
            load_model(folder / "m.tflite")


@pytest.mark.parametrize("name", ALL)
def test_no_damage_crashes(name: str, tmp_path: Path) -> None:
    attempt(name, 1, 12, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("name", ALL)
def test_much_damage_crashes_nothing(name: str, seed: int, tmp_path: Path) -> None:
    attempt(name, seed, 150, tmp_path)
