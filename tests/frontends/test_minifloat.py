"""FloatQuant, and Quant with a bit width for each channel; the oracle is QONNX's executor.

That one takes a single bit width at a time, so channels of several widths are computed one by one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model

qonnx = pytest.importorskip("qonnx.custom_op.general.floatquant")
from qonnx.custom_op.general.intquant import int_quant  # noqa: E402

from tests.frontends.qonnx_oracle import QONNX, run_both  # noqa: E402

ORACLE = "QONNX executor"

FORMATS = {
    "e2m1": (2, 1, 1, 6.0),
    "e2m3": (2, 3, 1, 7.5),
    "e3m2": (3, 2, 3, 28.0),
    "e4m3": (4, 3, 7, 448.0),
    "e3m0": (3, 0, 3, 16.0),
}


def _float_quant(m: Model, x: str, scale: object, name: str) -> str:
    constants = (m.constant(v) for v in (scale, *FORMATS[name]))
    return m.op("FloatQuant", x, *constants, domain=QONNX, has_inf=0, has_nan=0, has_subnormal=1,
                rounding_mode="ROUND", saturation=1)  # fmt: skip


def _numbers(rng: np.random.Generator, span: float, *shape: int) -> np.ndarray:
    """Random numbers of all sizes, ties, their neighbours, and extremes."""
    x = (rng.normal(0, 1, shape) * np.exp2(rng.uniform(-8, np.log2(span) + 1, shape))).reshape(-1)
    ties = np.arange(-400, 400) / 64 * span / 7
    some = np.concatenate([ties, np.nextafter(ties.astype(np.float32), np.float32(9e9)), [0.0]])
    x[: some.size] = some[: x.size]
    x[-2:] = (1e6, -1e6)
    return x.reshape(shape).astype(np.float32)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("scale", [1.0, 0.37, "channels"])
def test_numbers_are_the_executors(name: str, scale: float | str, tmp_path: Path) -> None:
    m = Model()
    x = m.input(1, 3, 40, 40)
    scales = (
        np.array([0.25, 1.7, 3.0], np.float32).reshape(1, 3, 1, 1) if scale == "channels" else scale
    )
    steps = np.asarray(scales, dtype=np.float32)
    y = _float_quant(m, x, steps, name)
    network = load_model(m.save(tmp_path, y))
    frames = _numbers(m.rng, FORMATS[name][3], 2, 3, 40, 40)
    exponent, mantissa, bias, most = (np.float32(v) for v in FORMATS[name])
    wanted = qonnx.float_quant(frames, steps, exponent, mantissa, bias, True, most, False, False,
                               True, "ROUND", True)  # fmt: skip
    np.testing.assert_array_equal(network.run({"x": frames})[y], wanted.astype(np.float32))


def test_weights_and_activations(tmp_path: Path) -> None:
    m = Model()
    x = _float_quant(m, m.input(1, 3, 5, 6), 0.5, "e2m1")
    scales = np.array([0.5, 2.0, 0.25, 1.0], np.float32).reshape(4, 1, 1, 1)
    w = _float_quant(m, m.constant(m.rng.normal(0, 3, (4, 3, 2, 3))), scales, "e3m2")
    y = m.op("Quant", m.op("Relu", m.op("Conv", x, w)), m.constant(0.5), m.constant(0.0),
             m.constant(6.0), domain=QONNX, signed=0, narrow=0, rounding_mode="ROUND")  # fmt: skip
    _, found, expected = run_both(m, tmp_path, _float_quant(m, y, 1.0, "e4m3"))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("numbers", "attributes", "code"),
    [
        ((1.0, 5.0, 2.0, 15.0, 57344.0), {}, "HW0210"),
        ((1.0, 2.5, 1.0, 1.0, 6.0), {}, "HW0210"),
        ((1.0, 2.0, 1.0, 1.0, 5.3), {}, "HW0210"),
        ((0.0, 2.0, 1.0, 1.0, 6.0), {}, "HW0212"),
        ((1.0, 2.0, 1.0, 1.0, 6.0), {"saturation": 0}, "HW0201"),
        ((1.0, 2.0, 1.0, 1.0, 6.0), {"rounding_mode": "FLOOR"}, "HW0214"),
    ],
)
def test_formats_without_few_integers_are_refused(
    numbers: tuple[float, ...], attributes: dict[str, object], code: str, tmp_path: Path
) -> None:
    m = Model()
    constants = [m.constant(v) for v in numbers]
    y = m.op("FloatQuant", m.input(1, 6), *constants, domain=QONNX, **attributes)
    with pytest.raises(CompileError, match=code):
        load_model(m.save(tmp_path, y))


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    m = Model()
    x = _float_quant(m, m.input(1, 3, 5, 6), 0.5, "e2m1")
    w = _float_quant(m, m.constant(np.full((4, 3, 2, 3), np.nan)), 0.5, "e2m1")
    y = _float_quant(m, m.op("Conv", x, w), 1.0, "e2m1")
    with pytest.raises(CompileError, match="HW0221"):
        load_model(m.save(tmp_path, y))


WIDTHS = np.array([2, 5, 3, 8], np.float32)


@pytest.mark.parametrize("rounding", ["ROUND", "FLOOR", "CEIL"])
@pytest.mark.parametrize("narrow", [0, 1])
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("scale", [0.125, "channels"])
def test_channels_have_widths_of_their_own(
    scale: float | str, signed: int, narrow: int, rounding: str, tmp_path: Path
) -> None:
    m = Model()
    shape = (1, 4, 1, 1)
    several = np.array([0.3, 0.125, 1.7, 0.011], np.float32).reshape(shape)
    steps = several if scale == "channels" else np.array(scale, np.float32)
    zero = np.float32(0 if signed else 1)
    given = {"signed": signed, "narrow": narrow, "rounding_mode": rounding}
    x = m.input(1, 4, 30, 30)
    constants = [m.constant(v) for v in (steps, zero, WIDTHS.reshape(shape))]
    a = m.op("Quant", x, *constants, domain=QONNX, **given)
    weights = m.rng.normal(0, 1, (4, 2, 3, 1)).astype(np.float32)
    others = [m.constant(v) for v in (0.125, 0.0, WIDTHS.reshape(4, 1, 1, 1))]
    w = m.op("Quant", m.constant(weights), *others, domain=QONNX, **{**given, "signed": 1})
    y = m.op("Conv", a, w, group=2) if scale != "channels" else a
    network = load_model(m.save(tmp_path, a, *([y] if y != a else [])))
    frames = _numbers(m.rng, 4.0, 2, 4, 30, 30)
    wide = np.broadcast_to(steps, shape).reshape(-1)
    wanted = np.stack(
        [
            int_quant(frames[:, c], wide[c], zero, WIDTHS[c], signed, narrow, rounding)
            for c in range(4)
        ],
        axis=1,
    )
    found = network.run({"x": frames})
    np.testing.assert_array_equal(found[a], wanted.astype(np.float32))
    if y == a:
        return
    filters = np.stack(
        [
            int_quant(weights[c], np.float32(0.125), np.float32(0), WIDTHS[c], 1, narrow, rounding)
            for c in range(4)
        ]
    )
    sums = np.zeros((2, 4, 28, 30))
    for c in range(4):
        for k in range(2):
            for t in range(3):
                sums[:, c] += wanted[:, c // 2 * 2 + k, t : t + 28] * filters[c, k, t, 0]
    np.testing.assert_array_equal(found[y], sums.astype(np.float32))


def test_single_bits_with_a_sign_stand_beside_no_others(tmp_path: Path) -> None:
    m = Model()
    bits = m.constant(np.array([1, 4], np.float32).reshape(1, 2, 1, 1))
    y = m.op("Quant", m.input(1, 2, 3, 4), m.constant(0.5), m.constant(0.0), bits, domain=QONNX,
             signed=1, narrow=0, rounding_mode="ROUND")  # fmt: skip
    with pytest.raises(CompileError, match="HW0210"):
        load_model(m.save(tmp_path, y))
