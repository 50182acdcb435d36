"""Sums of streams whose scales have no step in common: float32's roundings, one after the other.

The oracle is ONNX Runtime without graph optimizations, which adds tensors in float32. Convolutions
keep scales that are powers of two, because executors round their sums in an order of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, runtime

ORACLE = "ONNX Runtime"

SHAPE = (1, 3, 5, 6)


def _inputs(m: Model, *scales: float, dtype: type = np.int8) -> list[str]:
    return [
        m.quantize(m.input(*SHAPE, name=f"x{i}"), scale, 0 if dtype is np.int16 else i - 1, dtype)
        for i, scale in enumerate(scales)
    ]


def _three(m: Model) -> str:
    a, b, c = _inputs(m, 0.113, 0.37, 0.0711)
    return m.quantize(m.op("Add", m.op("Add", a, b), c), 0.91)


def _five(m: Model) -> str:
    a, b, c, d, e = _inputs(m, 0.113, 0.37, 0.0711, 1.93, 0.29)
    first, second = m.op("Sum", a, b, c), m.op("Sub", d, e)
    return m.quantize(m.op("Sub", second, m.op("Relu", first)), 1.7, -9)


def _chain(m: Model) -> str:
    """Short cuts around short cuts, with constants between."""
    a, b, c = _inputs(m, 0.113, 0.37, 0.0711)
    total = m.op("Relu", m.op("Add", m.op("Mul", a, m.constant(1.7)), b))
    total = m.op("Sub", total, m.op("Sigmoid", c))
    return m.quantize(m.op("Add", total, b), 0.63)


def _layers(m: Model) -> str:
    """Exact sums of layers, one of them with a scale per channel."""
    (x,) = _inputs(m, 0.125)
    scales = m.rng.uniform(0.05, 2.0, 3).astype(np.float32)
    a = m.op("Conv", x, m.weights(3, 3, 1, 1, scale=0.25))
    b = m.op("Conv", x, m.weights(3, 3, 1, 1, scale=0.25))
    scaled = m.op("Mul", b, m.constant(scales.reshape(1, 3, 1, 1)))
    return m.quantize(m.op("Add", m.op("Mul", a, m.constant(0.7)), scaled), 2.0)


def _beside(m: Model) -> str:
    a, b = _inputs(m, 0.113, 0.37)
    return m.quantize(m.op("Concat", m.op("Add", a, b), a, axis=1), 0.5)


def _integers(m: Model) -> str:
    """What integer toolchains write, with factors beyond float32's integers."""
    a, b = _inputs(m, 1.0, 1.0)
    total = m.op("Add", m.op("Mul", a, m.constant(2100707)), m.op("Mul", b, m.constant(1455317)))
    floored = m.op("Floor", m.op("Div", total, m.constant(2.0**21)))
    return m.op("Conv", floored, m.constant(m.rng.integers(-9, 9, (4, 3, 2, 1))))


def _wide(m: Model, *scales: float) -> str:
    """A residual block on activations of 16 bits."""
    a, b = _inputs(m, *scales[:2], dtype=np.int16)
    return m.quantize(m.op("Relu", m.op("Add", a, b)), scales[2], 0, np.int16)


CASES: dict[str, Callable[[Model], str]] = {
    "three": _three,
    "five": _five,
    "chain": _chain,
    "layers": _layers,
    "beside an operand": _beside,
    "integers": _integers,
    "16 bits": lambda m: _wide(m, 0.00113, 0.00037, 0.00071),
    "16 bits of one scale": lambda m: _wide(m, 0.000917, 0.000917, 0.00131),
    "16 bits of powers of two": lambda m: _wide(m, 2.0**-11, 2.0**-12, 2.0**-10),
}


def _feeds(m: Model, frames: int, span: float) -> dict[str, np.ndarray]:
    return {
        v.name: m.rng.uniform(-span, span, (frames, *SHAPE[1:])).astype(np.float32)
        for v in m.inputs
    }


def _model(case: Callable[[Model], str], opset: int = 21, seed: int = 0) -> tuple[Model, str]:
    m = Model(opset, seed)
    return m, case(m)


@pytest.mark.parametrize("case", CASES)
def test_sums_are_those_of_float32(case: str, tmp_path: Path) -> None:
    m, y = _model(CASES[case])
    path = m.save(tmp_path, y)
    span = 40.0 if "bits" not in case else 20.0
    feeds = _feeds(m, 30, span)
    np.testing.assert_array_equal(load_model(path).run(feeds)[y], runtime(path, feeds)[0])


@pytest.mark.parametrize("offset", [0, 1])
def test_integers_beyond_those_of_float32_are_rounded_before_they_meet(
    offset: int, tmp_path: Path
) -> None:
    """Sums of 26 bits and an offset, each of which float32 rounds; the other stream cancels them.

    Where the offset has a rounding of its own, there is no form of it, which is told.
    """
    m = Model(21)
    x = m.input(1, 1600, kind=TensorProto.UINT8)
    w = m.rng.integers(100, 128, (1600, 3)).astype(np.int8)
    w[:, 1:] = w[:, :1]
    whole = m.op("Cast", m.op("MatMulInteger", x, m.constant(w, np.int8)), to=TensorProto.FLOAT)
    whole = m.op("Add", whole, m.constant(offset)) if offset else whole
    step = float(w[:, 0].astype(np.int64).sum())
    a = m.quantize(m.input(1, 3, name="a"), step, 0)
    b = m.quantize(m.input(1, 3, name="b"), 0.37, 1)
    y = m.quantize(m.op("Add", m.op("Sub", whole, a), b), 0.83, 0, np.int16)
    path = m.save(tmp_path, y)
    if offset:
        with pytest.raises(CompileError):
            load_model(path)
        return
    number = np.arange(128)
    feeds: dict[str, np.ndarray] = {
        "x": np.repeat(number[:, None], 1600, axis=1).astype(np.uint8),
        "a": np.repeat(number[:, None] * step, 3, axis=1).astype(np.float32),
        "b": m.rng.uniform(-40, 40, (128, 3)).astype(np.float32),
    }
    feeds["x"][:, :7] += m.rng.integers(0, 3, (128, 7)).astype(np.uint8)
    np.testing.assert_array_equal(load_model(path).run(feeds)[y], runtime(path, feeds)[0])


@settings(max_examples=8, deadline=None)
@given(
    scales=st.lists(st.floats(2.0**-6, 4.0, width=32), min_size=3, max_size=4),
    kinds=st.tuples(st.sampled_from(["Add", "Sub"]), st.sampled_from(["Add", "Sub"])),
    wide=st.booleans(),
)
def test_any_scales(
    tmp_path_factory: pytest.TempPathFactory,
    scales: list[float],
    kinds: tuple[str, str],
    wide: bool,
) -> None:
    m = Model(21)
    parts = _inputs(m, *scales[:-1], dtype=np.int16 if wide else np.int8)
    total = m.op(kinds[0], parts[0], parts[1])
    for part in parts[2:]:
        total = m.op(kinds[1], total, part)
    y = m.quantize(total, scales[-1], 0, np.int16 if wide else np.int8)
    path = m.save(tmp_path_factory.mktemp("sums"), y)
    feeds = _feeds(m, 12, 32767 * max(scales) if wide else 128 * max(scales))
    np.testing.assert_array_equal(load_model(path).run(feeds)[y], runtime(path, feeds)[0])


@pytest.mark.slow
@pytest.mark.parametrize("level", ["hls", "rtl"])
def test_sums_are_equal_at_every_level(level: str, tmp_path: Path) -> None:
    m = Model(21)
    a, b, c = (
        m.quantize(m.input(1, 2, 3, 4, name=f"x{i}"), s, 0, np.int16)
        for i, s in enumerate((0.00113, 0.00037, 0.00071))
    )
    y = m.quantize(m.op("Add", m.op("Sub", a, b), c), 0.0017, 0, np.int16)
    path = m.save(tmp_path, y)
    feeds = {f"x{i}": m.rng.uniform(-40, 40, (3, 2, 3, 4)).astype(np.float32) for i in range(3)}
    found = hwcompile.compile(path, tmp_path / "out").simulate(feeds, level=level).real[y]
    np.testing.assert_array_equal(found, runtime(path, feeds)[0])


def test_a_layer_needs_a_quantizer_behind_such_a_sum(tmp_path: Path) -> None:
    m = Model()
    a, b, c = _inputs(m, 0.113, 0.37, 0.0711)
    total = m.op("Add", m.op("Add", a, b), c)
    path = m.save(tmp_path, m.quantize(m.op("Conv", total, m.weights(4, 3, 2, 3))))
    with pytest.raises(CompileError, match="HW0202"):
        load_model(path)
