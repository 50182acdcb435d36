"""A convolutional network whose weights stand in external memory, from schedule to verification."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from hwcompile.build_directory import rtl_sources
from hwcompile.design import Design
from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.threshold.op import Threshold
from hwcompile.report.external import external_reads
from hwcompile.verify.verilator import lint
from tests.e2e.oracles import onnxruntime_tensors
from tests.e2e.test_digits import DIGITS, split

ORACLE = ("numpy", "ONNX Runtime")
ORACLE_REASON = "sums over windows and products of matrices; the operators of a published format"

RNG = np.random.default_rng(11)
CONV = RNG.integers(-8, 8, (3, 2, 3, 2))
LIMITS = np.sort(RNG.integers(-60, 60, 3))
DENSE = RNG.choice([-1, 1], (1, 7, 48))
HEIGHT, WIDTH = 5, 6
NODES = {
    "conv": {"kernel": "folded", "pe": 2, "simd": 4, "weights": "external"},
    "dense": {"kernel": "folded", "pe": 3, "simd": 3, "weights": "external", "prefetch": 40},
}


def _graph() -> Graph:
    """Filters of 2 x 3 taps, four levels, and a matrix of signs."""
    builder = Builder("outside")
    value = builder.input("x", TensorType((HEIGHT, WIDTH, 2), IntType(-8, 7)))
    conv = Conv(CONV, 1, (1, 1), (1, 1), (0, 0, 0, 0), 0)
    (value,) = builder.add("conv", conv, (value,), Origin("model", "conv", "Conv"))
    zero, one = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    levels = Threshold(LIMITS[None], zero, one, IntType(0, 3))
    (value,) = builder.add("levels", levels, (value,), Origin("model", "levels", "Quant"))
    flat = Reshape((1, 1, 4 * 4 * 3))
    (value,) = builder.add("flat", flat, (value,), Origin("model", "flat", "Flatten"))
    (value,) = builder.add("dense", Matmul(DENSE), (value,), Origin("model", "dense", "Gemm"))
    return builder.build((value,))


def _expected(x: IntArray) -> IntArray:
    """Of frames [n, height, width, 2]."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (2, 3), axis=(1, 2))
    sums = np.einsum("nhwcij,mijc->nhwm", windows, CONV)
    levels = (sums[..., None] >= LIMITS).sum(-1)
    found: IntArray = levels.reshape(len(x), -1) @ DENSE[0].T
    return found


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("outside") / "build"
    return hwcompile.compile_graph(_graph(), folder, schedule={"nodes": NODES})


def test_it_equals_numpy_and_takes_the_predicted_cycles(design: Design) -> None:
    x = RNG.integers(-8, 8, (9, HEIGHT, WIDTH, 2))
    for level in ("reference", "rtl"):
        (found,) = design.simulate(x, level=level).raw.values()
        np.testing.assert_array_equal(found.reshape(9, 7), _expected(x))
    prompt = design.verify(frames=4, memory_latency=1)
    assert prompt.passed
    assert prompt.interval[0] == prompt.interval[1]
    slow = design.verify(frames=4, memory_latency=300)
    assert slow.passed
    assert prompt.starved == {"levels": 0, "dense": 0}
    assert min(slow.starved.values()) > 0
    assert design.verify(frames=4, stall=0.3).passed


def test_the_report_says_what_a_frame_reads(design: Design) -> None:
    read = {node["name"]: node["external_memory"] for node in design.report["nodes"]}
    conv, dense = read["conv"], read["dense"]
    # 2 folds of 3 steps of 2 x 4 weights of 4 bits for each of 4 x 4 pixels; 3 folds of 16 steps.
    assert (conv["rows"], conv["bytes_per_row"], conv["bytes_per_frame"]) == (6, 4, 16 * 6 * 4)
    assert (dense["rows"], dense["bytes_per_row"], dense["bytes_per_frame"]) == (48, 4, 192)
    assert [port.size for port in design.interface.memories] == [24, 192]
    found = external_reads(design.report)
    assert found is not None
    assert (found.bytes_per_frame, found.bytes_per_cycle) == (384 + 192, 8)
    figures = design.report["design"]
    frames = figures["clock_mhz"] * 1e6 / figures["interval_cycles"]["predicted"]
    assert abs(found.bytes_per_second - 576 * frames) < 2
    lint(rtl_sources(design.directory), design.interface.top)


@pytest.mark.slow
def test_the_int8_digits_equal_onnx_runtime(tmp_path: Path) -> None:
    nodes = {
        name: {"kernel": "folded", "pe": pe, "simd": simd, "weights": "external"}
        for name, pe, simd in (("conv1", 4, 3), ("conv2", 4, 8), ("conv3", 4, 7), ("head", 2, 4))
    }
    path = DIGITS / "digits_cnn_int8.onnx"
    design = hwcompile.compile(path, tmp_path / "build", schedule={"nodes": nodes})
    images = split()[0][:20]
    (scores,) = design.simulate(images, level="rtl").real.values()
    given = {"image": images}
    (oracle,) = onnxruntime_tensors(path, given, ["head_out"], optimized=True, exact_products=True)
    np.testing.assert_array_equal(scores.reshape(oracle.shape), oracle)
    outcome = design.verify(inputs=images)
    assert outcome.passed
    assert len(outcome.starved) == 4
