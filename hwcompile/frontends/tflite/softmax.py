"""`SOFTMAX` inside the network: TFLite's fixed-point arithmetic as a division, or as a product.

For int8 the kernel computes a share from an exponential of 31 digits and the reciprocal of the
row's sum, which three steps of Newton's method find. For one distance to the row's largest element
the share is a staircase of the sum, so it is known by the greatest sums that still reach 1, 2, ...,
255. A division of a number for the distance by the sum has the same staircase, except for a few
sums where the method's last digit decides: these are corrected by one. For int16 the kernel
interpolates in tables of exp(x) and of 1 / (1 + x), and so does hardware.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.interpolated import on_samples, sampled
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.frontends.tflite.steps import by_factor, looked_up, row, within, without_digits
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.elementwise.op import Linear, PairTable, Product
from hwcompile.ops.elementwise.ratios import Fraction
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.threshold.op import Threshold
from hwcompile_runtime import gemmlowp

LONGEST_ROW = 256
"""Elements of a row: up to 2^27 the reciprocal of a sum is never above that of a smaller one.

All 2^31 mantissas say so: `tests/frontends/tflite/test_softmax.py`.
"""

_STEP = np.float64(2.0 / 65535.0)
_EXPONENTIALS = sampled((np.float64(10.0 / 65535.0), 2**15 - 1), (_STEP, 0), np.exp)
_INVERSES = sampled((np.float64(1.0 / 65535.0), -(2**15)), (_STEP, 0), lambda x: 1.0 / (1.0 + x))

_DIGITS = 8
_STEPS = (1 << _DIGITS) - 1


@dataclass(frozen=True, eq=False)
class Division:
    """`share = round(numerators[d] / total / 2) + corrections`, d the distance, at most 255.

    Attributes:
        addends: What a distance adds to the total, int64 [distances].
        numerators: int64 [distances]; the last entry holds for all larger distances.
        distances: Those that are corrected at some total, ascending.
        totals: Where something is corrected, ascending.
        corrections: int64 [1 + distances, 1 + totals] of -1, 0 and 1; first row and column are 0.
    """

    addends: IntArray
    numerators: IntArray
    distances: IntArray
    totals: IntArray
    corrections: IntArray


def in_hardware(ctx: LiteGraph, node: LiteNode) -> None:
    """`SOFTMAX` over the last axis, in front of further operators.

    Raises:
        CompileError: HW0303 for rows that are longer than `LONGEST_ROW`.
    """
    source, size = ctx.operand(node, 0), ctx.operand(node, 0).shape[-1]
    if size > LONGEST_ROW:
        raise unsupported(
            node,
            f"has rows of {size} elements in front of further layers",
            f"its arithmetic is a division of integers for rows of up to {LONGEST_ROW}",
            "leave it to the end of the model, where the host computes it",
        )
    form = division(float(source.scale[0]) * float(np.float32(node.real("Beta"))), size)
    value, spread = _rows(ctx, node)
    distance = _distance(ctx, node, value, spread)
    near = within(ctx, node, distance, 0, form.addends.size - 1)
    addends, numerators = (looked_up(ctx, node, near, t) for t in (form.addends, form.numerators))
    total = ctx.emit(node, Reduce("sum", size), addends)
    wide = ctx.emit(node, Linear((2 << _DIGITS,), 0), ctx.picked(node, total, spread))
    share = ctx.emit(node, Fraction(_DIGITS), numerators, wide)
    if form.totals.size:
        share = _corrected(ctx, node, form, share, near, total, spread)
    low = ctx.interval(node, ctx.result(node)).low
    ctx.finish(node, within(ctx, node, share, low, low + _STEPS, low))


def _rows(ctx: LiteGraph, node: LiteNode) -> tuple[str, IntArray]:
    """The operand with a row in every pixel, and for each of its elements the row's number."""
    source, size = ctx.operand(node, 0), ctx.operand(node, 0).shape[-1]
    shape = (1, source.size // size, size)
    spread = np.repeat(np.arange(shape[1]).reshape(1, -1, 1), size, axis=2)
    return ctx.shaped(node, ctx.stream(node, 0), shape), spread


def _distance(ctx: LiteGraph, node: LiteNode, value: str, spread: IntArray) -> str:
    """How far every element is below the largest one of its row."""
    size = spread.shape[2]
    largest = ctx.picked(node, ctx.emit(node, Reduce("max", size), value), spread)
    return ctx.emit(node, Linear((1, -1), 0), largest, value)


def in_sixteen_bits(ctx: LiteGraph, node: LiteNode) -> None:
    """`SOFTMAX` of int16 over the last axis, with results from 0 to 2^15 - 1.

    The row's sum has L digits; brought to 17 of them, it looks its reciprocal up, of 15 digits.
    L differs from row to row, so both are multiplied by a power of two, up to the largest L.
    """
    source = ctx.operand(node, 0)
    value, spread = _rows(ctx, node)
    size = spread.shape[2]
    real = float(source.scale[0]) * float(np.float32(node.real("Beta"))) / (10.0 / 65535.0)
    top = 2**15 - 1
    # Distances are counted from the largest number down, so that they take the kernel's rounding.
    below = ctx.emit(node, Linear((-1,), 0), _distance(ctx, node, value, spread))
    place = within(ctx, node, by_factor(ctx, node, below, Factor.of(real)), -(2**15), top, top)
    powers = on_samples(ctx, node, place, _EXPONENTIALS)
    weights = within(ctx, node, powers, 0, top)
    total = ctx.emit(node, Reduce("sum", size), weights)
    most = max((size * top).bit_length(), 17)
    octaves = np.left_shift(1, np.arange(1, most, dtype=np.int64))
    count = Threshold(octaves[None], row(0), row(1), IntType(0, octaves.size))
    octave = ctx.emit(node, count, total)
    lifted = looked_up(ctx, node, octave, np.left_shift(1, np.arange(most - 1, -1, -1)))
    whole = without_digits(
        ctx, node, ctx.emit(node, Product(), total, lifted), most - 17, "half_up"
    )
    above = within(ctx, node, whole, -(2**15), top, -(2**15) - 2**16)
    inverse = within(ctx, node, on_samples(ctx, node, above, _INVERSES), 0, top)
    factor = ctx.picked(node, ctx.emit(node, Product(), inverse, lifted), spread)
    share = without_digits(
        ctx, node, ctx.emit(node, Product(), weights, factor), most - 1, "half_up"
    )
    ctx.finish(node, within(ctx, node, share, 0, top))


def _corrected(
    ctx: LiteGraph,
    node: LiteNode,
    form: Division,
    share: str,
    near: str,
    total: str,
    spread: IntArray,
) -> str:
    """The share with what is missing at single totals."""
    # How many of these are not above a total says where it is: each total and the one behind it.
    steps = np.sort(np.concatenate([form.totals, form.totals + 1]))
    count = Threshold(steps[None], row(0), row(1), IntType(0, steps.size))
    place = ctx.emit(node, count, total)
    inside = np.searchsorted(steps, form.totals, side="right")
    corrections = np.zeros((form.distances.size + 1, steps.size + 1), dtype=np.int64)
    corrections[:, inside] = form.corrections[:, 1:]
    number = np.zeros(form.addends.size, dtype=np.int64)
    number[form.distances] = np.arange(form.distances.size) + 1
    which = looked_up(ctx, node, near, number)
    # Not all of them need occur, from the least ones on: a pair table begins with what does.
    rows, columns = (ctx.kind(value).element for value in (which, place))
    corrections = corrections[rows.low : rows.high + 1, columns.low : columns.high + 1]
    pair = PairTable(corrections, IntType(int(corrections.min()), int(corrections.max())))
    missing = ctx.emit(node, pair, which, ctx.picked(node, place, spread))
    return ctx.emit(node, Linear((1, 1), 0), share, missing)


@cache
def division(scale: float, size: int) -> Division:
    """The form of a softmax over `size` elements, at most `LONGEST_ROW`, whose steps mean `scale`.

    Worked example: at a scale of 1.0 a distance of 3 means exp(-3) = 0.0498, so it adds 26,103 of
    2^19 to the total, and its numerator is 512 times that, with the digits that were cut off.
    """
    exponentials = gemmlowp.softmax_weights(np.arange(256), scale)
    last = min(int(np.count_nonzero(exponentials)), 255)
    exponentials = exponentials[: last + 1]
    addends = gemmlowp.divided_by_power(exponentials, gemmlowp.SUM_DIGITS)
    low = int(addends[0])
    high = low * size
    edges = _greatest_totals(exponentials, low, high)
    odd = 2 * np.arange(1, _STEPS + 1) - 1
    # A share reaches k while `odd * total` is not above the numerator.
    least = np.where(edges >= low, odd * edges, 0).max(axis=1)
    below = np.where(edges < high, odd * (edges + 1), np.iinfo(np.int64).max).min(axis=1)
    numerators = least.copy()
    points: dict[tuple[int, int], int] = {}
    for distance in np.flatnonzero(least >= below):
        choices = range(int(below[distance]) - 1, int(least[distance]) + 1)
        missing = [_missing(edges[distance], c // odd, low, high) for c in choices]
        best = min(range(len(missing)), key=lambda i: len(missing[i]))
        numerators[distance] = choices[best]
        points |= {(int(distance), total): sign for total, sign in missing[best].items()}
    distances, totals = (np.array(sorted({p[i] for p in points}), np.int64) for i in (0, 1))
    corrections = np.zeros((distances.size + 1, totals.size + 1), dtype=np.int64)
    for (at, total), sign in points.items():
        corrections[np.searchsorted(distances, at) + 1, np.searchsorted(totals, total) + 1] = sign
    return Division(addends, numerators, distances, totals, corrections)


def _greatest_totals(exponentials: IntArray, low: int, high: int) -> IntArray:
    """int64 [distances, 255]: the greatest total with at least the share 1, 2, ...; or low - 1."""
    shape = (exponentials.size, _STEPS)
    each = np.broadcast_to(exponentials[:, None], shape)
    wanted = np.broadcast_to(np.arange(1, _STEPS + 1), shape)
    least, most = np.full(shape, low - 1), np.full(shape, high)
    while np.any(least < most):
        middle = (least + most + 1) // 2
        reached = gemmlowp.shares(each, middle) >= wanted
        least, most = np.where(reached, middle, least), np.where(reached, most, middle - 1)
    return least


def _missing(edges: IntArray, own: IntArray, low: int, high: int) -> dict[int, int]:
    """+1 or -1 by total, where a staircase with its edges at `own` is not that of `edges`."""
    own = np.clip(own, low - 1, high)
    found: dict[int, int] = {}
    for edge, at in zip(edges.tolist(), own.tolist(), strict=True):
        for total in range(min(edge, at) + 1, max(edge, at) + 1):
            found[total] = found.get(total, 0) + (1 if edge > at else -1)
    return found
