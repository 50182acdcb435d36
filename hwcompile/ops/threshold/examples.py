"""Small threshold nodes that exercise every kernel and every kind of row and encoding."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold.op import Threshold


def examples() -> tuple[Site, ...]:
    """Rows 1, C and H*W*C; rising and falling; signed, unsigned and bipolar on both sides."""
    signed = IntType(-100, 90)
    return (
        _site((2, 3, 5), signed, [[-60, -3, 50]], [0], [1], IntType(0, 3)),
        _site((2, 2, 3), signed, [[7], [-100], [91]], [-1, 1, -1], [1, -1, 1], BIPOLAR),
        _site((1, 2, 3), BIPOLAR, [[0], [1], [-1]], [-1, 1, -1], [1, -1, 1], BIPOLAR),
        _site((1, 1, 4), BIPOLAR, [[1]], [2], [-1], IntType(1, 2)),
        _site(
            (2, 2, 2),
            IntType(0, 15),
            np.arange(24).reshape(8, 3) % 13,
            [-2] * 8,
            [1] * 8,
            IntType(-2, 1),
        ),
        _requantization((1, 4, 6), IntType(-3000, 2900), IntType(-8, 7), seed=1),
        _requantization((2, 2, 4), IntType(0, 1500), IntType(0, 31), seed=2),
        _requantization((1, 2, 3), IntType(-900, 1100), IntType(-20, 20), seed=3, moved=(7, 29)),
        _power_of_two((1, 3, 5), IntType(-512, 511), IntType(-8, 7)),
        _site(
            (1, 1, 3),
            IntType(0, 7),
            [[1, 1, 2, 2, 3, 3], [2, 2, 3, 3, 4, 4], [1, 1, 2, 2, 3, 3]],
            [0, 1, 2],
            [1, 1, 1],
            IntType(0, 8),
        ),
        _late_line((1, 3, 5), IntType(-900, 1100), IntType(-20, 20), seed=4),
        _late_line((2, 1, 3), IntType(0, 700), IntType(0, 15), seed=5, floors=(0, 3, -4)),
        _late_line((1, 2, 2), IntType(-300, 300), IntType(-3, 4), seed=6, rows=1),
        _rounded_twice((1, 2, 3), IntType(-900, 900), IntType(-40, 35), [-70, 0, 110]),
        _rounded_twice((2, 1, 4), IntType(0, 1800), IntType(-30, 42), [-900]),
        _ties_to_even((1, 2, 3), IntType(-300, 400), IntType(-8, 7), [-36, 0, 54], 3),
        _ties_to_even((2, 1, 4), IntType(0, 900), IntType(0, 15), [7.5, -40, 12, 0], 5, zero=3),
    )


def _site(
    shape: tuple[int, int, int],
    element: IntType,
    thresholds: object,
    base: list[int],
    slope: list[int],
    result: IntType,
) -> Site:
    rows = np.sort(np.asarray(thresholds, dtype=np.int64), axis=1)
    op = Threshold(rows, np.array(base, dtype=np.int64), np.array(slope, dtype=np.int64), result)
    return Site.of(op, TensorType(shape, element))


def _requantization(
    shape: tuple[int, int, int],
    element: IntType,
    result: IntType,
    seed: int,
    moved: tuple[int, ...] = (),
) -> Site:
    """`clip(round(x * scale + shift))` for each channel, half of them falling.

    The thresholds numbered `moved` come one value of x too late.
    """
    rng = np.random.default_rng(seed)
    x, channels = element.values(), shape[2]
    steps = result.levels - 1
    scale = rng.uniform(0.4, 1.6, channels) * steps / x.size
    middle = (element.low + element.high) / 2 + rng.normal(size=channels) * x.size / 20
    levels = np.arange(1, steps + 1) - 0.5 - steps / 2
    rows = np.ceil(levels / scale[:, None] + middle[:, None]).astype(np.int64)
    rows[:, list(moved)] += 1
    slope: IntArray = np.where(np.arange(channels) % 2 == 0, 1, -1).astype(np.int64)
    base: IntArray = np.where(slope > 0, result.low, result.high).astype(np.int64)
    return Site.of(Threshold(rows, base, slope, result), TensorType(shape, element))


def _late_line(
    shape: tuple[int, int, int],
    element: IntType,
    result: IntType,
    seed: int,
    floors: tuple[int, ...] = (0,),
    rows: int = 0,
) -> Site:
    """Rising lines on which every other step or so comes one value of x too late."""
    rng = np.random.default_rng(seed)
    count, steps = rows or shape[2], result.levels - 1
    spacing = rng.uniform(0.6, 1.4, count) * element.levels / steps
    first = element.low + rng.uniform(-0.1, 0.3, count) * element.levels
    exact = np.ceil(first[:, None] + spacing[:, None] * np.arange(steps)).astype(np.int64)
    thresholds = exact + rng.integers(0, 2, exact.shape)
    base = result.low + np.resize(floors, count)
    kind = IntType(result.low + min(floors), result.high + max(floors))
    op = Threshold(thresholds, base, np.ones(count, dtype=np.int64), kind)
    return Site.of(op, TensorType(shape, element))


def _rounded_twice(
    shape: tuple[int, int, int], element: IntType, result: IntType, offset: list[int]
) -> Site:
    """3/4 of x + offset, rounded, a sixteenth of it, halves away from zero; a row per offset."""
    high = (3 * (element.values() + np.array(offset)[:, None]) + 2) >> 2
    y = np.sign(high) * ((np.abs(high) + 8) >> 4)
    levels = np.arange(result.low + 1, result.high + 1)
    rows = element.low + np.stack([np.searchsorted(row, levels) for row in y])
    base, slope = np.full(len(rows), result.low), np.ones(len(rows), dtype=np.int64)
    return Site.of(Threshold(rows, base, slope, result), TensorType(shape, element))


def _ties_to_even(
    shape: tuple[int, int, int],
    element: IntType,
    result: IntType,
    offset: list[float],
    shift: int,
    zero: int = 0,
) -> Site:
    """`clip(rint((x + offset) / 2**shift) + zero)`, a row per offset, every second one falling."""
    values = (element.values() + np.array(offset)[:, None]) / 2**shift
    slope: IntArray = np.where(np.arange(len(offset)) % 2 == 0, 1, -1).astype(np.int64)
    y = np.clip(np.rint(slope[:, None] * values) + zero, result.low, result.high).astype(np.int64)
    rising = np.where(slope[:, None] > 0, y - result.low, result.high - y)
    steps = np.arange(1, result.levels)
    rows = element.low + np.stack([np.searchsorted(row, steps) for row in rising])
    base: IntArray = np.where(slope > 0, result.low, result.high).astype(np.int64)
    return Site.of(Threshold(rows, base, slope, result), TensorType(shape, element))


def _power_of_two(shape: tuple[int, int, int], element: IntType, result: IntType) -> Site:
    """`clip((x + b) >> s)` with a bias per channel."""
    steps, channels = result.levels - 1, shape[2]
    spacing = element.levels // (steps + 1) // 2
    first = element.low // 2 + 5 * np.arange(channels, dtype=np.int64)
    rows = first[:, None] + spacing * np.arange(steps, dtype=np.int64)
    base, slope = np.full(channels, result.low), np.ones(channels, dtype=np.int64)
    return Site.of(Threshold(rows, base, slope, result), TensorType(shape, element))
