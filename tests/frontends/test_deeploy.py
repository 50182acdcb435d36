"""Integer operators of Deeploy and QuantLib, against their published arithmetic.

The formulas are in `deeploy_formulas`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, numpy_helper

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.deeploy_formulas import (
    Ints,
    division,
    each,
    gelu,
    hardswish,
    ita_max,
    ita_partial_max,
    layernorm,
    nonorm,
    requant_shift,
    rmsnorm,
    rows,
    softmax,
    true_division,
)
from tests.frontends.oracle import Model

ORACLE = "numpy"
ORACLE_REASON = "no executor of these operators is published as a package; their C kernels are"


@dataclass
class Case:
    """A model of one operator, and what it computes of integers [frames, ...]."""

    build: Callable[[Model], str]
    meaning: Callable[..., Ints]
    shapes: tuple[tuple[int, ...], ...]
    types: tuple[str, ...] = ("int8",)


def _tensor(value: int) -> Any:
    """QuantLib writes some attributes as tensors of one float."""
    return numpy_helper.from_array(np.array([value], np.float32))


def _node(m: Model, kind: str, *inputs: str, **attributes: Any) -> str:
    return m.op(kind, *inputs, domain="PACTOps", **attributes)


def _requantized(channels: int, signed: bool, levels: int, shift: int) -> Case:
    rng = np.random.default_rng(channels + shift)
    most = 3 if shift == 0 else 1 << (shift - 1)
    mul = rng.integers(-most, most, channels) + (channels == 1) * most
    add = rng.integers(-1000, 1000, channels) * (1 << shift) // 100
    limits = (-(levels // 2), levels // 2 - 1) if signed else (0, levels - 1)
    return Case(
        lambda m: _node(
            m,
            "RequantShift",
            m.input(1, 3, 5, 6),
            m.constant(mul),
            m.constant(add),
            div=_tensor(1 << shift),
            signed=_tensor(signed),
            n_levels_out=_tensor(levels),
        ),
        lambda x: requant_shift(x, mul, add, shift, *limits),
        ((3, 5, 6),),
    )


WEIGHT = np.array([900, -1200, 77, 0, 3000, 1, -1])
BIAS = np.array([50, -7000, 0, 1, 900, -1, 20])

CASES: dict[str, Case] = {
    "RequantShift": _requantized(1, True, 256, 8),
    "RequantShift of channels": _requantized(3, True, 256, 10),
    "RequantShift without a sign": _requantized(3, False, 256, 9),
    "RequantShift to 16 levels": _requantized(3, True, 16, 12),
    "RequantShift without a shift": _requantized(3, True, 256, 0),
    "iHardswish": Case(
        lambda m: _node(m, "iHardswish", m.input(1, 16, 16), one_over_six=21, three=24, six=48),
        lambda x: each(lambda v: hardswish(v, 21, 24, 48), x),
        ((16, 16),),
    ),
    "iGELU": Case(
        lambda m: _node(m, "iGELU", m.input(1, 16, 16), b=-57, one=3471),
        lambda x: each(lambda v: gelu(v, -57, 3471), x),
        ((16, 16),),
    ),
    "TrueIntegerDiv": Case(
        lambda m: _node(m, "TrueIntegerDiv", m.input(1, 16, 16), y=14, Delta=3, eps=2, eta=5),
        lambda x: each(lambda v: true_division(v, 14, 3, 2, 5), x),
        ((16, 16),),
    ),
    "IntegerMean": Case(
        lambda m: _node(m, "IntegerMean", m.input(1, 3, 4, 2), axes=[2, 3], keepdims=0),
        lambda x: (2 * x.sum(axis=(2, 3)) + 8) // 16,
        ((3, 4, 2),),
    ),
    "IntegerMean of rows": Case(
        lambda m: _node(m, "IntegerMean", m.input(1, 5, 6), axes=[-1], keepdims=1),
        lambda x: (2 * x.sum(axis=2, keepdims=True) + 6) // 12,
        ((5, 6),),
    ),
    "iNoNorm": Case(
        lambda m: _node(
            m,
            "iNoNorm",
            m.input(1, 5, 7),
            m.constant(WEIGHT[::-1] // 50),
            m.constant(BIAS),
            D=_tensor(256),
            mul=_tensor(11),
            n_levels=_tensor(256),
        ),
        lambda x: nonorm(x, WEIGHT[::-1] // 50, BIAS, 11, 8),
        ((5, 7),),
    ),
    "iSoftmax": Case(
        lambda m: _node(
            m,
            "iSoftmax",
            m.input(1, 5, 7),
            coeffA=_tensor(1),
            coeffB=_tensor(43),
            coeffC=_tensor(974),
            log2=_tensor(22),
            n_levels=_tensor(256),
        ),
        lambda x: rows(lambda r: softmax(r, 1, 43, 974, 22, 256), x),
        ((5, 7),),
    ),
    "iSoftmax of few levels": Case(
        lambda m: _node(
            m, "iSoftmax", m.input(1, 2, 3, 4), coeffA=3, coeffB=20, coeffC=41, log2=5, n_levels=16
        ),
        lambda x: rows(lambda r: softmax(r, 3, 20, 41, 5, 16), x),
        ((2, 3, 4),),
    ),
    "ITAMax": Case(
        lambda m: _node(m, "ITAMax", m.input(1, 3, 5, 7), n_levels=_tensor(256)),
        lambda x: rows(lambda r: ita_max(r, 256), x),
        ((3, 5, 7),),
    ),
    "ITAMax of few levels": Case(
        lambda m: _node(m, "ITAMax", m.input(1, 2, 9), n_levels=16, axis=-2),
        lambda x: rows(lambda r: ita_max(r, 16), x.swapaxes(1, 2)).swapaxes(1, 2),
        ((2, 9),),
    ),
    "ITAPartialMax": Case(
        lambda m: _node(
            m, "ITAPartialMax", m.input(1, 5, 12), n_levels=_tensor(256), group_width=4
        ),
        lambda x: rows(lambda r: ita_partial_max(r, 4, 256), x),
        ((5, 12),),
    ),
    "ITAPartialMax of one group": Case(
        lambda m: _node(m, "ITAPartialMax", m.input(1, 5, 6), n_levels=64, group_width=6),
        lambda x: rows(lambda r: ita_partial_max(r, 6, 64), x),
        ((5, 6),),
    ),
    "iLayerNorm": Case(
        lambda m: _node(
            m,
            "iLayerNorm",
            m.input(1, 5, 7),
            m.constant(WEIGHT),
            m.constant(BIAS),
            D=_tensor(32),
            n_levels=_tensor(256),
        ),
        lambda x: rows(lambda r: layernorm(r, WEIGHT, BIAS, 5), x),
        ((5, 7),),
    ),
    "iLayerNorm with one weight": Case(
        lambda m: _node(
            m,
            "iLayerNorm",
            m.input(1, 5, 7),
            m.constant([2000]),
            m.constant([0]),
            D=_tensor(64),
            n_levels=_tensor(256),
        ),
        lambda x: rows(lambda r: layernorm(r, np.full(7, 2000), np.zeros(7, int), 6), x),
        ((5, 7),),
    ),
    "iRMSNorm": Case(
        lambda m: _node(m, "iRMSNorm", m.input(1, 5, 7), m.constant(WEIGHT), D=32, n_levels=256),
        lambda x: rows(lambda r: rmsnorm(r, WEIGHT, 5), x),
        ((5, 7),),
    ),
    "IntegerDiv": Case(
        lambda m: _node(
            m, "IntegerDiv", m.input(1, 5, 7), m.input(1, 5, 1, name="y"), Delta=64, eps=3, eta=2
        ),
        lambda x, y: np.vectorize(lambda a, b: division(int(a), int(b), 64, 3, 2))(x, y),
        ((5, 7), (5, 1)),
        ("int8", "uint8"),
    ),
}


def _feeds(m: Model, case: Case, frames: int) -> dict[str, Ints]:
    """Random integers, every value of the type, and rows of extreme ones."""
    found = {}
    for value, shape, name in zip(m.inputs, case.shapes, case.types, strict=True):
        low, high = np.iinfo(name).min, np.iinfo(name).max
        x = m.rng.integers(low, high + 1, (frames, *shape))
        narrow = m.rng.integers(-3, 4, (frames, *shape)) + m.rng.integers(low, high + 1)
        x = np.concatenate([x, np.clip(narrow, low, high)])
        every = np.arange(low, high + 1)
        x.reshape(-1)[: min(every.size, x.size)] = every[: x.size]
        ends = [np.full((1, *shape), v) for v in (low, high, 0, 1)]
        mixed = np.where(np.arange(np.prod(shape)).reshape(1, *shape) % 2, low, high)
        found[value.name] = np.concatenate([x, *ends, mixed])
    return found


@pytest.mark.parametrize("case", CASES)
def test_operators_compute_what_was_published(case: str, tmp_path: Path) -> None:
    m, this = Model(13), CASES[case]
    y = this.build(m)
    path = m.save(tmp_path, y)
    feeds = _feeds(m, this, 40)
    network = load_model(
        path, {v.name: f"{t}:1" for v, t in zip(m.inputs, this.types, strict=True)}
    )
    found = network.run({k: v.astype(np.float32) for k, v in feeds.items()})[y]
    np.testing.assert_array_equal(found, this.meaning(*feeds.values()))


@pytest.mark.parametrize("case", ["RequantShift of channels", "iGELU", "iSoftmax"])
def test_tensors_may_have_integer_types(case: str, tmp_path: Path) -> None:
    m, this = Model(13), CASES[case]
    y = this.build(m)
    m.inputs[0].type.tensor_type.elem_type = TensorProto.INT8
    feeds = _feeds(m, this, 3)
    found = load_model(m.save(tmp_path, y)).run({k: v.astype(np.int8) for k, v in feeds.items()})
    assert found[y].dtype.kind in "iu"
    np.testing.assert_array_equal(found[y], this.meaning(*feeds.values()))


def test_a_limit_that_no_integer_reaches_limits_nothing(tmp_path: Path) -> None:
    """Exporters write the largest float32 number where there is no upper limit."""
    m, case = Model(13), _requantized(3, True, 256, 3)
    relu = m.op("Clip", m.input(1, 3, 5, 6), m.constant(0), m.constant(np.finfo(np.float32).max))
    constants = [m.constant(v) for v in ([3, -2, 5], [1, 40, -9])]
    y = _node(m, "RequantShift", relu, *constants, div=_tensor(8), signed=_tensor(1),
              n_levels_out=_tensor(256))  # fmt: skip
    x = _feeds(m, case, 5)["x"]
    found = load_model(m.save(tmp_path, y), {"x": "int8:1"}).run({"x": x.astype(np.float32)})[y]
    factors, offsets = np.array([3, -2, 5]), np.array([1, 40, -9])
    wanted = requant_shift(np.maximum(x, 0), factors, offsets, 3, -128, 127)
    np.testing.assert_array_equal(found, wanted)


def _network(m: Model) -> tuple[str, ...]:
    """Attention's tail and a residual block, as QuantLib writes them."""
    x = m.input(1, 4, 6)
    levels = {"signed": _tensor(1), "n_levels_out": _tensor(256)}
    s = _node(m, "iSoftmax", x, coeffA=_tensor(1), coeffB=_tensor(43), coeffC=_tensor(974),
              log2=_tensor(22), n_levels=_tensor(256))  # fmt: skip
    p = m.op("MatMul", s, m.constant(m.rng.integers(-9, 9, (6, 5))))
    r = _node(m, "RequantShift", p, m.constant([37]), m.constant([99]), div=_tensor(4096), **levels)
    w, b = m.rng.integers(-3000, 3000, 5), m.rng.integers(-900, 900, 5)
    n = _node(m, "iLayerNorm", r, m.constant(w), m.constant(b), D=_tensor(32),
              n_levels=_tensor(256))  # fmt: skip
    g = _node(m, "iGELU", n, b=-57, one=3471)
    q = _node(m, "RequantShift", g, m.constant([3]), m.constant([0]), div=_tensor(8192), **levels)
    t = _node(m, "ITAPartialMax", x, n_levels=_tensor(256), group_width=3)
    return n, m.op("Add", q, r), t


@pytest.mark.slow
@pytest.mark.parametrize("level", ["hls", "rtl"])
def test_networks_are_equal_at_every_level(level: str, tmp_path: Path) -> None:
    m = Model(13)
    outputs = _network(m)
    path = m.save(tmp_path, *outputs)
    x = m.rng.integers(-128, 128, (4, 4, 6)).astype(np.float32)
    design = hwcompile.compile(path, tmp_path / "out", input_types={"x": "int8:1"})
    expected = design.simulate({"x": x}, level="reference").real
    found = design.simulate({"x": x}, level=level).real
    for name in outputs:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


REFUSED: dict[str, tuple[str, Callable[[Model, str], str]]] = {
    "a factor that is not whole": (
        "HW0204",
        lambda m, x: _node(m, "RequantShift", x, m.constant([0.5]), m.constant([0]),
                           div=_tensor(256), signed=_tensor(1), n_levels=_tensor(256)),
    ),
    "a factor that 64 bits do not hold": (
        "HW0204",
        lambda m, x: _node(m, "RequantShift", x, m.constant([1e30]), m.constant([0]),
                           div=_tensor(256), signed=_tensor(1), n_levels=_tensor(256)),
    ),
    "a divisor that is text": (
        "HW0204",
        lambda m, x: _node(m, "RequantShift", x, m.constant([5]), m.constant([0]),
                           div="256", signed=_tensor(1), n_levels=_tensor(256)),
    ),
    "an axis that the tensor has not": (
        "HW0204",
        lambda m, x: _node(m, "IntegerMean", x, axes=[4]),
    ),
    "rows along an axis that the tensor has not": (
        "HW0204",
        lambda m, x: _node(m, "iSoftmax", x, coeffA=1, coeffB=43, coeffC=974, log2=22,
                           n_levels=256, axis=3),
    ),
    "a divisor that is no power of two": (
        "HW0204",
        lambda m, x: _node(m, "RequantShift", x, m.constant([5]), m.constant([0]),
                           div=_tensor(100), signed=_tensor(1), n_levels=_tensor(256)),
    ),
    "an attribute that is missing": (
        "HW0107",
        lambda m, x: _node(m, "iGELU", x, b=-57),
    ),
    "an attribute that nobody knows": (
        "HW0262",
        lambda m, x: _node(m, "iGELU", x, b=-57, one=3471, rounding=1),
    ),
    "exponentials that 32 bits do not hold": (
        "HW0204",
        lambda m, x: _node(m, "iSoftmax", x, coeffA=3000, coeffB=2000, coeffC=41, log2=5,
                           n_levels=256),
    ),
    "groups that leave elements out": (
        "HW0204",
        lambda m, x: _node(m, "ITAPartialMax", x, n_levels=256, group_width=4),
    ),
    "a divisor that may be 0": (
        "HW0261",
        lambda m, x: _node(m, "IntegerDiv", x, m.input(1, 5, 7, name="y"), Delta=64, eps=0, eta=2),
    ),
    "constants that fit no channels": (
        "HW0204",
        lambda m, x: _node(m, "iLayerNorm", x, m.constant([1, 2, 3]), m.constant([0]),
                           D=_tensor(32), n_levels=_tensor(256)),
    ),
    "real numbers": (
        "HW0204",
        lambda m, x: _node(m, "iGELU", m.quantize(x, 0.5), b=-57, one=3471),
    ),
    "another domain": (
        "HW0201",
        lambda m, x: m.op("iGELU", x, domain="elsewhere", b=-57, one=3471),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_meaning_is_refused_by_name(case: str, tmp_path: Path) -> None:
    code, build = REFUSED[case]
    m = Model(13)
    path = m.save(tmp_path, build(m, m.input(1, 5, 7)))
    with pytest.raises(CompileError, match=code):
        load_model(path, {v.name: "int8:1" for v in m.inputs})
