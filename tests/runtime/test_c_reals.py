"""Real numbers in C, against the runtime for Python: every number of awkward ones, bit for bit."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from hwcompile.design import Design
from hwcompile.runtime.driver import c_type, write_driver
from hwcompile_runtime import Deployment
from tests.cli import small
from tests.frontends.oracle import Model
from tests.runtime.test_deployment import awkward, in_frames
from tests.runtime.test_driver import NUMPY, STRICT

compiler = shutil.which("gcc") or shutil.which("cc") or ""
pytestmark = pytest.mark.skipif(not compiler, reason="no C compiler")


def per_channel(m: Model) -> str:
    """Channels first, a scale that is no power of two, a normalization with a mean per channel."""
    x = m.op("Sub", m.input(1, 3, 5, 4), m.constant(np.reshape([0.4, 0.5, 0.6], (1, 3, 1, 1))))
    q = m.quantize(m.op("Mul", x, m.constant(1.7)), 0.0078431377, 3)
    y = m.op("Conv", q, m.weights(2, 3, 3, 2, scale=0.0625))
    return m.quantize(m.op("Relu", y), 0.1, -128)


def with_softmax(m: Model) -> str:
    return m.op("Softmax", m.quantize(m.input(1, 7), 0.1, 0), axis=1)


@pytest.fixture(params=["small", "per_channel"])
def design(request: pytest.FixtureRequest, tmp_path: Path) -> Design:
    if request.param == "small":
        return hwcompile.compile(small.save(tmp_path), tmp_path / "build")
    m = Model()
    return hwcompile.compile(m.save(tmp_path, per_channel(m)), tmp_path / "build")


def library(design: Design, folder: Path) -> ctypes.CDLL:
    """The driver as a shared library."""
    write_driver(design.directory, design.graph.types, folder)
    top = design.interface.top
    sources = [folder / "hwcompile_link.c", folder / f"{top}.c"]
    target = folder / "driver.so"
    words = [compiler, *STRICT, "-shared", "-fPIC", *sources, "-o", target, "-lm"]
    subprocess.run([str(word) for word in words], check=True)
    return ctypes.CDLL(str(target))


def call(function: Any, given: np.ndarray, result: np.ndarray) -> np.ndarray:
    """A frame through a function of two arrays."""
    given = np.ascontiguousarray(given)
    function(given.ctypes.data_as(ctypes.c_void_p), result.ctypes.data_as(ctypes.c_void_p))
    return result


def test_integers_of_real_numbers(design: Design, tmp_path: Path) -> None:
    found, network = library(design, tmp_path / "c"), Deployment.read(design.directory)
    (host,), (port,) = network.inputs, network.ports.inputs
    scale = float(host.quantizer.arrays()["divisor"][0])
    frames = in_frames(awkward(np.arange(-130, 130)), scale, *host.source_shape[1:])
    expected = network.quantize({host.source: frames})[port.name]
    function = getattr(found, f"{design.interface.top}_quantize_in_{port.name.lower()}")
    kind = NUMPY[c_type(port.element)]
    for frame, wanted in zip(frames, expected, strict=True):
        got = call(function, frame, np.zeros(port.shape, kind))
        np.testing.assert_array_equal(got, wanted)
    assert len(np.unique(expected)) > 10


def test_real_numbers_of_integers(design: Design, tmp_path: Path) -> None:
    found, network = library(design, tmp_path / "c"), Deployment.read(design.directory)
    (host,), (port,) = network.outputs, network.ports.outputs
    rng = np.random.default_rng(6)
    codes = rng.integers(port.element.low, port.element.high, (40, *port.shape), endpoint=True)
    expected = network.dequantize({port.name: codes})[host.name]
    function = getattr(found, f"{design.interface.top}_dequantize_out_{port.name.lower()}")
    kind = NUMPY[c_type(port.element)]
    for frame, wanted in zip(codes, expected, strict=True):
        got = call(function, frame.astype(kind), np.zeros(wanted.shape, np.float32))
        np.testing.assert_array_equal(got, wanted)


def test_the_header_says_what_c_does_not_do(tmp_path: Path) -> None:
    m = Model()
    design = hwcompile.compile(m.save(tmp_path, with_softmax(m)), tmp_path / "build")
    library(design, tmp_path / "c")
    text = (tmp_path / "c" / f"{design.interface.top}.h").read_text()
    assert "not in C, for 'softmax'; the runtime for Python does it" in text
    assert "_dequantize_" not in text
