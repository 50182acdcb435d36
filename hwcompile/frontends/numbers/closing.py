"""Closing: a chain and the quantizer behind it become integer operations, exactly.

The result agrees with `quantizer.quantize(chain.apply(x))` on every reachable integer x of every
row. Small domains are evaluated in full. On wide ones a chain whose operations are all monotone is
bisected: the threshold of each result is the smallest integer for which the chain itself, in
float32, gives that result. Chains that are not monotone are evaluated in full as well.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.frontends.numbers.bisection import bisected
from hwcompile.frontends.numbers.exact_rounding import differing, exact_runs
from hwcompile.frontends.numbers.row_function import RowFunction, row_groups
from hwcompile.frontends.numbers.runs import Runs, operations, runs_of
from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType
from hwcompile_runtime.chain import Chain
from hwcompile_runtime.quantizers import Quantizer
from hwcompile_runtime.rows import AnyArray, common_rows

FULL_EVALUATION = 1 << 20
"""Up to so many (row, value) pairs, every value is evaluated even if bisection would do."""
_LARGEST_EVALUATION = 1 << 27


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
    found = operations(runs, domain.element, quantizer.element.encoding)
    if found is None:
        raise _too_wide(function, "its thresholds and tables would be too large")
    return spread(found, inverse)


@dataclass(frozen=True, eq=False)
class RoundedOnce:
    """A chain closed with one rounding.

    Attributes:
        ops: Operations to apply in order.
        values: How many integers there are, in all different rows together.
        differing: On how many of them float32 gives another result; None when that has no form
            that could be compared.
    """

    ops: tuple[Op, ...]
    values: int
    differing: int | None


def close_once(
    chain: Chain, quantizer: Quantizer, domain: Domain, origin: Origin | None = None
) -> RoundedOnce | None:
    """Like `close`, with the exact numbers of the chain's constants and one rounding at the end.

    Returns:
        None when the chain is no line with limits (see `exact_rounding`), or too wide.
    """
    function, inverse = _distinct(chain, quantizer, domain, origin)
    runs = exact_runs(function)
    found = None if runs is None else operations(runs, domain.element, quantizer.element.encoding)
    if runs is None or found is None:
        return None
    try:
        low, high = np.full_like(function.low, runs.low), np.full_like(function.high, runs.high)
        wide = _runs(replace(function, low=low, high=high), domain.element)
        count = differing(runs, wide, function.low, function.high)
    except CompileError:
        count = None
    values = int((function.high - function.low + 1).sum())
    return RoundedOnce(spread(found, inverse), values, count)


def spread(ops: tuple[Op, ...], inverse: IntArray) -> tuple[Op, ...]:
    """Operations on distinct rows, for all rows: row r takes the constants of `inverse[r]`."""
    distinct = int(inverse.max()) + 1
    return tuple(_spread(op, distinct, inverse) for op in ops) if distinct > 1 else ops


def _spread(op: Op, distinct: int, inverse: IntArray) -> Op:
    """All arrays of row-wise operations have a first axis of rows; operations without any stay."""
    values = {f.name: getattr(op, f.name) for f in fields(op)}  # type: ignore[arg-type]
    arrays = {n: a for n, a in values.items() if isinstance(a, np.ndarray)}
    chosen = {n: a[inverse] for n, a in arrays.items() if a.shape[0] == distinct}
    return replace(op, **chosen) if chosen else op  # type: ignore[type-var]


def _distinct(
    chain: Chain, quantizer: Quantizer, domain: Domain, origin: Origin | None
) -> tuple[RowFunction, IntArray]:
    """The function on its different rows, and the number of each row among them."""
    bounds = domain.bounds()
    arrays: list[AnyArray] = [*chain.arrays(), *quantizer.arrays().values(), *bounds]
    first, inverse = distinct_rows(arrays)
    low, high = (np.broadcast_to(b, inverse.shape) for b in bounds)
    return RowFunction(chain, quantizer, low, high, origin).select(first), inverse


def distinct_rows(arrays: list[AnyArray]) -> tuple[IntArray, IntArray]:
    """Rows that differ in some constant.

    Args:
        arrays: Constants [1 or rows, ...].

    Returns:
        One row of each kind, int64 [distinct]; and which of them each row equals, int64 [rows].
    """
    rows = common_rows(*(a.shape[0] for a in arrays))
    if rows == 1:
        return np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    varying = [np.ascontiguousarray(a.reshape(rows, -1)) for a in arrays if a.shape[0] == rows]
    keys = np.concatenate([a.view(np.uint8) for a in varying], axis=1)
    _, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), inverse.reshape(-1).astype(np.int64)


def runs_of_function(function: RowFunction, element: IntType) -> Runs:
    """Runs of each row on the smallest interval that holds all rows' integers."""
    found = _runs(function, element)
    low, high = found.low, found.high
    if np.all(function.low == low) and np.all(function.high == high):
        return found
    return _continued(function, element, found)


def _continued(function: RowFunction, element: IntType, found: Runs) -> Runs:
    """The same functions where they are reached; elsewhere they go on as the chain does.

    A row that stops where its own integers end is no line any more, and a line is what the cheapest
    kernels need. Results stay within those that are reached.
    """
    low, high = np.full_like(function.low, found.low), np.full_like(function.high, found.high)
    try:
        wide = _runs(replace(function, low=low, high=high), element)
    except CompileError:
        return found  # undefined where no integer arrives
    reached = found.reached
    values = [np.clip(row, reached.low, reached.high) for row in wide.values]
    kept = [np.flatnonzero(np.diff(row, prepend=row[0] - 1)) for row in values]
    starts = tuple(row[k] for row, k in zip(wide.starts, kept, strict=True))
    wide = Runs(wide.low, wide.high, starts, tuple(v[k] for v, k in zip(values, kept, strict=True)))
    steps = [max(v.size for v in runs.values) for runs in (found, wide)]
    same = steps[0] == steps[1] and np.array_equal(found.directions() != 0, wide.directions() != 0)
    return wide if same else found


def _runs(function: RowFunction, element: IntType) -> Runs:
    low, high = int(function.low.min()), int(function.high.max())
    levels = high - low + 1
    bipolar = element.encoding is Encoding.BIPOLAR and levels == 3
    if not bipolar and function.rows * levels > FULL_EVALUATION:
        found = bisected(function, low, high)
        if found is not None:
            return found
    if function.rows * levels > _LARGEST_EVALUATION:
        raise _too_wide(function, f"it is not monotone and {levels} integers reach it")
    parts = [
        _evaluated(function.select(rows), low, high, bipolar)
        for rows in row_groups(function.rows, levels)
    ]
    starts = tuple(s for part in parts for s in part.starts)
    return Runs(low, high, starts, tuple(v for part in parts for v in part.values))


def _too_wide(function: RowFunction, why: str) -> Exception:
    return fail(
        "HW0220",
        f"no exact integer form of '{function.chain.describe()}' is small enough",
        why,
        "put a quantizer before it, or make the accumulator narrower (fewer input or weight bits)",
        function.origin,
    )


def _evaluated(function: RowFunction, low: int, high: int, bipolar: bool) -> Runs:
    """Runs by evaluating every integer; outside its interval a row keeps its edge's result."""
    points = np.arange(low, high + 1, dtype=np.int64)
    if bipolar:
        points[1] = 1  # a bipolar stream has no 0; the run of +1 begins there
    x = np.clip(points, function.low[:, None], function.high[:, None])
    results = function(x)
    return runs_of(low, np.broadcast_to(results, x.shape))
