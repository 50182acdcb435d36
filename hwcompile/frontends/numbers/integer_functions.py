"""Closing functions that are given on integers: formats that define their own integer arithmetic.

What `closing` does for chains of float operations, this does for a function of integers: full
evaluation where there are few of them, bisection of monotone functions where there are many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.frontends.numbers.bisection import bisected_rows
from hwcompile.frontends.numbers.closing import FULL_EVALUATION, distinct_rows, spread
from hwcompile.frontends.numbers.row_function import row_groups
from hwcompile.frontends.numbers.runs import Runs, operations, runs_of
from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType
from hwcompile_runtime.rows import common_rows

Compute = Callable[[IntArray, tuple[IntArray, ...]], IntArray]
"""Results for integers [rows, n] with constants of [rows] each."""


@dataclass(frozen=True, eq=False)
class IntegerFunction:
    """Rows of functions from an interval to integers.

    Attributes:
        name: In a few words, for messages.
        compute: The function; it is defined on the whole interval.
        constants: What differs from row to row, int64 [1 or rows] each.
        interval: Integers that arrive.
        rises: Whether no row ever falls; without it every integer is evaluated.
    """

    name: str
    compute: Compute
    constants: tuple[IntArray, ...]
    interval: IntType
    rises: bool = True

    @property
    def rows(self) -> int:
        """1 or the number of rows."""
        return common_rows(*(c.size for c in self.constants))

    @property
    def low(self) -> IntArray:
        """Smallest integer of each row, int64 [rows]."""
        return np.full(self.rows, self.interval.low)

    @property
    def high(self) -> IntArray:
        """Largest integer of each row, int64 [rows]."""
        return np.full(self.rows, self.interval.high)

    def select(self, rows: IntArray) -> Self:
        """The functions of the given rows, in that order."""
        count = self.rows
        wide = tuple(np.broadcast_to(c, (count,))[rows] for c in self.constants)
        return replace(self, constants=wide)

    def __call__(self, x: IntArray) -> IntArray:
        """Results for integers [rows, n]; int64 [rows, n]."""
        return self.compute(x, self.constants)

    def describe(self) -> str:
        """What it computes."""
        return self.name

    def runs(self) -> Runs | None:
        """The step functions of the rows; None when there are too many results."""
        low, high = self.interval.low, self.interval.high
        levels = high - low + 1
        if self.rises and self.rows * levels > FULL_EVALUATION:
            return bisected_rows(self, np.ones(1, np.int64), 1, low, high)
        points = np.arange(low, high + 1, dtype=np.int64)
        starts: list[IntArray] = []
        values: list[IntArray] = []
        for rows in row_groups(self.rows, levels):
            x = np.broadcast_to(points, (rows.size, levels))
            part = runs_of(low, np.broadcast_to(self.select(rows)(x), x.shape))
            starts.extend(part.starts)
            values.extend(part.values)
        return Runs(low, high, tuple(starts), tuple(values))


def close_integers(function: IntegerFunction, source: IntType, origin: Origin) -> tuple[Op, ...]:
    """Integer operations equal to the functions; none where they change nothing.

    Args:
        function: One row, or one per row of the tensor.
        source: Of the values that arrive.
        origin: For messages.

    Raises:
        CompileError: HW0220 when no form is small enough.
    """
    first, inverse = distinct_rows(list(function.constants))
    distinct = function.select(first)
    wide = function.interval.levels
    runs = None if not function.rises and wide > FULL_EVALUATION else distinct.runs()
    found = None if runs is None else operations(runs, source, Encoding.INTEGER)
    if found is None:
        raise fail(
            "HW0220",
            f"no exact integer form of '{function.name}' is small enough",
            f"{wide} integers reach it, and its thresholds or tables would be too large",
            "quantize what comes before it to fewer bits",
            origin,
        )
    return spread(found, inverse)
