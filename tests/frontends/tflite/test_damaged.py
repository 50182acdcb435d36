"""Damaged files: read as before, or refused in one paragraph; none crashes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.tflite.moves import moved
from tests.frontends.tflite.networks import MAKERS
from tests.frontends.tflite.streaming import STREAMING
from tests.frontends.tflite.writer import LiteWriter

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


Made = tuple[LiteWriter, list[int], list[int]]


def tiled(*repeats: int) -> Made:
    rng = np.random.default_rng(3)
    return moved(rng, "TILE", (1, 2, 3, 5), (1, 4, 3, 15), [repeats], version=2)


def biased(most: int) -> Made:
    """One of the biases of 64 bits is so large that a sum with it is too large for 64."""
    writer, inputs, outputs = ALL["convolution int16 of many filters"](np.random.default_rng(3))
    (bias,) = (t[4] for t in writer.tensors if t[2] == "int64" and t[4] is not None)
    bias[7] = most
    return writer, inputs, outputs


def without(gate: int) -> Made:
    """An LSTM that lacks the weights of a gate."""
    writer, inputs, outputs = ALL["lstm"](np.random.default_rng(3))
    writer.operators[0][1][1 + gate] = -1
    return writer, inputs, outputs


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (tiled(1, 1 << 30, 1, 3), "HW0121"),
        (tiled(1, 2, 1), "HW0303"),
        (tiled(1, -2, 1, 3), "HW0303"),
        (biased((1 << 63) - 9000), "HW0305"),
        (biased(9000 - (1 << 63)), "HW0305"),
        *((without(gate), "HW0303") for gate in (1, 2, 3)),
    ],
)
def test_what_damage_found_is_refused_by_name(made: Made, code: str, tmp_path: Path) -> None:
    writer, inputs, outputs = made
    with pytest.raises(CompileError) as caught:
        load_model(writer.save(tmp_path / "m.tflite", inputs, outputs))
    assert [found.code for found in caught.value.diagnostics] == [code]
