"""What is recognized in weights changes the hardware and never a result.

Networks whose weights have any of the structures that something looks for: by the passes and the
encodings that find them, and by nothing but what lowering needs and plain products.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwcompile
from hwcompile.design import Design
from hwcompile.frontends.load import load_model
from hwcompile.passes.pipelines import LOWERING, run_passes
from tests.frontends.oracle import Model, runtime

ORACLE = "ONNX Runtime"

NEEDED = ("lower-conv", "lower-pool", "lower-rows")
"""Passes without which there is no hardware; the others recognize something."""

PLAIN = {"kernel": "folded", "pe": 1, "simd": 1, "encoding": "plain"}

Random = np.random.Generator
Weights = np.ndarray


def _zero(axis: int) -> Callable[[Random, tuple[int, ...]], Weights]:
    """Some slices are zero: filters, or channels, or rows of taps."""

    def make(rng: Random, shape: tuple[int, ...]) -> Weights:
        weights = rng.integers(-7, 8, shape)
        np.moveaxis(weights, axis, 0)[rng.permutation(shape[axis])[: shape[axis] // 2]] = 0
        return weights

    return make


def _equal(rng: Random, shape: tuple[int, ...]) -> Weights:
    weights = rng.integers(-7, 8, shape)
    weights[shape[0] // 2 :] = weights[: shape[0] - shape[0] // 2]
    return weights


def _separable(rng: Random, shape: tuple[int, ...]) -> Weights:
    column = rng.choice([-1, 1], (*shape[:2], shape[2], 1))
    return np.asarray(column * rng.choice([-1, 1], (*shape[:2], 1, shape[3])))


def _from(*levels: int) -> Callable[[Random, tuple[int, ...]], Weights]:
    return lambda rng, shape: rng.choice(levels, shape)


STRUCTURES: Mapping[str, Callable[[Random, tuple[int, ...]], Weights]] = {
    "signs": _from(-1, 1),
    "ternary": _from(-1, 0, 1),
    "two levels and zero": _from(-87, 0, 113),
    "powers of two": _from(0, 1, -2, 4, -8, 16, -64),
    "sums of powers": _from(0, 3, -5, 9, 12, -33, 40),
    "code book": _from(-101, -17, 5, 23, 90),
    "mostly zero": _from(0, 0, 0, 0, 0, 0, 0, 0, 7, -3),
    "all zero": _from(0),
    "zero filters": _zero(0),
    "zero channels": _zero(1),
    "zero rows of taps": _zero(2),
    "zero columns of taps": _zero(3),
    "equal filters": _equal,
    "separable signs": _separable,
}


def network(first: str, second: str, seed: int) -> tuple[Model, str]:
    """A convolution, a pool, and another convolution behind a quantizer; no two axes are equal."""
    rng = np.random.default_rng(seed)
    made = Model(seed=seed)
    filters, channels, rows, columns = 6, 3, 3, 2
    x = made.quantize(made.input(1, channels, 7, 5), scale=0.5, zero=0)
    w = made.constant(STRUCTURES[first](rng, (filters, channels, rows, columns)) * 0.25)
    b = made.constant(rng.integers(-9, 10, filters) * 0.125)
    y = made.op("Conv", x, w, b, kernel_shape=[rows, columns], pads=[1, 0, 1, 1])
    y = made.op("MaxPool", y, kernel_shape=[2, 1], strides=[2, 1])
    y = made.quantize(made.op("Relu", y), scale=2.0, zero=-3)
    w = made.constant(STRUCTURES[second](rng, (5, filters, 2, 3)) * 0.25)
    return made, made.op("Conv", y, w, kernel_shape=[2, 3])


kinds = st.sampled_from(list(STRUCTURES))


@settings(max_examples=15, deadline=None)
@given(kinds, kinds, st.integers(0, 2**16))
def test_passes_change_no_result(first: str, second: str, seed: int) -> None:
    model, output = network(first, second, seed)
    feeds = {"x": frames(seed)}
    with TemporaryDirectory() as folder:
        path = model.save(Path(folder), output)
        (expected,) = runtime(path, feeds)
        imported = load_model(path)
    needed = tuple(item for item in LOWERING if item[0] in NEEDED)
    assert len(needed) == len(NEEDED)
    for passes in ((), needed, LOWERING):
        lowered = replace(imported, graph=run_passes(imported.graph, passes))
        np.testing.assert_array_equal(lowered.run(feeds)[output], expected, err_msg=f"{passes}")


def frames(seed: int) -> np.ndarray:
    """Some of random numbers, and both extremes."""
    x = np.random.default_rng(seed).integers(-130, 130, (4, 3, 7, 5)) * 0.5
    x[2], x[3] = -64, 64
    return x.astype(np.float32)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("separable signs", "two levels and zero"),
        *(pytest.param(kind, "zero channels", marks=pytest.mark.slow) for kind in STRUCTURES),
        *(pytest.param("equal filters", kind, marks=pytest.mark.slow) for kind in STRUCTURES),
    ],
)
def test_encodings_change_no_result(first: str, second: str, tmp_path: Path) -> None:
    model, output = network(first, second, 5)
    path, feeds = model.save(tmp_path, output), {"x": frames(5)}
    (expected,) = runtime(path, feeds)
    found = hwcompile.compile(path, tmp_path / "found")
    plain = hwcompile.compile(path, tmp_path / "plain", schedule=plain_schedule(found))
    assert all(PLAIN.items() <= used.items() for used in matrices(plain))
    assert matrices(plain) != matrices(found)
    for design in (found, plain):
        for level in ("reference", "hls", "rtl"):
            (y,) = design.simulate(feeds["x"], level=level).real.values()
            np.testing.assert_array_equal(y, expected, err_msg=level)


def matrices(design: Design) -> list[dict[str, Any]]:
    """Kernel and parameters of the layers with weights."""
    nodes = [node for node in design.report["nodes"] if node["kernel"].startswith("matmul.")]
    return [{"kernel": node["kernel"].partition(".")[2], **node["parameters"]} for node in nodes]


def plain_schedule(design: Design) -> dict[str, Any]:
    """One lane that multiplies, for every layer with weights."""
    layers = [n["name"] for n in design.report["nodes"] if n["kernel"].startswith("matmul.")]
    return {"nodes": dict.fromkeys(layers, PLAIN)}
