"""Chains as exact rationals, rounded once at the end instead of in float32 at each step.

A model's float32 chain rounds behind every operation. On wide accumulators that moves single steps
of the staircase by one value, as no multiplication and shift does, and a memory of thresholds has
to hold them all. Where the user prefers it, the same constants are taken as the exact numbers that
they are: scales, biases and limits as fractions, and the quantizer's rounding is the only one. Such
a staircase follows a line by construction. The scale of a sum of products is one number, float32's
product of both scales.

Worked example: `round(0.1 * x)` with float32's 0.1 = 13421773 / 2**27, which is a little above 0.1.
At x = 5 the exact product is above 0.5 and becomes 1; float32 rounds it to 0.5, and 0.5 to 0.

    >>> from hwcompile.ir.types import IntType
    >>> from hwcompile_runtime.quantizers import LinearQuantizer
    >>> from hwcompile_runtime.rows import floats, integers
    >>> quantizer = LinearQuantizer(floats(1), integers(0), IntType(-8, 7), floats(1))
    >>> ends = np.array([0]), np.array([20])
    >>> function = RowFunction(Chain(Dequantize(floats(0.1))), quantizer, *ends, None)
    >>> runs = exact_runs(function)
    >>> runs.starts[0].tolist(), runs.values[0].tolist()
    ([0, 5, 15], [0, 1, 2])
    >>> function(np.array([[5]])).tolist()
    [[0]]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from hwcompile.frontends.numbers.row_function import RowFunction
from hwcompile.frontends.numbers.runs import MAX_THRESHOLDS, Runs
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.float_kinds import batch_norm_line
from hwcompile_runtime.quantizers import BipolarQuantizer, ClippedQuantizer, LinearQuantizer
from hwcompile_runtime.rows import AnyArray

_Rounder: TypeAlias = LinearQuantizer | ClippedQuantizer | BipolarQuantizer
"""Quantizers that round a number to the next integer, or to its sign."""


@dataclass(frozen=True)
class _Ramp:
    """`min(max(slope * q + offset, low), high)`, exactly; None where there is no limit."""

    slope: Fraction
    offset: Fraction
    low: Fraction | None = None
    high: Fraction | None = None

    def moved(self, factor: Fraction, summand: Fraction) -> _Ramp:
        """Times a factor, plus a summand."""
        ends = [None if e is None else e * factor + summand for e in (self.low, self.high)]
        low, high = ends if factor >= 0 else ends[::-1]
        return _Ramp(self.slope * factor, self.offset * factor + summand, low, high)

    def at_least(self, limit: Fraction) -> _Ramp:
        """Behind a maximum with a constant."""
        low = limit if self.low is None else max(self.low, limit)
        return replace(self, low=low, high=None if self.high is None else max(self.high, limit))

    def at_most(self, limit: Fraction) -> _Ramp:
        """Behind a minimum with a constant."""
        high = limit if self.high is None else min(self.high, limit)
        return replace(self, high=high, low=None if self.low is None else min(self.low, limit))

    def at(self, q: int) -> Fraction:
        """The value of an integer."""
        value = self.slope * q + self.offset
        value = value if self.low is None else max(value, self.low)
        return value if self.high is None else min(value, self.high)


_ZERO, _ONE = Fraction(0), Fraction(1)
_STEPS: dict[str, Callable[[_Ramp, list[Fraction]], _Ramp]] = {
    "add": lambda ramp, c: ramp.moved(_ONE, c[0]),
    "sub": lambda ramp, c: ramp.moved(_ONE, -c[0]),
    "rsub": lambda ramp, c: ramp.moved(-_ONE, c[0]),
    "mul": lambda ramp, c: ramp.moved(c[0], _ZERO),
    "div": lambda ramp, c: ramp.moved(1 / c[0], _ZERO),
    "neg": lambda ramp, c: ramp.moved(-_ONE, _ZERO),
    "fma": lambda ramp, c: ramp.moved(c[0], c[1]),
    "batch_norm": lambda ramp, c: ramp.moved(c[0], c[1]),
    "relu": lambda ramp, c: ramp.at_least(_ZERO),
    "max": lambda ramp, c: ramp.at_least(c[0]),
    "min": lambda ramp, c: ramp.at_most(c[0]),
    "clip": lambda ramp, c: ramp.at_least(c[0]).at_most(c[1]),
}
"""What keeps a ramp one. Batch normalization's factor and offset are the runtime's float32 ones."""


def exact_runs(function: RowFunction) -> Runs | None:
    """The staircases of a function's rows without the roundings on the way.

    Returns:
        Runs from the least to the greatest integer of all rows; None where an operation is no
        line with limits, the quantizer no rounding, or the steps are too many.
    """
    ramps, quantizer = _ramps(function.chain, function.rows), function.quantizer
    if ramps is None or not isinstance(quantizer, _Rounder):
        return None
    rows = [_Row.of(ramp, quantizer, i) for i, ramp in enumerate(ramps)]
    ends = [
        row.level(int(q))
        for row, least, most in zip(rows, function.low, function.high, strict=True)
        for q in (least, most)
    ]
    reached = min(ends), max(ends)
    if reached[1] - reached[0] > MAX_THRESHOLDS:
        return None
    low, high = int(function.low.min()), int(function.high.max())
    found = [row.limited(*reached).steps(low, high) for row in rows]
    starts, values = zip(*found, strict=True)
    if isinstance(quantizer, BipolarQuantizer):
        values = tuple(2 * bits - 1 for bits in values)
    return Runs(low, high, starts, values)


def _ramps(chain: Chain, rows: int) -> list[_Ramp] | None:
    """A ramp per row."""
    ops = chain.ops
    if isinstance(chain.start, Dequantize):
        starts = _fractions((chain.start.scale, chain.start.zero_point), rows)
        ramps = [_Ramp(scale, -scale * zero) for scale, zero in starts]
    elif ops and ops[0].kind == "cast" and ops[0].attributes["to"] == "float32":
        ramps, ops = [_Ramp(_ONE, _ZERO)] * rows, ops[1:]
    else:
        return None
    for op in ops:
        constants = _constants(op)
        if constants is None or not all(np.all(np.isfinite(c)) for c in constants):
            return None
        step = _STEPS[op.kind]
        ramps = [step(r, c) for r, c in zip(ramps, _fractions(constants, rows), strict=True)]
    return ramps


def _constants(op: FloatOp) -> tuple[AnyArray, ...] | None:
    """What an operation moves and limits by; None for other operations."""
    if op.kind not in _STEPS or (op.kind == "div" and np.any(op.constants[0] == 0)):
        return None
    if op.kind == "batch_norm":
        return batch_norm_line(op.constants, op.attributes.get("epsilon", 1e-5))
    return op.constants


def _fractions(constants: Sequence[AnyArray], rows: int) -> list[list[Fraction]]:
    """The exact numbers of each row."""
    if not constants:
        return [[]] * rows
    columns = [[Fraction(float(v)) for v in np.broadcast_to(c, (rows,))] for c in constants]
    return [list(row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True)
class _Row:
    """The rounded ramp of a row: `zero + rounding(ramp)` inside limits.

    Attributes:
        ramp: In steps of the result.
        rounding: A key of `ROUNDINGS`.
        zero: Added to the rounded number.
        low: Least result.
        high: Greatest one.
    """

    ramp: _Ramp
    rounding: str
    zero: int
    low: int
    high: int

    @staticmethod
    def of(ramp: _Ramp, quantizer: _Rounder, row: int) -> _Row:
        """The row of a quantizer behind a ramp; the bit of a bipolar one."""

        def number(constant: AnyArray) -> Fraction:
            return Fraction(float(constant[row if constant.shape[0] > 1 else 0]))

        scaled = ramp.moved(1 / number(quantizer.divisor), _ZERO)
        low, high = quantizer.element.low, quantizer.element.high
        if isinstance(quantizer, BipolarQuantizer):
            return _Row(scaled.moved(_ONE, number(quantizer.offset)), "FLOOR", 1, 0, 1)
        if isinstance(quantizer, ClippedQuantizer):
            moved = scaled.moved(_ONE, number(quantizer.offset))
            return _Row(moved, quantizer.rounding, 0, low, high)
        return _Row(scaled, "HALF_EVEN", int(number(quantizer.zero_point)), low, high)

    def limited(self, low: int, high: int) -> _Row:
        """Inside narrower limits."""
        return replace(self, low=max(self.low, low), high=min(self.high, high))

    def level(self, q: int) -> int:
        """The result of an integer."""
        twice = 2 * self.ramp.at(q)
        whole = math.floor(twice / 2)
        reached = whole - 1
        near = _bounds(np.array([whole, whole + 1]), self.rounding)
        for step, bound, strict in zip(*near, strict=True):
            if twice > int(bound) or (twice == int(bound) and not strict):
                reached = int(step)
        return min(max(reached + self.zero, self.low), self.high)

    def steps(self, low: int, high: int) -> tuple[IntArray, IntArray]:
        """First integer and result of every run on an interval."""
        first, last = self.level(low), self.level(high)
        if first == last:
            return np.array([low]), np.array([first])
        numbers = np.arange(min(first, last) + 1, max(first, last) + 1)
        _, bounds, strict = _bounds(numbers - self.zero, self.rounding)
        # 2 (slope q + offset) >= bound, times a common denominator: factor q >= rest.
        slope, offset = 2 * self.ramp.slope, 2 * self.ramp.offset
        common = math.lcm(slope.denominator, offset.denominator)
        factor, rest = int(slope * common), bounds.astype(object) * common - int(offset * common)
        below = rest // factor
        above = -(-rest // factor)
        if factor > 0:
            edges, results = np.where(strict, below + 1, above), numbers
        else:
            # The last integer with at least the number is behind us; from the next on it is less.
            edges = np.where(strict, above - 1, below)[::-1] + 1
            results = numbers[::-1] - 1
        edges = np.clip(edges, low, high + 1).astype(np.int64)
        last_of_equal = np.append(np.diff(edges) > 0, True)
        keep = last_of_equal & (edges > low) & (edges <= high)
        return np.append(low, edges[keep]), np.append(first, results[keep])


def _bounds(levels: IntArray, rounding: str) -> tuple[IntArray, IntArray, npt.NDArray[np.bool_]]:
    """Levels, twice the number from which on each is reached, and where it is not at that number.

    A number x is rounded to at least k where x >= k - 1/2 (nearest), x >= k (down), x > k - 1 (up);
    ties and signs say which of these, and whether the end belongs to it.
    """
    positive = levels > 0
    if rounding in ("ROUND", "HALF_EVEN"):
        return levels, 2 * levels - 1, levels % 2 == 1
    if rounding in ("HALF_UP", "HALF_DOWN"):
        return levels, 2 * levels - 1, positive == (rounding == "HALF_DOWN")
    down = {"FLOOR": np.full_like(positive, True), "CEIL": np.full_like(positive, False)}
    floors = down.get(rounding, ~positive if rounding == "UP" else positive)
    return levels, np.where(floors, 2 * levels, 2 * levels - 2), ~floors


def differing(found: Runs, other: Runs, low: IntArray, high: IntArray) -> int:
    """On how many integers, in all rows, two families of staircases differ.

    Args:
        found: Rows on an interval.
        other: The same rows on the same interval.
        low: Least integer that reaches each row, int64 [rows].
        high: Greatest one.
    """
    count = 0
    for row in range(found.rows):
        least, most = int(low[row]), int(high[row])
        edges = np.concatenate([found.starts[row], other.starts[row]])
        inside = edges[(edges > least) & (edges <= most)]
        points = np.unique(np.concatenate([[least], inside, [most + 1]]))
        first, second = (
            runs.values[row][np.searchsorted(runs.starts[row], points[:-1], side="right") - 1]
            for runs in (found, other)
        )
        count += int(np.diff(points)[first != second].sum())
    return count
