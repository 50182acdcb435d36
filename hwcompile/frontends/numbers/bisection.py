"""Bisection of monotone chains: the exact threshold of every result, for all rows at once.

The threshold of a result is the smallest integer for which the chain itself, in float32, gives at
least that result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.frontends.numbers.row_function import RowFunction, row_groups
from hwcompile.frontends.numbers.runs import MAX_THRESHOLDS, Runs
from hwcompile.ir.types import IntArray
from hwcompile_runtime.quantizers import BipolarQuantizer, Quantizer, StepQuantizer


def _unit(quantizer: Quantizer) -> int:
    if isinstance(quantizer, BipolarQuantizer):
        return 2
    return abs(quantizer.slope) if isinstance(quantizer, StepQuantizer) else 1


class Monotone(Protocol):
    """Rows of integer functions, each of which rises or falls."""

    @property
    def low(self) -> IntArray:
        """Smallest integer that reaches each row, int64 [rows]."""
        ...

    @property
    def high(self) -> IntArray:
        """Largest one."""
        ...

    @property
    def rows(self) -> int:
        """Number of rows."""
        ...

    def select(self, rows: IntArray) -> Self:
        """The functions of the given rows, in that order."""
        ...

    def __call__(self, x: IntArray) -> IntArray:
        """Results for integers [rows, n]; int64 [rows, n]."""
        ...

    def describe(self) -> str:
        """What it computes, in a few words."""
        ...


def bisected(function: RowFunction, low: int, high: int) -> Runs | None:
    """Runs by bisection; None when an operation may not be monotone or has too many results."""
    sign = function.chain.monotone_sign()
    if not sign.all():
        return None
    return bisected_rows(function, sign, _unit(function.quantizer), low, high)


def bisected_rows(
    function: Monotone, sign: IntArray, unit: int, low: int, high: int
) -> Runs | None:
    """Runs of functions that are known to be monotone; None when they have too many results.

    Args:
        function: The rows.
        sign: +1 for rows that rise, -1 for those that fall; int64 [1 or rows].
        unit: Distance of neighbouring results.
        low: Where the first run of every row starts.
        high: Where the last one ends.
    """
    slope = np.broadcast_to(sign, (function.rows,))
    ends = np.stack([function.low, function.high], axis=1)
    first, last = np.broadcast_to(function(ends), ends.shape).T
    count = max(1, int(np.abs(last - first).max()) // unit)
    if count > MAX_THRESHOLDS:
        return None
    starts: list[IntArray] = []
    values: list[IntArray] = []
    for rows in row_groups(function.rows, count):
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

    function: Monotone
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
        self._check(smallest, bottom, counts)
        for row, slope in enumerate(self.slope):
            edges = smallest[row, : counts[row]]
            # A falling row has the result of u >= T where x <= -T: the next run starts above.
            edges = edges if slope > 0 else 1 - edges[::-1]
            results = self.first[row] + slope * self.unit * np.arange(counts[row] + 1)
            last = np.append(np.diff(edges) > 0, True) if edges.size else np.ones(0, dtype=bool)
            yield edges[last], results[np.append(True, last)]

    def _ends(self) -> tuple[IntArray, IntArray]:
        """Smallest and largest u of each row, int64 [rows] each."""
        rising, low, high = self.slope > 0, self.function.low, self.function.high
        return np.where(rising, low, -high), np.where(rising, high, -low)

    def _smallest(self, targets: IntArray) -> IntArray:
        """Smallest u of each row with a result of at least each target [rows, n]."""
        low, high = self._ends()
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

    def _check(self, smallest: IntArray, bottom: IntArray, counts: IntArray) -> None:
        """Evaluate the chain in the middle of every run.

        Raises:
            InternalError: If an operation that counts as monotone is not.
        """
        low, high = (end[:, None] for end in self._ends())
        number = np.arange(smallest.shape[1] + 1, dtype=np.int64)
        starts = np.concatenate((low, smallest), axis=1)
        ends = np.concatenate((smallest, high + 1), axis=1)
        ends = np.where(number == counts[:, None], high + 1, ends)
        results = self(np.clip((starts + ends) >> 1, low, high))
        wrong = (results != bottom[:, None] + self.unit * number) & (starts != ends)
        if np.any((number <= counts[:, None]) & (wrong | (starts > ends))):
            raise InternalError(
                f"the chain '{self.function.describe()}' is not monotone as announced"
            )
