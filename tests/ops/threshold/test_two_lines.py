"""Two lines with one multiplier: exact on every value, minimal, refused where three are needed."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.ops.threshold.multiplier import LevelMultiplier, holds, solve
from hwcompile.ops.threshold.two_lines import solve_two
from hwcompile_runtime.gemmlowp import divided_by_power, high_half

ORACLE = "this project"
ORACLE_REASON = "the integers are held to TFLite's formula on every value"


def steps_of(y: IntArray, low: int) -> IntArray:
    """Thresholds [R, n] of levels [R, values] that rise from the first level to the last one."""
    levels = np.arange(int(y.min()) + 1, int(y.max()) + 1)
    return low + np.stack([np.searchsorted(row, levels) for row in y])


def rising(rows: IntArray) -> IntArray:
    return np.ones(len(rows), dtype=np.int64)


def compute(found: LevelMultiplier, row: int, x: IntArray, count: int) -> list[int]:
    """What the hardware computes, in Python integers."""
    assert found.pivot is not None
    assert found.below is not None
    pivot, biases = int(found.pivot[row]), (int(found.below[row]), int(found.bias[row]))
    line = (int(v) * int(found.factor[row]) + biases[int(v) > pivot] for v in x)
    return [min(max(value >> found.shift, 0), count) for value in line]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(-6, 9), st.integers(20, 4000))
def test_sums_rounded_twice(seed: int, rows: int, right: int, span: int) -> None:
    """TFLite's multiplication by 31 bits and a shift, with random offsets and limits."""
    rng = np.random.default_rng(seed)
    low = int(rng.integers(-span, 1))
    x = np.arange(low, low + span + 1)
    offset = rng.integers(-span, span + 1, rows)
    mantissa, left = rng.integers(1 << 30, 1 << 31, rows), max(-right, 0)
    shift = np.full((rows, 1), max(right, 0))
    high = high_half((x + offset[:, None]) << left, mantissa[:, None])
    y = np.clip(divided_by_power(high, shift), *sorted(rng.integers(-200, 200, 2)))
    thresholds = steps_of(y, low)
    if thresholds.shape[1] < 2:
        return
    found = solve(thresholds, rising(thresholds), low, low + span, most_patches=0) or solve_two(
        thresholds, rising(thresholds), low, low + span
    )
    assert found is not None
    assert holds(found, thresholds, rising(thresholds), low, low + span)
    got = found.levels(np.broadcast_to(x, (rows, x.size)), thresholds.shape[1])
    np.testing.assert_array_equal(got + y.min(), y)


def test_the_worked_example() -> None:
    x = np.arange(-1000, 1001)
    high = (3 * x + 2) >> 2
    y = (np.sign(high) * ((np.abs(high) + 1) >> 1))[None, :]
    thresholds = steps_of(y, -1000)
    assert {-8, -6, -3, 0, 1, 4, 6, 9} <= set(thresholds[0].tolist())
    assert solve(thresholds, rising(y), -1000, 1000) is None
    found = solve_two(thresholds, rising(y), -1000, 1000)
    assert found is not None
    assert (found.shift, found.factor.tolist()) == (3, [3])
    assert [int(part[0]) % 8 for part in found.biases] == [6, 2]
    levels = np.array(compute(found, 0, x, thresholds.shape[1]))
    np.testing.assert_array_equal(levels + y.min(), y[0])


def test_the_smallest_shift_and_factor() -> None:
    """Against trying all multipliers and biases of every smaller shift."""
    rng = np.random.default_rng(4)
    shifts = 0
    for _ in range(30):
        bend, gap = int(rng.integers(-20, 20)), rng.uniform(2.1, 5.9)
        lower = np.ceil(bend - 1 - gap * np.arange(4)[::-1]).astype(int)
        upper = np.ceil(bend + gap * (np.arange(4) + 0.4)).astype(int)
        thresholds = np.concatenate([lower, upper])[None, :]
        x = np.arange(-60, 61)
        y = (x >= thresholds.T).sum(axis=0)
        found = solve_two(thresholds, rising(thresholds), -60, 60)
        if found is None:
            continue
        assert found.pivot is not None
        shifts += found.shift
        for shift in range(found.shift + 1):
            least = int(found.factor[0]) if shift == found.shift else 2 << shift
            assert not any(exist(x, y, int(found.pivot[0]), m, shift) for m in range(least))
    assert shifts > 30


def exist(x: IntArray, y: IntArray, pivot: int, factor: int, shift: int) -> bool:
    """Some biases serve x up to the pivot and behind it with this multiplier."""
    count, step = int(y.max()), 1 << shift
    needs = np.where(y > 0, y * step - x * factor, -(1 << 40))
    limits = np.where(y < count, (y + 1) * step - x * factor - 1, 1 << 40)
    sides = (x <= pivot, x > pivot)
    return all(needs[side].max() <= limits[side].min() for side in sides)


def test_three_lines_and_falling_rows_have_no_solution() -> None:
    x = np.arange(-999, 1000)
    bent = (x + 3 * (x > -500) + 3 * (x > 500))[None, :] >> 4
    thresholds = steps_of(bent, -999)
    assert solve_two(thresholds, rising(bent), -999, 999) is None
    half = steps_of(((x + 6 * (x > 0)) >> 4)[None, :], -999)
    assert solve_two(half, rising(bent), -999, 999) is not None
    assert solve_two(half, -rising(bent), -999, 999) is None
