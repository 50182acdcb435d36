"""The solver of multiply-add-shift: exact on every value, minimal, and complete."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.ops.threshold.multiplier import LevelMultiplier, holds, solve, solve_shift
from hwcompile.ops.threshold.requantize import _solution
from hwcompile.ops.threshold.staircase import Staircase

ORACLE = "this project"
ORACLE_REASON = "a multiplier is held to the thresholds on every value"

RISING = np.ones(1, dtype=np.int64)


def apply(found: LevelMultiplier, row: int, x: IntArray, steps: int) -> IntArray:
    """What the hardware computes, in Python integers."""
    factor, bias = int(found.factor[row]), int(found.bias[row])
    changes = dict(zip(found.patch_at[row].tolist(), found.patch_change[row].tolist(), strict=True))
    return np.array(
        [
            min(max((int(v) * factor + bias) >> found.shift, 0), steps) + changes.get(int(v), 0)
            for v in x
        ]
    )


def wanted(thresholds: IntArray, slope: int, x: IntArray) -> IntArray:
    counts: IntArray = (x[:, None] >= thresholds).sum(axis=1)
    return counts if slope > 0 else thresholds.size - counts


def wanted_fast(thresholds: IntArray, x: IntArray) -> IntArray:
    return np.searchsorted(thresholds, x, side="right")


def thresholds_of(levels: IntArray, low: int) -> tuple[IntArray, IntArray]:
    """Thresholds and first value of the staircase that is `levels` on low, low + 1, ..."""
    rise = np.diff(levels)
    return np.repeat(np.arange(low + 1, low + levels.size), rise), levels[0]


def float_chain(
    x: IntArray, scale: np.float32, bias: np.float32, zero: int, bits: int, rounding: str
) -> IntArray:
    """Accumulator to code as a float runtime computes it: op by op in float32."""
    real = x.astype(np.float32) * scale + bias
    rounded = {"even": np.rint, "floor": np.floor, "ceil": np.ceil}[rounding](real)
    codes: IntArray = np.clip(rounded.astype(np.int64) + zero, 0, 2**bits - 1)
    return codes


@st.composite
def chains(draw: st.DrawFn) -> tuple[IntArray, int]:
    """Values of a random quantizing chain on a random interval, and the interval's lower end."""
    low = draw(st.integers(-30000, 3000))
    x = np.arange(low, low + draw(st.integers(2, 20000)))
    bits = draw(st.integers(1, 8))
    gain = draw(st.floats(0.0625, 8.0, width=32))
    scale = np.float32(gain * 2**bits / x.size)
    bias = np.float32(draw(st.floats(-(2.0**bits), 2.0**bits, width=32)))
    zero = draw(st.integers(0, 2**bits - 1))
    rounding = draw(st.sampled_from(("even", "floor", "ceil")))
    return float_chain(x, scale, bias, zero, bits, rounding), low


@settings(max_examples=120, deadline=None)
@given(chains(), st.sampled_from((1, -1)))
def test_float_chains_are_reproduced_on_every_value(
    chain: tuple[IntArray, int], slope: int
) -> None:
    levels, low = chain
    thresholds, _ = thresholds_of(levels, low)
    if thresholds.size == 0:
        return
    x = np.arange(low, low + levels.size)
    slopes = np.array([slope])
    found = solve(thresholds[None], slopes, low, int(x[-1]))
    if found is None:
        return
    np.testing.assert_array_equal(apply(found, 0, x, thresholds.size), wanted(thresholds, slope, x))
    assert holds(found, thresholds[None], slopes, low, int(x[-1]))
    if found.shift:
        patches = found.patch_at.shape[1]
        shorter = solve(thresholds[None], slopes, low, int(x[-1]), found.shift - 1, patches)
        assert shorter is None or patches > 0


def exists(thresholds: IntArray, x: IntArray, shift: int) -> IntArray:
    """All M for which some B works at this shift, by trying every M and B that could."""
    goal = wanted(thresholds, 1, x)
    steps = thresholds.size
    good = []
    for factor in range((steps << shift) + 2):
        # Level k = 1..steps: B in [k * 2**s - x * M, ...) where reached, below it where not.
        need = [(goal_k << shift) - v * factor for v, goal_k in zip(x, goal, strict=True) if goal_k]
        cap = [
            ((goal_k + 1) << shift) - 1 - v * factor
            for v, goal_k in zip(x, goal, strict=True)
            if goal_k < steps
        ]
        if not need or not cap or max(need) <= min(cap):
            good.append(factor)
    return np.array(good)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-20, 5),
    st.lists(st.integers(0, 3), min_size=1, max_size=9),
    st.sampled_from((1, -1)),
)
def test_least_shift_and_least_factor_against_brute_force(
    low: int, rises: list[int], slope: int
) -> None:
    levels = np.concatenate([[0], np.cumsum(rises)])
    thresholds, _ = thresholds_of(levels, low)
    if thresholds.size == 0:
        return
    x = np.arange(low, low + levels.size)
    high = int(x[-1])
    mirrored = thresholds if slope > 0 else np.sort(low + high + 1 - thresholds)
    found = solve(mirrored[None], np.array([slope]), low, high, max_shift=7, most_patches=0)
    for shift in range(8):
        factors = exists(thresholds, x, shift)
        if factors.size:
            assert found is not None
            assert (found.shift, abs(int(found.factor[0]))) == (shift, factors[0])
            np.testing.assert_array_equal(
                apply(found, 0, x, thresholds.size), wanted(mirrored, slope, x)
            )
            return
    assert found is None


def test_rows_share_the_least_shift_that_serves_all() -> None:
    rng = np.random.default_rng(3)
    low, high, steps = -5000, 6000, 31
    scale = rng.uniform(0.5, 2.0, 12) * steps / 11000
    centers = np.arange(1, steps + 1) - 16.5
    thresholds = np.ceil(centers / scale[:, None]).astype(np.int64).clip(low, high + 1)
    slope = np.where(np.arange(12) % 2, 1, -1)
    found = solve(thresholds, slope, low, high)
    assert found is not None
    single = [solve(thresholds[r : r + 1], slope[r : r + 1], low, high) for r in range(12)]
    assert found.shift == max(s.shift for s in single if s is not None)
    x = np.arange(low, high + 1)
    for row in range(12):
        np.testing.assert_array_equal(
            apply(found, row, x, steps), wanted(thresholds[row], int(slope[row]), x)
        )


def test_steps_outside_the_interval_and_constant_rows() -> None:
    low, high = -8, 7
    thresholds = np.array([[8, 8, 8], [-8, -8, -8], [-8, 8, 8], [-8, 0, 8]])
    for slope in (1, -1):
        slopes = np.full(4, slope)
        found = solve(thresholds, slopes, low, high)
        assert found is not None
        x = np.arange(low, high + 1)
        for row in range(4):
            np.testing.assert_array_equal(
                apply(found, row, x, 3), wanted(thresholds[row], slope, x)
            )
        assert max(abs(int(b)) for b in found.bias) < 1 << 20


def test_a_curved_staircase_has_no_solution() -> None:
    x = np.arange(-1000, 1001)
    levels = np.rint(255 / (1 + np.exp(-x / 150))).astype(np.int64)
    thresholds, _ = thresholds_of(levels, -1000)
    assert solve(thresholds[None], RISING, -1000, 1000) is None


@pytest.mark.parametrize("slope", [1, -1])
@pytest.mark.parametrize(
    "moved", [{10: 1}, {10: -1}, {3: 1, 25: -1}, {3: 1, 11: 1, 25: -1}, {7: 2, 8: -1}, {20: -3}]
)
def test_thresholds_off_the_line_are_patched(slope: int, moved: dict[int, int]) -> None:
    low, high = -2000, 2200
    thresholds = np.arange(1, 32) * 131 - 2003
    for level, by in moved.items():
        thresholds[level] += by
    assert solve(thresholds[None], np.array([slope]), low, high, most_patches=0) is None
    found = solve(thresholds[None], np.array([slope]), low, high)
    assert found is not None
    assert found.patch_at.shape == (1, sum(abs(by) for by in moved.values()))
    x = np.arange(low, high + 1)
    np.testing.assert_array_equal(apply(found, 0, x, 31), wanted(thresholds, slope, x))
    assert holds(found, thresholds[None], np.array([slope]), low, high)
    broken = replace(found, patch_change=-found.patch_change)
    assert not holds(broken, thresholds[None], np.array([slope]), low, high)


def test_a_threshold_far_off_the_line_is_not_patched() -> None:
    thresholds = np.arange(1, 32) * 131 - 2003
    thresholds[17] += 20
    assert solve(thresholds[None], RISING, -2000, 2200) is None


def test_wide_accumulators_in_float32_need_patches() -> None:
    rng = np.random.default_rng(11)
    x = np.arange(-(2**18), 2**18)
    rows = []
    for _ in range(8):
        scale = np.float32(rng.uniform(0.5, 2.0) * 255 / x.size)
        levels = float_chain(x, scale, np.float32(rng.normal() * 20), 128, 8, "even")
        steps = thresholds_of(levels, int(x[0]))[0]
        always = np.full(levels[0], x[0])
        never = np.full(255 - levels[-1], x[-1] + 1)
        rows.append(np.concatenate([always, steps, never]))
    thresholds = np.stack(rows)
    slope = np.ones(8, np.int64)
    assert solve(thresholds, slope, int(x[0]), int(x[-1]), most_patches=0) is None
    found = solve(thresholds, slope, int(x[0]), int(x[-1]))
    assert found is not None
    levels = found.levels(np.broadcast_to(x, (8, x.size)), 255)
    for row in range(8):
        np.testing.assert_array_equal(levels[row], wanted_fast(thresholds[row], x))


def test_holds_rejects_a_wrong_integer() -> None:
    low, high = 0, 4000
    thresholds = (np.arange(1, 32) * 125 + 3)[None]
    found = solve(thresholds, RISING, low, high)
    assert found is not None
    assert holds(found, thresholds, RISING, low, high)
    for change in (1, -1):
        moved = thresholds.copy()
        moved[0, 17] += change
        assert not holds(found, moved, RISING, low, high)
    below = replace(found, factor=found.factor - 1)
    assert not holds(below, thresholds, RISING, low, high)
    patch = np.array([[2000]]), np.array([[1]])
    patched = replace(found, patch_at=patch[0], patch_change=patch[1])
    assert not holds(patched, thresholds, RISING, low, high)


def test_of_staircases_that_are_alike_every_one_is_held_to() -> None:
    """Of four equal rows, a single number of one is another."""
    low, high, four = 0, 4000, np.ones(4, dtype=np.int64)
    thresholds = np.tile(np.arange(1, 32) * 125 + 3, (4, 1))
    found = solve(thresholds, four, low, high)
    assert found is not None
    # A step late for all, which a patch corrects, and a pivot below everything.
    late = thresholds.copy()
    late[:, 17] += 1
    found = replace(
        found,
        patch_at=thresholds[:, 17:18].copy(),
        patch_change=-four[:, None],
        pivot=(low - 1) * four,
        below=found.bias + (5 << found.shift),
    )
    assert holds(found, late, four, low, high)

    def third(array: np.ndarray, by: int) -> np.ndarray:
        return np.concatenate([array[:2], array[2:3] + by, array[3:]])

    others = [
        replace(found, factor=third(found.factor, 1)),
        replace(found, bias=third(found.bias, 3 << found.shift)),
        replace(found, patch_at=third(found.patch_at, 1)),
        replace(found, patch_change=third(found.patch_change, 1)),
        replace(found, pivot=third((low - 1) * four, 2000)),
    ]
    assert not any(holds(other, late, four, low, high) for other in others)
    assert not holds(found, third(late, 1), four, low, high)
    assert not holds(found, late, third(four, -2), low, high)
    found = replace(found, pivot=1000 * four, below=found.bias.copy())
    assert holds(found, late, four, low, high)
    other = replace(found, below=third(found.bias, 3 << found.shift))
    assert not holds(other, late, four, low, high)


@pytest.mark.parametrize("shift", [0, 3, 6])
def test_a_power_of_two_needs_no_multiplier(shift: int) -> None:
    low, high = -600, 500
    levels = np.clip((np.arange(low, high + 1) + 37 + (1 << shift >> 1)) >> shift, -4, 3) + 4
    thresholds, _ = thresholds_of(levels, low)
    solved = solve_shift(thresholds[None], RISING, low, high)
    assert solved is not None
    found, left = solved
    assert (left, found.shift, int(found.factor[0])) == (0, shift, 1)
    assert holds(found, thresholds[None], RISING, low, high)


def test_several_levels_per_step_are_a_left_shift() -> None:
    thresholds = np.repeat(np.arange(3, 9), 4)[None]
    solved = solve_shift(thresholds, RISING, 0, 15)
    assert solved is not None
    found, left = solved
    assert (left, found.shift) == (2, 0)
    x = np.arange(16)
    np.testing.assert_array_equal(apply(found, 0, x, 24), wanted(thresholds[0], 1, x))


def test_other_scales_are_not_shifts() -> None:
    thresholds = (np.arange(1, 16) * 3)[None]
    assert solve_shift(thresholds, RISING, 0, 63) is None


def test_long_numbers_do_not_overflow() -> None:
    low, high = -(2**31), 2**31 - 1
    thresholds = np.array([[-5, -5, -5, -5, -5, -5, -5, 2**30]])
    found = solve(thresholds, RISING, low, high)
    if found is not None:
        assert holds(found, thresholds, RISING, low, high)
    thresholds = np.full((1, 255), 12345)
    found = solve(thresholds, RISING, low, high)
    assert found is not None
    assert holds(found, thresholds, RISING, low, high)
    assert (found.shift, int(found.factor[0])) == (0, 255)


def test_a_layer_is_solved_quickly() -> None:
    rng = np.random.default_rng(7)
    low, high = -(2**16), 2**16
    scale = rng.uniform(0.3, 1.0, 256) * 255 / 2**16
    middle = rng.uniform(-5000, 5000, 256)
    centers = np.arange(1, 256) - 128.5
    thresholds = np.ceil(centers / scale[:, None] + middle[:, None]).astype(np.int64)
    thresholds = np.clip(thresholds, low, high + 1)
    begin = time.process_time()
    found = solve(thresholds, np.ones(256, np.int64), low, high)
    assert time.process_time() - begin < 2.0
    assert found is not None
    assert holds(found, thresholds, np.ones(256, np.int64), low, high)
    assert 16 <= found.shift <= 36


def test_equal_staircases_are_solved_once_and_others_apart() -> None:
    """Every array and number of a staircase counts; that arrays are others does not."""
    steps, ones = np.array([[2, 3, 7, 9]]), np.array([1])
    first = Staircase(steps, ones * 0, ones, -3, 12)
    assert _solution(Staircase(steps.copy(), ones * 0, ones, -3, 12), 3) is _solution(first, 3)
    others = [
        replace(first, thresholds=steps + 1),
        replace(first, thresholds=steps.reshape(4, 1)),
        replace(first, base=ones),
        replace(first, slope=-ones),
        replace(first, low=-4),
        replace(first, high=13),
    ]
    assert len({first, *others, replace(first)}) == 7
