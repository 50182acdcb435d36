"""Real numbers in C, against the runtime for Python: every number of awkward ones, bit for bit."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwcompile
from hwcompile.build_directory import rewrite_files
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


def with_ranking(m: Model) -> str:
    """A class of each place, behind a function that hardware does not have."""
    y = m.op("Conv", m.quantize(m.input(1, 3, 5, 4)), m.weights(6, 3, 2, 2))
    return m.op("ArgMax", m.op("Relu", y), axis=1, keepdims=0)


def of_two_streams(m: Model) -> tuple[str, str]:
    """One output of two streams of the network, and one behind a softmax."""
    x = m.quantize(m.input(1, 3, 5, 4), 0.0078431377, 3)
    y = m.op("Flatten", m.op("Conv", x, m.weights(2, 3, 3, 2)))
    scores = m.op("Softmax", m.op("Transpose", x, perm=[0, 2, 3, 1]), axis=-1)
    return m.op("Concat", m.op("Flatten", x), m.op("Tanh", y), axis=1), scores


@pytest.fixture(params=["small", "per_channel"])
def design(request: pytest.FixtureRequest, tmp_path: Path) -> Design:
    if request.param == "small":
        return hwcompile.compile(small.save(tmp_path), tmp_path / "build", fastest=True)
    m = Model()
    return hwcompile.compile(m.save(tmp_path, per_channel(m)), tmp_path / "build", fastest=True)


def library(design: Design, folder: Path, board: str = "") -> ctypes.CDLL:
    """The driver as a shared library, with another text in the place of the link's."""
    write_driver(design.directory, design.graph.types, folder)
    top = design.interface.top
    if board:
        (folder / "hwcompile_link.c").write_text(board)
    sources = [folder / name for name in ("hwcompile_link.c", "hwcompile_reals.c", f"{top}.c")]
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


INSTEAD_OF_A_BOARD = """
#include "hwcompile_link.h"
#include <string.h>
const void *given[8]; const void *answers[8]; uint32_t sizes[8];
hwcompile_status hwcompile_run(hwcompile_link *link, const hwcompile_design *design,
                               uint32_t frames, const void *const *inputs, void *const *outputs)
{
  uint8_t i;
  if (frames != 1u) return HWCOMPILE_STUCK;
  for (i = 0; i < design->input_count; ++i) given[i] = inputs[i];
  for (i = 0; i < design->output_count; ++i) memcpy(outputs[i], answers[i], sizes[i]);
  return link == NULL ? HWCOMPILE_OK : HWCOMPILE_SILENT;
}
"""


@pytest.mark.parametrize("make", [with_softmax, with_ranking, of_two_streams, per_channel])
def test_real_numbers_through_the_whole_model(make: Any, tmp_path: Path) -> None:
    """`infer` gives the reference's real outputs; the board is a function with its integers."""
    m = Model()
    made = make(m)
    outputs = (made,) if isinstance(made, str) else made
    design = hwcompile.compile(m.save(tmp_path, *outputs), tmp_path / "build", allow_host=True)
    network, folder = Deployment.read(design.directory), tmp_path / "c"
    found = library(design, folder, INSTEAD_OF_A_BOARD)
    (host,) = network.inputs
    numbers = awkward(np.arange(-40, 40))
    frames = in_frames(numbers[np.isfinite(numbers)], 0.05, *host.source_shape[1:])
    expected = design.simulate(frames, level="reference", inputs_are="reals")
    results = {h.name: np.zeros(expected.real[h.name].shape[1:], h.dtype) for h in network.outputs}
    answers = (ctypes.c_void_p * 8).in_dll(found, "answers")
    sizes = (ctypes.c_uint32 * 8).in_dll(found, "sizes")
    for number, frame in enumerate(frames):
        held = []
        for i, port in enumerate(network.ports.outputs):
            codes = expected.raw[port.name][number].astype(NUMPY[c_type(port.element)])
            held.append(np.ascontiguousarray(codes))
            answers[i], sizes[i] = held[-1].ctypes.data, codes.nbytes
        given = [np.ascontiguousarray(frame), *results.values()]
        pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in given]
        infer = getattr(found, f"{design.interface.top}_infer")
        assert infer(None, *pointers) == 0
        _equal_to_port(found, network, network.quantize({host.source: frame[None]}))
        for name, values in results.items():
            np.testing.assert_array_equal(values, expected.real[name][number], err_msg=name)


def _equal_to_port(found: ctypes.CDLL, network: Deployment, codes: dict[str, Any]) -> None:
    """The integers that the board was given are those of the runtime."""
    for i, port in enumerate(network.ports.inputs):
        kind = np.dtype(NUMPY[c_type(port.element)])
        where = (ctypes.c_void_p * 8).in_dll(found, "given")[i] or 0
        held = ctypes.string_at(where, int(np.prod(port.shape)) * kind.itemsize)
        got = np.frombuffer(held, kind).reshape(port.shape)
        np.testing.assert_array_equal(got, codes[port.name][0])


def test_the_header_says_what_c_does_not_do(tmp_path: Path) -> None:
    """Another type of numbers than C has."""
    m = Model()
    path = m.save(tmp_path, with_softmax(m))
    design = hwcompile.compile(path, tmp_path / "build", fastest=True, allow_host=True)
    data = json.loads((design.directory / "host.json").read_text())
    data["outputs"][0]["dtype"] = "float16"
    rewrite_files(design.directory, {"host.json": json.dumps(data)})
    library(design, tmp_path / "c")
    header = (tmp_path / "c" / f"{design.interface.top}.h").read_text()
    assert "not in C, for the type float16; the runtime for Python does it" in header
    assert "void small_network_dequantize" not in header
    assert "_infer" not in header
