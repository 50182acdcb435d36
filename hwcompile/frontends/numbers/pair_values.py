"""Two streams that meet: the function of both, its values on all pairs, and what it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from hwcompile.diagnostics import CompileError, Origin
from hwcompile.frontends.numbers.closing import runs_of_function
from hwcompile.frontends.numbers.pair_plane import Plane
from hwcompile.frontends.numbers.row_function import RowFunction, reported
from hwcompile.frontends.numbers.runs import Runs
from hwcompile.ir.types import IntArray, IntType
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, apply_all, join_values
from hwcompile_runtime.quantizers import Quantizer
from hwcompile_runtime.rows import AnyArray, common_rows

MAX_PAIRS = 1 << 20
_MAX_NARROW = 1 << 10
_MAX_VALUES = 1 << 24
# The operation on the wide stream when the narrow one has become its constant, by side.
_ON_LEFT = {"add": "add", "sub": "sub", "mul": "mul", "div": "div", "min": "min", "max": "max"}
_ON_RIGHT = {**_ON_LEFT, "sub": "rsub", "div": "rdiv"}


@dataclass(frozen=True, eq=False)
class Branch:
    """One of the two streams: its integers and what the model does with them before the meeting."""

    chain: Chain
    element: IntType


@dataclass(frozen=True, eq=False)
class Meeting:
    """The function `quantizer(ops(kind(left, right)))`; constants have 1 or `rows` rows."""

    kind: str
    left: Branch
    right: Branch
    ops: tuple[FloatOp, ...]
    quantizer: Quantizer
    origin: Origin | None

    @property
    def pairs(self) -> int:
        """How many pairs of integers there are."""
        return self.left.element.levels * self.right.element.levels

    def arrays(self) -> list[AnyArray]:
        """All per-row constants."""
        found = [*self.left.chain.arrays(), *self.right.chain.arrays()]
        found += [a for op in self.ops for a in op.arrays()]
        return found + list(self.quantizer.arrays().values())

    @property
    def rows(self) -> int:
        """1 or the number of rows."""
        return common_rows(*(a.shape[0] for a in self.arrays()))

    def select(self, rows: IntArray) -> Meeting:
        """The function of the given rows, in that order."""
        return Meeting(
            self.kind,
            Branch(self.left.chain.select(rows), self.left.element),
            Branch(self.right.chain.select(rows), self.right.element),
            tuple(op.select(rows) for op in self.ops),
            self.quantizer.select(rows),
            self.origin,
        )


def values_of(meeting: Meeting) -> IntArray:
    """Results on all pairs, int64 [rows, left levels, right levels]."""
    left = meeting.left.chain.apply(meeting.left.element.values().reshape(1, -1, 1))
    right = meeting.right.chain.apply(meeting.right.element.values().reshape(1, 1, -1))
    joined = join_values(meeting.kind, left, right)
    with reported(f"{meeting.kind} and what follows it", meeting.origin):
        found = meeting.quantizer.quantize(apply_all(meeting.ops, joined))
    return np.broadcast_to(found, (meeting.rows, *found.shape[1:]))


def plane_of(meeting: Meeting) -> tuple[Plane, bool] | None:
    """Step functions of the wider stream for each integer of the narrower one.

    Returns:
        The plane, and whether the left stream is the wide one; None when it is too large.
    """
    left_is_wide = meeting.left.element.levels >= meeting.right.element.levels
    wide, narrow = meeting.left, meeting.right
    if not left_is_wide:
        wide, narrow = narrow, wide
    count, rows = narrow.element.levels, meeting.rows
    if count > _MAX_NARROW or count * rows > _MAX_NARROW * 64:
        return None
    integers = narrow.element.values()
    real = narrow.chain.apply(integers.reshape(1, -1))
    real = np.broadcast_to(real, (rows, count)).reshape(-1)
    kind = (_ON_LEFT if left_is_wide else _ON_RIGHT)[meeting.kind]
    each = np.repeat(np.arange(rows), count)
    chain = wide.chain.select(each).then(FloatOp(kind, (real,)))
    low, high = (np.full(rows * count, end) for end in (wide.element.low, wide.element.high))
    function = RowFunction(
        chain.then(*(op.select(each) for op in meeting.ops)),
        meeting.quantizer.select(each),
        low,
        high,
        meeting.origin,
    )
    try:
        return Plane(runs_of_function(function, wide.element), integers), left_is_wide
    except CompileError as error:
        if any(d.code != "HW0220" for d in error.diagnostics):
            raise
        return None


@dataclass(frozen=True, eq=False)
class Factored:
    """The function depends on one integer z only.

    Attributes:
        factors: `z = factors[0] * a + factors[1] * b`; None for a product.
        zeros: `z = (a - zeros[0]) * (b - zeros[1])` for a product.
        runs: The function of z; where no pair gives z, as at the next smaller z.
    """

    factors: tuple[int, int] | None
    zeros: tuple[int, int]
    runs: Runs


def factored(meeting: Meeting) -> Factored | None:
    """Find one integer that decides the result on all pairs; None when there is none.

    Only integers that take at most half as many values as there are pairs are of use.
    """
    if meeting.rows * meeting.pairs > _MAX_VALUES or meeting.kind not in ("add", "sub", "mul"):
        return None
    a = meeting.left.element.values()[:, None]
    b = meeting.right.element.values()[None, :]
    values = values_of(meeting).reshape(meeting.rows, -1)
    if meeting.kind == "mul":
        zeros = _zero(meeting.left.chain), _zero(meeting.right.chain)
        runs = _runs_on(((a - zeros[0]) * (b - zeros[1])).reshape(-1), values)
        return None if runs is None else Factored(None, zeros, runs)
    for factors in _factor_candidates(meeting):
        runs = _runs_on((factors[0] * a + factors[1] * b).reshape(-1), values)
        if runs is not None:
            return Factored(factors, (0, 0), runs)
    return None


def _zero(chain: Chain) -> int:
    start = chain.start
    return int(start.zero_point[0]) if isinstance(start, Dequantize) else 0


def _factor_candidates(meeting: Meeting) -> list[tuple[int, int]]:
    """Small integers in about the ratio of the two scales, smallest first."""
    starts = [meeting.left.chain.start, meeting.right.chain.start]
    steps = [Fraction(float(s.scale[0])) if isinstance(s, Dequantize) else 1 for s in starts]
    ratio = Fraction(steps[0]) / Fraction(steps[1])
    sign = -1 if meeting.kind == "sub" else 1
    found: dict[tuple[int, int], None] = {}
    for n in range(1, 17):
        for p, q in ((round(ratio * n), n), (n, round(n / ratio))):
            if 0 < p <= 64 and 0 < q <= 64 and np.gcd(p, q) == 1:
                found[p, sign * q] = None
    return sorted(found, key=lambda pair: abs(pair[0]) + abs(pair[1]))


def _runs_on(z: IntArray, values: IntArray) -> Runs | None:
    """The values [rows, pairs] as functions of z [pairs]; None when z does not decide them."""
    reached, first, inverse = np.unique(z, return_index=True, return_inverse=True)
    if 2 * reached.size > z.size:
        return None
    representative = values[:, first]
    if np.any(representative[:, inverse] != values):
        return None
    starts, results = [], []
    for row in representative:
        change = np.concatenate(([0], np.flatnonzero(np.diff(row)) + 1))
        starts.append(reached[change])
        results.append(row[change])
    return Runs(int(reached[0]), int(reached[-1]), tuple(starts), tuple(results))
