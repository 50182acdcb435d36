"""Whole models: public ones and that of the examples, in every tensor and in RTL."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.frontends.load import load_model
from tests.frontends.tflite.oracle import check, frames_of
from tests.models import ROOT, model_path

ORACLE = "TFLite reference kernels"

DIGITS = ROOT / "examples" / "digits" / "digits_cnn.tflite"
PUBLIC = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant")


@pytest.mark.parametrize("name", PUBLIC)
def test_every_tensor_of_a_public_model_is_equal(name: str) -> None:
    check(model_path(f"mlperf_tiny/{name}.tflite"), 12)


def test_every_tensor_of_the_digits_network_is_equal() -> None:
    check(DIGITS, 60)


def test_the_digits_network_is_right_where_tflite_is() -> None:
    images, labels = (np.load(DIGITS.parent / "test_split.npz")[n] for n in ("images", "labels"))
    pixels = np.moveaxis(images, 1, 3) / 16.0
    integers = np.rint(pixels * 255).astype(np.int64) - 128
    (shares,) = load_model(DIGITS).run(integers).values()
    assert int((shares.reshape(len(labels), 10).argmax(axis=1) == labels).sum()) == 434


def test_the_hardware_is_equal_in_the_predicted_cycles(tmp_path: Path) -> None:
    design = hwcompile.compile(DIGITS, tmp_path / "build", target_cycles=20_000)
    (frames,) = frames_of(DIGITS, 4)
    outcome = design.verify(inputs=frames.astype(np.float32), boundaries=True)
    assert outcome.passed
    assert outcome.cycles_agree


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLIC)
def test_the_hardware_of_a_public_model_is_equal(name: str, tmp_path: Path) -> None:
    path = model_path(f"mlperf_tiny/{name}.tflite")
    design = hwcompile.compile(path, tmp_path / "build", target_cycles=400_000)
    (frames,) = frames_of(path, 2)
    outcome = design.verify(inputs=frames.astype(np.float32), boundaries=True)
    assert outcome.passed
    assert outcome.cycles_agree
