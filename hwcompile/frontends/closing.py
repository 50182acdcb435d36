"""Closing: a chain and the quantizer behind it become integer operations, exactly.

The result agrees with `quantizer.quantize(chain.apply(x))` on every reachable integer x of every
row. Small domains are evaluated in full. On wide ones a chain whose operations are all monotone is
bisected: the threshold of each result is the smallest integer for which the chain itself, in
float32, gives that result. Chains that are not monotone are evaluated in full as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import InternalError, Origin, fail
from hwcompile.frontends.chain import Chain
from hwcompile.frontends.quantizers import (
    BipolarQuantizer,
    NotANumberError,
    Quantizer,
    StepQuantizer,
)
from hwcompile.frontends.rows import AnyArray, common_rows
from hwcompile.frontends.runs import MAX_THRESHOLDS, Runs, operations, runs_of
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType

FULL_EVALUATION = 1 << 20
"""Up to so many (row, value) pairs, every value is evaluated even if bisection would do."""
_LARGEST_EVALUATION = 1 << 27
_CHUNK = 1 << 21


@dataclass(frozen=True, eq=False)
class Domain:
    """The integers that reach a chain.

    Attributes:
        element: Interval and encoding of the stream's type; a table has one entry for each value.
        low: Smallest reachable integer per row, int64 [1 or rows]; None means the type's.
        high: Largest one.
    """

    element: IntType
    low: IntArray | None = None
    high: IntArray | None = None

    def bounds(self) -> tuple[IntArray, IntArray]:
        """Smallest and largest reachable integer, int64 [1 or rows] each."""
        low = np.array([self.element.low]) if self.low is None else self.low
        high = np.array([self.element.high]) if self.high is None else self.high
        return low.astype(np.int64), high.astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Function:
    """Chain and quantizer on rows that all differ, with each row's interval; int64 [rows]."""

    chain: Chain
    quantizer: Quantizer
    low: IntArray
    high: IntArray
    origin: Origin | None

    @property
    def rows(self) -> int:
        return self.low.size

    def select(self, rows: IntArray) -> _Function:
        return _Function(
            self.chain.select(rows),
            self.quantizer.select(rows),
            self.low[rows],
            self.high[rows],
            self.origin,
        )

    def __call__(self, x: IntArray) -> IntArray:
        """Results for integers [rows, n]; int64 [rows, n]."""
        try:
            return self.quantizer.quantize(self.chain.apply(x))
        except NotANumberError:
            raise fail(
                "HW0221",
                "the value to quantize is not a number for some reachable integers",
                f"the chain '{self.chain.describe()}' is undefined there",
                "clip the values before the operation (a logarithm or root of negative numbers)",
                self.origin,
            ) from None
        except OverflowError as error:
            raise fail(
                "HW0223",
                "a cast to integers overflows for some reachable integers",
                str(error),
                "clip the values before the cast, or cast to a wider type",
                self.origin,
            ) from None


def close(
    chain: Chain,
    quantizer: Quantizer,
    domain: Domain,
    origin: Origin | None = None,
) -> tuple[Op, ...]:
    """Integer operations equal to the chain followed by the quantizer.

    Args:
        chain: From the stream's integers to real values; constants [1 or rows].
        quantizer: Behind the chain; constants [1 or rows].
        domain: Which integers arrive.
        origin: The quantizer's node, for messages.

    Returns:
        Operations to apply in order; empty when the integers already are the result. Each has
        R = 1 rows, or as many as the constants.

    Raises:
        CompileError: HW0220 when no exact form is small enough, HW0221 when a reachable value
            gives NaN, HW0223 when a cast overflows.
    """
    function, inverse = _distinct(chain, quantizer, domain, origin)
    runs = runs_of_function(function, domain.element)
    if runs.rows > 1:
        runs = runs.take(inverse)
    found = operations(runs, domain.element, quantizer.element.encoding)
    if found is None:
        raise _too_wide(function, "its thresholds and tables would be too large")
    return found


def _distinct(
    chain: Chain, quantizer: Quantizer, domain: Domain, origin: Origin | None
) -> tuple[_Function, IntArray]:
    """The function on its different rows, and the number of each row among them."""
    bounds = domain.bounds()
    arrays: list[AnyArray] = [*chain.arrays(), *quantizer.arrays().values(), *bounds]
    rows = common_rows(*(a.shape[0] for a in arrays))
    low, high = (np.broadcast_to(b, (rows,)) for b in bounds)
    function = _Function(chain, quantizer, low, high, origin)
    varying = [a.reshape(rows, -1) for a in arrays if a.shape[0] == rows]
    if rows == 1 or not varying:
        return function, np.zeros(rows, dtype=np.int64)
    keys = np.concatenate([np.ascontiguousarray(a).view(np.uint8) for a in varying], axis=1)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return function.select(first.astype(np.int64)), inverse.reshape(-1).astype(np.int64)


def runs_of_function(function: _Function, element: IntType) -> Runs:
    """Runs of each row on the smallest interval that holds all rows' integers."""
    low, high = int(function.low.min()), int(function.high.max())
    levels = high - low + 1
    bipolar = element.levels == 2 and levels == 3
    if not bipolar and function.rows * levels > FULL_EVALUATION:
        found = _bisected(function, low, high)
        if found is not None:
            return found
    if function.rows * levels > _LARGEST_EVALUATION:
        raise _too_wide(function, f"it is not monotone and {levels} integers reach it")
    parts = [
        _evaluated(function.select(rows), low, high, bipolar)
        for rows in _groups(function.rows, levels)
    ]
    starts = tuple(s for part in parts for s in part.starts)
    return Runs(low, high, starts, tuple(v for part in parts for v in part.values))


def _too_wide(function: _Function, why: str) -> Exception:
    return fail(
        "HW0220",
        f"no exact integer form of '{function.chain.describe()}' is small enough",
        why,
        "put a quantizer before it, or make the accumulator narrower (fewer input or weight bits)",
        function.origin,
    )


def _groups(rows: int, width: int) -> Iterator[IntArray]:
    """Groups of rows whose [rows, width] arrays stay small."""
    step = max(1, _CHUNK // width)
    for start in range(0, rows, step):
        yield np.arange(start, min(start + step, rows), dtype=np.int64)


def _evaluated(function: _Function, low: int, high: int, bipolar: bool) -> Runs:
    """Runs by evaluating every integer; outside its interval a row keeps its edge's result."""
    points = np.arange(low, high + 1, dtype=np.int64)
    if bipolar:
        points[1] = 1  # a bipolar stream has no 0; the run of +1 begins there
    x = np.clip(points, function.low[:, None], function.high[:, None])
    results = function(x)
    return runs_of(low, np.broadcast_to(results, x.shape))


def _unit(quantizer: Quantizer) -> int:
    if isinstance(quantizer, BipolarQuantizer):
        return 2
    return abs(quantizer.slope) if isinstance(quantizer, StepQuantizer) else 1


def _bisected(function: _Function, low: int, high: int) -> Runs | None:
    """Runs by bisection; None when an operation may not be monotone or has too many results."""
    sign = function.chain.monotone_sign()
    if not sign.all():
        return None
    slope = np.broadcast_to(sign, (function.rows,))
    unit = _unit(function.quantizer)
    ends = np.stack([function.low, function.high], axis=1)
    first, last = np.broadcast_to(function(ends), ends.shape).T
    count = max(1, int(np.abs(last - first).max()) // unit)
    if count > MAX_THRESHOLDS:
        return None
    starts: list[IntArray] = []
    values: list[IntArray] = []
    for rows in _groups(function.rows, count):
        part = _Rising(function.select(rows), slope[rows], first[rows], last[rows], unit)
        for edges, results in part.steps():
            starts.append(np.concatenate(([low], edges)))
            values.append(results)
    return Runs(low, high, tuple(starts), tuple(values))


@dataclass(frozen=True, eq=False)
class _Rising:
    """Monotone rows, seen as rising functions of u = x or u = -x, to be bisected.

    Attributes:
        function: The rows.
        slope: +1 or -1 per row.
        first: Results at each row's smallest integer.
        last: Results at each row's largest integer.
        unit: Distance of neighbouring results.
    """

    function: _Function
    slope: IntArray
    first: IntArray
    last: IntArray
    unit: int

    def __call__(self, u: IntArray) -> IntArray:
        """Results for u [rows, n]; int64 [rows, n]."""
        return np.broadcast_to(self.function(u * self.slope[:, None]), u.shape)

    def steps(self) -> Iterator[tuple[IntArray, IntArray]]:
        """Per row: integers x where the result changes, ascending, and the results around them."""
        bottom = np.where(self.slope > 0, self.first, self.last)
        counts = (np.abs(self.last - self.first) // self.unit).astype(np.int64)
        number = np.arange(1, max(1, int(counts.max())) + 1, dtype=np.int64)
        targets = bottom[:, None] + self.unit * number
        smallest = self._smallest(targets)
        reached = number <= counts[:, None]
        self._check(smallest, targets, reached)
        for row, slope in enumerate(self.slope):
            edges = smallest[row, : counts[row]]
            # A falling row has the result of u >= T where x <= -T: the next run starts above.
            edges = edges if slope > 0 else 1 - edges[::-1]
            results = self.first[row] + slope * self.unit * np.arange(counts[row] + 1)
            last = np.append(np.diff(edges) > 0, True) if edges.size else np.ones(0, dtype=bool)
            yield edges[last], results[np.append(True, last)]

    def _smallest(self, targets: IntArray) -> IntArray:
        """Smallest u of each row with a result of at least each target [rows, n]."""
        low = np.where(self.slope > 0, self.function.low, -self.function.high)
        high = np.where(self.slope > 0, self.function.high, -self.function.low)
        below = np.broadcast_to(low[:, None], targets.shape).copy()
        above = np.broadcast_to(high[:, None], targets.shape).copy()
        # Invariant: the result is less than the target at `below`, not less at `above`. So at the
        # end the chain has been evaluated on both sides of every threshold.
        while np.any(above - below > 1):
            middle = (below + above) >> 1
            enough = self(middle) >= targets
            above = np.where(enough, middle, above)
            below = np.where(enough, below, middle)
        return above

    def _check(self, smallest: IntArray, targets: IntArray, reached: IntArray) -> None:
        """Thresholds ascend, and the chain agrees midway between neighbouring ones.

        Raises:
            InternalError: If an operation that counts as monotone is not.
        """
        following = np.append(smallest[:, 1:], smallest[:, -1:], axis=1)
        use = reached & np.append(reached[:, 1:], np.zeros((reached.shape[0], 1), bool), axis=1)
        between = (smallest + following) >> 1
        results = self(between)
        wrong = (results < targets) | ((between < following) & (results > targets))
        if np.any(use & ((following < smallest) | wrong)):
            raise InternalError(
                f"the chain '{self.function.chain.describe()}' is not monotone as announced"
            )
