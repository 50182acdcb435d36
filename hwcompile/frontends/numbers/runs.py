"""Step functions on integers, row by row, and the operations that compute them.

Every function from an integer interval to integers is a sequence of *runs* of equal results. Runs
are what closing finds, by evaluation or by bisection, and what it turns into operations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType
from hwcompile.ops.elementwise.op import MOST_COEFFICIENT, Linear
from hwcompile.ops.table.op import Table
from hwcompile.ops.threshold.op import Threshold

MAX_THRESHOLDS = 1 << 16
MAX_LEVELS = 1 << 16
MAX_ENTRIES = 1 << 23


@dataclass(frozen=True, eq=False)
class Runs:
    """One step function per row on the integers from `low` to `high`.

    Attributes:
        low: Where the first run of every row starts.
        high: Where the last run of every row ends, included.
        starts: Per row, first integer of each run, ascending; int64 [runs of the row].
        values: Per row, result on each run; int64 [runs of the row].
    """

    low: int
    high: int
    starts: tuple[IntArray, ...]
    values: tuple[IntArray, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.starts)

    @property
    def reached(self) -> IntType:
        """Smallest interval of all results."""
        lowest = min(int(v.min()) for v in self.values)
        return IntType(lowest, max(int(v.max()) for v in self.values))

    def directions(self) -> IntArray:
        """+1 rising (or constant), -1 falling, 0 neither, per row; int64 [rows]."""
        return np.array([_direction(np.diff(v)) for v in self.values], dtype=np.int64)

    def is_identity(self, source: IntType) -> bool:
        """True when every row maps every integer of `source` in the interval to itself."""
        if source.encoding is Encoding.BIPOLAR:
            return bool(np.all(self.on(source.values()) == source.values()))
        count = self.high - self.low + 1
        pairs = zip(self.starts, self.values, strict=True)
        return all(s.size == count and np.array_equal(s, v) for s, v in pairs)

    def on(self, points: IntArray) -> IntArray:
        """Results for integers [n] (those outside the interval take its edge); int64 [rows, n]."""
        found = []
        for starts, values in zip(self.starts, self.values, strict=True):
            position = np.searchsorted(starts, points, side="right") - 1
            found.append(values[np.maximum(position, 0)])
        return np.stack(found)


def _direction(steps: IntArray) -> int:
    if np.all(steps >= 0):
        return 1
    return -1 if np.all(steps <= 0) else 0


def runs_of(low: int, results: IntArray) -> Runs:
    """Runs of results [rows, n] for the integers low, low + 1, ..., low + n - 1."""
    starts, values = [], []
    for row in results:
        first = np.concatenate(([0], np.flatnonzero(np.diff(row)) + 1)).astype(np.int64)
        starts.append(first + low)
        values.append(row[first])
    return Runs(low, low + results.shape[1] - 1, tuple(starts), tuple(values))


def operations(runs: Runs, source: IntType, encoding: Encoding) -> tuple[Op, ...] | None:
    """The smallest operations that compute `runs` on values of type `source`, or None.

    A monotone function is a `Threshold`, unless a table that all rows share has fewer bits. Any
    other function is a `Table`, or, when the input is wide, a `Threshold` that numbers the runs
    and a `Table` with one entry per run.

    Args:
        runs: The functions; one row, or one per row of the tensor.
        source: Type of the values that arrive.
        encoding: Of the results.
    """
    element = BIPOLAR if encoding is Encoding.BIPOLAR else runs.reached
    if source.encoding is encoding and runs.is_identity(source):
        return ()
    line = _affine(runs, element)
    if line is not None:
        return (line,)
    monotone = threshold_of(runs, source, element)
    if monotone is None:
        return _irregular(runs, source, element)
    table = table_of(runs, source, element) if runs.rows == 1 else None
    if table is not None and source.levels * element.bits <= monotone[1] * source.bits:
        return (table,)
    return (monotone[0],)


def _affine(runs: Runs, element: IntType) -> Op | None:
    """`Linear` when the results of the only row are `c * x + d` with c other than 0."""
    count = runs.high - runs.low + 1
    if runs.rows > 1 or element == BIPOLAR or runs.starts[0].size != count or count < 2:
        return None
    steps = np.diff(runs.values[0])
    if np.any(steps != steps[0]):
        return None
    factor = int(steps[0])
    offset = int(runs.values[0][0]) - factor * runs.low
    if max(abs(factor), abs(offset)) >= MOST_COEFFICIENT:
        return None
    return Linear((factor,), offset)


def threshold_of(runs: Runs, source: IntType, element: IntType) -> tuple[Op, int] | None:
    """A `Threshold` and its number of thresholds per row; None when a row is not monotone."""
    slope = runs.directions()
    if not slope.all():
        return None
    unit = 2 if element == BIPOLAR else 1
    spans = [abs(int(v[-1] - v[0])) // unit for v in runs.values]
    count = max(1, *spans)
    if count > MAX_THRESHOLDS or count * runs.rows > MAX_ENTRIES:
        return None
    # A threshold above the type is never reached: rows with fewer steps are filled with it.
    never = max(runs.high, source.high) + 1
    thresholds = np.full((runs.rows, count), never, dtype=np.int64)
    for row, (starts, values) in enumerate(zip(runs.starts, runs.values, strict=True)):
        thresholds[row, : spans[row]] = np.repeat(starts[1:], np.abs(np.diff(values)) // unit)
    base = np.array([v[0] for v in runs.values], dtype=np.int64)
    if element == BIPOLAR:
        # The op wants base == -slope; a constant row has a threshold that is never reached.
        slope = -base
    return Threshold(thresholds, base, slope, element), count


def table_of(runs: Runs, source: IntType, element: IntType) -> Op | None:
    """A `Table` with an entry for every value of `source`; None when that is too large."""
    levels = source.levels
    if levels > MAX_LEVELS or levels * runs.rows > MAX_ENTRIES:
        return None
    return Table(runs.on(source.values()), element)


def _irregular(runs: Runs, source: IntType, element: IntType) -> tuple[Op, ...] | None:
    """Operations for functions that are not monotone in some row."""
    table = table_of(runs, source, element)
    most = max(s.size for s in runs.starts)
    pieces = _piecewise(runs, source, most, element)
    if table is None:
        return pieces
    direct = source.levels * element.bits
    if pieces is not None and most * (source.bits + element.bits) * 4 < direct:
        return pieces
    return (table,)


def _piecewise(runs: Runs, source: IntType, most: int, element: IntType) -> tuple[Op, ...] | None:
    """Number the runs with thresholds, then look the number up."""
    if most > MAX_THRESHOLDS or most * runs.rows > MAX_ENTRIES or most < 2:
        return None
    never = max(runs.high, source.high) + 1
    thresholds = np.full((runs.rows, most - 1), never, dtype=np.int64)
    results = np.zeros((runs.rows, most), dtype=np.int64)
    for row, (starts, values) in enumerate(zip(runs.starts, runs.values, strict=True)):
        thresholds[row, : starts.size - 1] = starts[1:]
        results[row, : values.size] = values
        results[row, values.size :] = values[-1]
    zeros = np.zeros(runs.rows, dtype=np.int64)
    number = Threshold(thresholds, zeros, zeros + 1, IntType(0, most - 1))
    return number, Table(results, element)
