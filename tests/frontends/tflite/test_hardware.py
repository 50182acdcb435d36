"""Operators whose arithmetic is several steps: RTL and C++ beside the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from tests.frontends.tflite.networks import MAKERS
from tests.frontends.tflite.oracle import frames_of
from tests.frontends.tflite.streaming import STREAMING
from tests.frontends.tflite.writer import LiteWriter

ORACLE = "TFLite reference kernels"
ORACLE_REASON = "test_operators.py compares the model with them; here hardware meets the model"


def verified(name: str, level: str, folder: Path) -> None:
    writer, inputs, outputs = MAKERS[name](np.random.default_rng(1))
    path = saved(writer, inputs, outputs, folder)
    design = hwcompile.compile(path, folder / "build", target_cycles=20_000)
    frames = frames_of(path, 3)
    names = [writer.tensors[n][0] for n in inputs]
    given = dict(zip(names, (f.astype(np.float32) for f in frames), strict=True))
    outcome = design.verify(inputs=given, levels=(level,))
    assert outcome.passed
    assert outcome.cycles_agree


def saved(writer: LiteWriter, inputs: list[int], outputs: list[int], folder: Path) -> Path:
    return writer.save(folder / "m.tflite", inputs, outputs)


def keeping(name: str, level: str, folder: Path) -> None:
    """Any states go in here, at random."""
    writer, inputs, outputs = STREAMING[name](np.random.default_rng(1))
    path = saved(writer, inputs, outputs, folder)
    design = hwcompile.compile(path, folder / "build", target_cycles=20_000)
    outcome = design.verify(frames=2, levels=(level,))
    assert outcome.passed
    assert outcome.cycles_agree


@pytest.mark.slow
@pytest.mark.parametrize("level", ["rtl", "hls"])
@pytest.mark.parametrize(
    "name",
    [
        "lstm",
        "lstm long",
        "lstm coupled peepholes",
        "lstm projection",
        "svdf of rank 2",
        "before and now",
    ],
)
def test_the_hardware_of_states_is_equal_at_both_levels(
    name: str, level: str, tmp_path: Path
) -> None:
    keeping(name, level, tmp_path)


def test_the_hardware_of_a_window_of_frames_is_equal(tmp_path: Path) -> None:
    keeping("window", "rtl", tmp_path)


@pytest.mark.parametrize("name", ["softmax inside", "logistic int16"])
def test_the_hardware_is_equal(name: str, tmp_path: Path) -> None:
    verified(name, "rtl", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("level", ["rtl", "hls"])
@pytest.mark.parametrize(
    "name",
    [
        "attention",
        "products by a constant",
        "softmax inside beta",
        "softmax inside",
        "softmax int16",
        "tanh int16",
        "logistic int16",
        "exp int16",
        "add int16",
        "mul int16",
        "convolution int16",
    ],
)
def test_the_hardware_is_equal_at_both_levels(name: str, level: str, tmp_path: Path) -> None:
    verified(name, level, tmp_path)
