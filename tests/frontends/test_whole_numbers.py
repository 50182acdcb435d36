"""Integers that float tensors hold, without a quantizer that says so, as integer toolchains do it.

NEMO and DORY write convolutions of whole numbers, a factor, a shift that is a division by a power
of two, and Floor, with a Clip behind it or without one. The oracle is ONNX Runtime, whose float
sums are exact for these numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, runtime

ORACLE = "ONNX Runtime"

FRAMES = 3


def _whole(m: Model, *shape: int) -> str:
    """Weights."""
    return m.constant(m.rng.integers(-9, 10, shape))


def _shifted(m: Model, x: str, steps: int) -> str:
    return m.op("Floor", m.op("Div", x, m.constant(2.0**steps)))


def _acted(m: Model, x: str, steps: int, low: int = 0, high: int = 255) -> str:
    return m.op("Clip", _shifted(m, x, steps), m.constant(low), m.constant(high))


def _normalized(m: Model, x: str, channels: int) -> str:
    """An integer batch normalization."""
    factors = m.rng.integers(5, 90, (1, channels, 1, 1))
    return m.op(
        "Add",
        m.op("Mul", x, m.constant(factors)),
        m.constant(m.rng.integers(-3000, 3000, (1, channels, 1, 1))),
    )


def _conv(m: Model, x: str, filters: int, channels: int, size: int = 3) -> str:
    pads = [size // 2] * 4
    return m.op("Conv", x, _whole(m, filters, channels, size, size), pads=pads)


def residual(m: Model, clip: bool, signed: bool) -> list[str]:
    """Two blocks with short cuts, a pool and a layer: every integer tensor."""
    limits = (-128, 127) if signed else (0, 255)
    a = _acted(m, _normalized(m, _conv(m, m.input(1, 3, 6, 5), 4, 3), 4), 10, *limits)
    b = _acted(m, _normalized(m, _conv(m, a, 4, 4), 4), 12, *limits)
    total = m.op("Add", m.op("Mul", a, m.constant(21007)), m.op("Mul", b, m.constant(14553)))
    s = _acted(m, total, 16, *limits) if clip else _shifted(m, total, 16)
    c = _acted(m, _conv(m, s, 5, 4), 7, *limits)
    d = _shifted(m, m.op("Conv", s, _whole(m, 5, 4, 1, 1)), 3)
    t = _shifted(m, m.op("Add", m.op("Mul", c, m.constant(3)), m.op("Mul", d, m.constant(5))), 3)
    p = m.op("Floor", m.op("Div", m.op("AveragePool", t, kernel_shape=[6, 5]), m.constant(2.0)))
    y = m.op("Gemm", m.op("Flatten", p), _whole(m, 5, 7))
    return [a, b, s, c, d, t, p, y]


def _floors(m: Model) -> list[str]:
    """Layer behind layer with a Floor between."""
    x = m.input(1, 3, 6, 5)
    a = _shifted(m, _conv(m, x, 4, 3), 4)
    b = _shifted(m, m.op("Conv", a, _whole(m, 2, 4, 1, 3), strides=[2, 1]), 6)
    y = m.op("MatMul", m.op("Flatten", b), _whole(m, 18, 5))
    return [a, b, y]


def _pooled(m: Model, rounding: str) -> list[str]:
    x = m.input(1, 3, 6, 5)
    scaled = m.op("Mul", m.op("Add", x, _conv(m, x, 3, 3)), m.constant(0.375))
    return [m.op("MaxPool", m.op(rounding, scaled), kernel_shape=[2, 3])]


def _cast(m: Model) -> list[str]:
    """Through int32, where a division drops the fraction."""
    y = m.op("Mul", _conv(m, m.input(1, 3, 6, 5), 4, 3), m.constant(0.25))
    whole = m.op("Cast", y, to=TensorProto.INT32)
    halved = m.op("Div", whole, m.constant(3, np.int32))
    back = m.op("Cast", halved, to=TensorProto.FLOAT)
    return [m.op("Conv", back, _whole(m, 2, 4, 1, 1))]


def _partly(m: Model) -> list[str]:
    """What is pending behind the Floor stays so."""
    y = _conv(m, m.input(1, 3, 6, 5), 3, 3)
    fraction = m.op("Mul", m.op("Sub", m.op("Floor", m.op("Mul", y, m.constant(0.125))),
                                m.constant(3)), m.constant(0.5))  # fmt: skip
    return [m.op("Conv", m.op("Add", fraction, m.inputs[0].name), _whole(m, 2, 3, 1, 1))]


def _beside(m: Model) -> list[str]:
    a = _conv(m, m.input(1, 3, 6, 5), 4, 3)
    joined = m.op("Concat", _shifted(m, a, 7), _shifted(m, m.op("Neg", a), 5), axis=1)
    return [m.op("Conv", joined, _whole(m, 2, 8, 3, 1))]


def _with(m: Model, constant: np.ndarray, axis: int) -> str:
    """A stream, constants, the stream again, and a quantizer."""
    x = m.quantize(m.input(1, 3, 5, 6))
    return m.quantize(m.op("Concat", x, m.constant(constant), x, axis=axis), 0.25, 0)


def _with_quantized(m: Model) -> str:
    """Constants of another scale, and a layer without a quantizer between."""
    x = m.quantize(m.input(1, 3, 5, 6))
    both = m.op("Concat", m.weights(1, 2, 5, 6, scale=0.5, zero=4), x, axis=1)
    return m.quantize(m.op("Conv", both, m.weights(4, 5, 2, 3)), 1.0, 0)


def _with_token(m: Model) -> str:
    x = m.quantize(m.input(1, 6, 8))
    tokens = m.op("Concat", m.constant(m.rng.integers(-20, 20, (1, 1, 8)) / 8), x, axis=1)
    return m.quantize(m.op("MatMul", tokens, m.weights(8, 5)), 1.0, 0)


def _with_integers(m: Model) -> str:
    x = m.input(1, 3, 5, 6, kind=TensorProto.INT8)
    rows = m.constant(m.rng.integers(-99, 99, (1, 3, 1, 6)), np.int8)
    joined = m.op("Cast", m.op("Concat", x, rows, axis=2), to=TensorProto.FLOAT)
    return m.quantize(joined, 2.0, 0)


CASES: dict[str, Callable[[Model], list[str]]] = {
    "clipped sums": lambda m: residual(m, True, False),
    "sums without a Clip": lambda m: residual(m, False, False),
    "signed": lambda m: residual(m, True, True),
    "signed sums without a Clip": lambda m: residual(m, False, True),
    "Floor of a convolution": _floors,
    "Ceil of a sum that a pool takes": lambda m: _pooled(m, "Ceil"),
    "Round of a sum that a pool takes": lambda m: _pooled(m, "Round"),
    "cast to integers and back": _cast,
    "sum of a floor and its operand": _partly,
    "integers beside each other": _beside,
}


def _feeds(m: Model) -> dict[str, np.ndarray]:
    """Random frames, and the extreme ones."""
    shape = [d.dim_value for d in m.inputs[0].type.tensor_type.shape.dim]
    frames = m.rng.integers(0, 256, (FRAMES, *shape[1:])).astype(np.float32)
    return {"x": np.concatenate([frames, frames[:1] * 0, frames[:1] * 0 + 255])}


@pytest.mark.parametrize("case", CASES)
def test_whole_numbers_need_no_quantizer(case: str, tmp_path: Path) -> None:
    m = Model(seed=len(case))
    outputs = CASES[case](m)
    path, feeds = m.save(tmp_path, *outputs), _feeds(m)
    found = load_model(path, {"x": "uint8:1"}).run(feeds)
    for name, wanted in zip(outputs, runtime(path, feeds), strict=True):
        np.testing.assert_array_equal(found[name], wanted, err_msg=name)


def _block(m: Model) -> list[str]:
    """One small block with all that is new: a sum without a Clip, and constants beside it."""
    a = _acted(m, _conv(m, m.input(1, 2, 3, 4), 3, 2, 1), 3, -128, 127)
    b = _acted(m, _normalized(m, _conv(m, a, 3, 3, 1), 3), 12, -128, 127)
    total = m.op("Add", m.op("Mul", a, m.constant(21007)), m.op("Mul", b, m.constant(14553)))
    row = m.constant(m.rng.integers(-9, 9, (1, 1, 3, 4)))
    s = m.op("Concat", row, _shifted(m, total, 15), axis=1)
    return [s, m.op("Gemm", m.op("Flatten", s), _whole(m, 48, 5))]


LEVELS: dict[str, Callable[[Model], list[str]]] = {
    "block": _block,
    "network": lambda m: residual(m, False, True)[-3:],
    "constants": lambda m: [_with(m, m.rng.integers(-9, 9, (1, 2, 5, 6)) / 8, 1)],
}


@pytest.mark.parametrize(
    ("case", "level"),
    [("block", "rtl")]
    + [
        pytest.param(*pair, marks=pytest.mark.slow)
        for pair in product(LEVELS, ("hls", "rtl"))
        if pair != ("block", "rtl")
    ],
)
def test_integers_are_equal_at_every_level(case: str, level: str, tmp_path: Path) -> None:
    m = Model(seed=5)
    outputs = LEVELS[case](m)
    path, feeds = m.save(tmp_path, *outputs), _feeds(m)
    design = hwcompile.compile(path, tmp_path / "out", input_types={"x": "uint8:1"})
    found = design.simulate(feeds, level=level).real
    for name, wanted in zip(outputs, runtime(path, feeds), strict=True):
        np.testing.assert_array_equal(found[name], wanted, err_msg=name)


def test_numbers_that_are_not_bounded_are_refused(tmp_path: Path) -> None:
    m = Model()
    wide = m.op("Floor", m.op("Mul", m.op("Exp", m.input(1, 3, 5, 6)), m.constant(0.5)))
    path = m.save(tmp_path, m.op("Conv", wide, _whole(m, 4, 3, 1, 1)))
    with pytest.raises(CompileError, match="HW0209"):
        load_model(path, {"x": "uint16:1"})


CONSTANTS: dict[str, Callable[[Model], str]] = {
    "channels of zeros": lambda m: _with(m, np.zeros((1, 2, 5, 6)), 1),
    "channels between others": lambda m: _with(m, m.rng.integers(-9, 9, (1, 2, 5, 6)) / 8, 1),
    "rows": lambda m: _with(m, m.rng.integers(-9, 9, (1, 3, 2, 6)) / 8, 2),
    "no step in common": lambda m: _with(m, m.rng.normal(0, 3, (1, 2, 5, 6)), 1),
    "quantized": _with_quantized,
    "a token in front of a matrix product": _with_token,
    "integers": _with_integers,
}


@pytest.mark.parametrize("case", CONSTANTS)
def test_constants_stand_beside_streams(case: str, tmp_path: Path) -> None:
    m = Model(seed=3)
    y = CONSTANTS[case](m)
    check(m, tmp_path, y)


def test_parts_of_other_scales_go_into_a_layer(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 3, 5, 6))
    parts = (m.quantize(m.op("Conv", x, m.weights(2, 3, 1, 1)), 0.5, -2), m.op("Add", x, x), x)
    joined = m.op("Concat", *parts, axis=1)
    check(m, tmp_path, m.quantize(m.op("Conv", joined, m.weights(4, 8, 2, 3)), 1.0, 0))
