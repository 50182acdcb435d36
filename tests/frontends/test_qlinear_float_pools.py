"""Average pools whose ties depend on the order of float additions: every element, in that order.

The scales are simple fractions of each other, so that many sums lie on ties of two results and the
roundings of single additions in float32 decide. The faults that these tests would have caught: a
function of the exact sum (one such sum has two results), taps in another order, a zero of padding
that counts, a sum kept with more digits than float32 has.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

import hwcompile
from hwcompile.frontends.load import load_model
from hwcompile.frontends.numbers.float_sums import whole_steps
from hwcompile.ops.reduce.rounded_sum import RoundedSum
from tests.frontends.oracle import Model, runtime

ORACLE = "ONNX Runtime"

MS = "com.microsoft"
Dtype = type[np.uint8] | type[np.int8]
WINDOWS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "2x2": ((3, 6, 7), {"kernel_shape": [2, 2]}),
    "2x3, strides": ((3, 8, 11), {"kernel_shape": [2, 3], "strides": [1, 2]}),
    "3x2, channels last": ((5, 7, 6), {"kernel_shape": [3, 2], "channels_last": 1}),
    "3x3, pads": ((3, 6, 7), {"kernel_shape": [3, 3], "pads": [1, 0, 2, 1]}),
    "3x3, counted pads": (
        (3, 6, 7), {"kernel_shape": [3, 3], "pads": [1, 0, 1, 2], "count_include_pad": 1},
    ),
    "3x3, channels last, pads": (
        (5, 6, 8), {"kernel_shape": [3, 3], "pads": [1, 1, 0, 2], "channels_last": 1},
    ),
    "2x4, rounded up": ((3, 7, 9), {"kernel_shape": [2, 4], "strides": [2, 3], "ceil_mode": 1}),
    "5x4": ((2, 9, 8), {"kernel_shape": [5, 4], "pads": [2, 0, 1, 3], "strides": [3, 2]}),
    "signal": ((5, 17), {"kernel_shape": [4], "pads": [1, 2]}),
}  # fmt: skip


def tied(name: str, dtype: Dtype, seed: int, folder: Path) -> tuple[Model, Path, str]:
    """A pool whose output scale is a simple fraction of its input's, times the window's size."""
    m = Model(seed=seed)
    shape, attributes = WINDOWS[name]
    if attributes.get("channels_last"):
        shape = (*shape[1:], shape[0])
    limits = np.iinfo(dtype)
    kind = TensorProto.UINT8 if dtype is np.uint8 else TensorProto.INT8
    step = m.rng.choice([0.1, 0.05, 0.3, 0.7, m.rng.uniform(0.01, 0.3)])
    whole = 4 / np.prod(attributes["kernel_shape"])
    ratio = m.rng.choice([0.5, 1, 2, 1 / 3]) * m.rng.choice([1, whole])
    zeros = m.rng.integers(limits.min, limits.max + 1, 2)
    numbers = (m.constant(step), m.constant(zeros[0], dtype),
               m.constant(step * ratio), m.constant(zeros[1], dtype))  # fmt: skip
    x = m.input(1, *shape, kind=kind)
    y = m.op("QLinearAveragePool", x, *numbers, domain=MS, **attributes)
    return m, m.save(folder, y), y


def campaign(name: str, dtype: Dtype, folder: Path, least: int) -> tuple[int, int, int]:
    """Elements that differ from ONNX Runtime, elements in all, and how many are of float sums."""
    seed = wrong = elements = of_floats = 0
    while of_floats < least:
        seed += 1
        m, path, y = tied(name, dtype, seed, folder)
        imported = load_model(path)
        limits = np.iinfo(dtype)
        shape = [d.dim_value for d in m.inputs[0].type.tensor_type.shape.dim][1:]
        feeds = {"x": m.rng.integers(limits.min, limits.max + 1, (32, *shape)).astype(dtype)}
        (expected,) = runtime(path, feeds)
        found = imported.run(feeds)[y]
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        wrong += int(np.count_nonzero(found != expected))
        elements += expected.size
        if any(isinstance(n.op, RoundedSum) for n in imported.graph.nodes):
            of_floats += expected.size
    return wrong, elements, of_floats


DEFAULT = ("2x2", "3x2, channels last", "3x3, pads", "3x3, counted pads")
LENGTHS = [
    *(pytest.param(name, 10_000, id=name) for name in DEFAULT),
    *(pytest.param(name, 60_000, id=f"{name}, at length", marks=pytest.mark.slow)
      for name in WINDOWS),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize(("name", "least"), LENGTHS)
def test_ties_that_the_order_of_float_additions_decides_equal_onnx_runtime(
    name: str, least: int, dtype: Dtype, tmp_path: Path
) -> None:
    wrong, elements, _ = campaign(name, dtype, tmp_path, least)
    assert wrong == 0, f"{wrong} of {elements} elements differ"


def pool(
    folder: Path, scales: tuple[float, float], size: tuple[int, ...], **attributes: Any
) -> tuple[Model, Path, str]:
    """A pool of uint8 elements with zero points 119."""
    m = Model()
    x = m.input(1, *size, kind=TensorProto.UINT8)
    zero = m.constant(119, np.uint8)
    first, second = (m.constant(s) for s in scales)
    y = m.op("QLinearAveragePool", x, first, zero, second, zero, domain=MS, **attributes)
    return m, m.save(folder, y), y


def test_one_sum_of_integers_has_two_results(tmp_path: Path) -> None:
    """What no function of the exact sum could give."""
    m, path, y = pool(tmp_path, (0.1, 0.05), (3, 5, 6), kernel_shape=[2, 2])
    x = m.rng.integers(0, 256, (200, 3, 5, 6)).astype(np.uint8)
    (expected,) = runtime(path, {"x": x})
    windows = np.lib.stride_tricks.sliding_window_view(x.astype(int), (2, 2), axis=(2, 3))
    sums = windows.sum(axis=(-1, -2)).reshape(-1)
    results = [set(expected.reshape(-1)[sums == s].tolist()) for s in np.unique(sums)]
    assert max(len(r) for r in results) == 2
    np.testing.assert_array_equal(load_model(path).run({"x": x})[y], expected)


@pytest.mark.parametrize("scales", [(0.1, 0.0737), (0.125, 0.125)])
def test_scales_without_ties_take_the_exact_sum(
    scales: tuple[float, float], tmp_path: Path
) -> None:
    m, path, y = pool(tmp_path, scales, (3, 5, 6), kernel_shape=[2, 2])
    imported = load_model(path)
    assert not any(isinstance(n.op, RoundedSum) for n in imported.graph.nodes)
    x = m.rng.integers(0, 256, (40, 3, 5, 6)).astype(np.uint8)
    np.testing.assert_array_equal(imported.run({"x": x})[y], runtime(path, {"x": x})[0])


def test_windows_too_large_to_follow_all_sums_are_added_in_float(tmp_path: Path) -> None:
    m, path, y = pool(tmp_path, (0.1, 0.01), (2, 40, 41), kernel_shape=[39, 40])
    x = m.rng.integers(0, 256, (60, 2, 40, 41)).astype(np.uint8)
    (expected,) = runtime(path, {"x": x})
    assert np.unique(expected).size > 20
    np.testing.assert_array_equal(load_model(path).run({"x": x})[y], expected)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("2x2", np.uint8),
        pytest.param("3x3, channels last, pads", np.int8, marks=pytest.mark.slow),
    ],
)
def test_rtl_of_float_pools_equals_onnx_runtime(name: str, dtype: Dtype, tmp_path: Path) -> None:
    m, path, y = tied(name, dtype, 1, tmp_path)
    design = hwcompile.compile(path, tmp_path / "design", fastest=True)
    assert any(isinstance(n.op, RoundedSum) for n in design.graph.nodes)
    shape = [d.dim_value for d in m.inputs[0].type.tensor_type.shape.dim][1:]
    limits = np.iinfo(dtype)
    x = m.rng.integers(limits.min, limits.max + 1, (9, *shape)).astype(dtype)
    assert design.verify(inputs=x).passed
    found = design.simulate(x, level="rtl").real[y]
    np.testing.assert_array_equal(found, runtime(path, {"x": x})[0])


@pytest.mark.parametrize("step", [0.1, 0.75, 1e-42, 1e-45, 3.1e35])
def test_whole_steps_are_the_numbers_by_one_power_of_two(step: float) -> None:
    numbers = np.arange(-7, 13).astype(np.float32) * np.float32(step)
    steps, exponent = whole_steps(numbers)
    np.testing.assert_array_equal(np.ldexp(steps.astype(np.float64), exponent), numbers)
    assert np.gcd.reduce(steps) % 2 == 1
