from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.attention.fine import FineSoftmax, fine_exponentials_of
from hwcompile.ops.attention.rows import Normalize, Softmax, exponentials_of
from hwcompile.passes.lower_rows import lower_rows
from tests.kernelbench import random_frames
from tests.passes.test_lower_conv import ORIGIN, chain

ORACLE = ("numpy", "this project")
ORACLE_REASON = "meaning before and after a pass; and float64's softmax and normalization"


@st.composite
def rows(draw: st.DrawFn) -> tuple[Op, TensorType]:
    size, groups = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    low, levels = draw(st.integers(-200, 100)), draw(st.integers(1, 256))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), groups * size)
    kind = TensorType(shape, IntType(low, low + levels))
    if draw(st.booleans()) and levels > 9:
        digits = draw(st.integers(1, 20))
        tables = fine_exponentials_of(draw(st.sampled_from([1e-4, 0.02, 0.3])), digits, levels + 1)
        return FineSoftmax(size, *tables, digits, draw(st.integers(1, 20))), kind
    if draw(st.booleans()):
        step = draw(st.sampled_from([0.01, 0.0625, 0.3, 2.0]))
        table = exponentials_of(step, levels + draw(st.integers(1, 40)), draw(st.integers(1, 15)))
        return Softmax(size, table, draw(st.integers(1, 14))), kind
    return Normalize(
        size, draw(st.booleans()), draw(st.integers(-9, 9)), draw(st.integers(1, 1000)),
        draw(st.integers(0, 5)), draw(st.integers(1, 14)), draw(st.booleans()),
    ), kind  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(rows())
def test_meaning_and_types_are_kept(case: tuple[Op, TensorType]) -> None:
    op, kind = case
    assert op.problems((kind,)) == []
    before = chain(kind, op)
    after = lower_rows(before)
    verify(after, "lower_rows")
    assert not any(isinstance(node.op, Softmax | FineSoftmax | Normalize) for node in after.nodes)
    assert after.outputs == before.outputs
    assert all(node.origin == ORIGIN for node in after.nodes)
    x = {"x": random_frames(kind, 4, np.random.default_rng(0))}
    y = after.evaluate(x)["y0"]
    np.testing.assert_array_equal(y, before.evaluate(x)["y0"])
    assert after.types["y0"].element.contains(y)


@pytest.mark.parametrize("step", [3e-5, 4e-4, 0.02])
def test_fine_shares_are_within_half_a_step_of_16_bits(step: float) -> None:
    """Of 20 digits each; the table would tell no more than 4,096 distances apart."""
    kind = TensorType((1, 4, 2 * 37), IntType(-(1 << 15), (1 << 15) - 1))
    op = FineSoftmax(37, *fine_exponentials_of(step, 20, 1 << 16), 20, 20)
    real = np.random.default_rng(5).normal(0, 4 / step, (50, *kind.shape))
    x = np.clip(np.round(real), kind.element.low, kind.element.high).astype(np.int64)
    (y,) = op.evaluate((kind,), (x,))
    wide = np.exp(step * (x.reshape(-1, 37) - x.reshape(-1, 37).max(axis=1, keepdims=True)))
    share = (wide / wide.sum(axis=1, keepdims=True)).reshape(y.shape)
    assert np.abs(np.ldexp(y, -20) - share).max() <= 2.0**-17
    assert op.coarse.size * op.fine.size < 1 << 19


@pytest.mark.parametrize("step", [0.01, 0.1, 0.5])
def test_shares_are_within_three_steps_of_the_softmax(step: float) -> None:
    """Of 15 digits each, exponentials and shares; their errors do not add up to more."""
    kind = TensorType((1, 4, 2 * 37), IntType(-128, 127))
    op = Softmax(37, exponentials_of(step, 256, 15), 14)
    x = random_frames(kind, 50, np.random.default_rng(5))
    (y,) = op.evaluate((kind,), (x,))
    wide = np.exp(step * x.reshape(-1, 37).astype(np.float64))
    real = (wide / wide.sum(axis=1, keepdims=True)).reshape(y.shape)
    assert np.abs(y / 2.0**14 - real).max() < 3 * 2.0**-14


@pytest.mark.parametrize("centered", [True, False])
def test_rows_are_within_a_thousandth_of_the_normalization(centered: bool) -> None:
    kind = TensorType((1, 5, 12), IntType(-128, 127))
    op = Normalize(12, centered, 3, 700, 9, 16)
    x = random_frames(kind, 50, np.random.default_rng(6))
    (y,) = op.evaluate((kind,), (x,))
    wide = x.reshape(-1, 12).astype(np.float64)
    apart = wide - (wide.mean(axis=1, keepdims=True) if centered else 3)
    power = (apart**2).mean(axis=1, keepdims=True) + 700 / 12**3
    real = (apart / np.sqrt(power)).reshape(y.shape)
    assert np.abs(y / 2.0**16 * np.sqrt(12) - real).max() < 2e-4


@pytest.mark.parametrize("centered", [True, False])
def test_groups_of_channels_are_within_a_thousandth_of_the_normalization(centered: bool) -> None:
    """Axes of five different sizes; a row is 2 channels of 3 x 5 pixels."""
    kind, count = TensorType((3, 5, 8), IntType(-128, 127)), 30
    op = Normalize(2, centered, 3, 700, 9, 16, across=True)
    x = random_frames(kind, 7, np.random.default_rng(6))
    (y,) = op.evaluate((kind,), (x,))
    wide = x.reshape(7, 15, 4, 2).astype(np.float64)
    apart = wide - (wide.mean(axis=(1, 3), keepdims=True) if centered else 3)
    power = (apart**2).mean(axis=(1, 3), keepdims=True) + 700 / count**3
    real = (apart / np.sqrt(power)).reshape(y.shape)
    assert np.abs(y / 2.0**16 * np.sqrt(count) - real).max() < 2e-4


def test_illegal_rows_are_told() -> None:
    kind = TensorType((1, 1, 6), IntType(0, 9))
    table = np.array([4, 2, 1], dtype=np.int64)
    assert "rows of 4" in Softmax(4, table, 5).problems((kind,))[0]
    assert "above 0" in Softmax(3, table - 4, 5).problems((kind,))[0]
    assert "one input" in Softmax(3, table, 5).problems((kind, kind))[0]
    assert "above 0" in Normalize(3, True, 0, 0, 0, 5).problems((kind,))[0]
    long = TensorType((220, 220, 1), IntType(0, 1))
    assert "too long" in Normalize(1, True, 0, 1, 0, 5, across=True).problems((long,))[0]
    wide = kind.with_element(IntType(0, 1 << 30))
    assert "too wide" in Normalize(3, True, 0, 1, 0, 5).problems((wide,))[0]
