"""Reach: the interval of numbers that a chain computes, row by row, without evaluating them all.

Ends go through rising and falling operations exactly as the model computes them; what is neither
gets a bound, or none at all. Bounds of integers are proved to stay inside int64.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hwcompile_runtime.chain import FloatOp, join_values
from hwcompile_runtime.integer_types import LIMITS
from hwcompile_runtime.rows import AnyArray

_END = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Reach:
    """Smallest and largest number of each row; [1 or rows] each, int64 or float32."""

    low: AnyArray
    high: AnyArray

    @property
    def largest(self) -> int:
        """The largest magnitude of integers."""
        return max(abs(int(self.low.min())), abs(int(self.high.max())))

    def within(self, low: int, high: int) -> bool:
        """True when no row leaves low to high."""
        return int(self.low.min()) >= low and int(self.high.max()) <= high


def between(low: int, high: int) -> Reach:
    """The interval of two integers, one row."""
    return Reach(np.array([low], dtype=np.int64), np.array([high], dtype=np.int64))


def reached(ops: Iterable[FloatOp], start: Reach | None) -> Reach | None:
    """What operations in order make of an interval; None where nothing is known."""
    for op in ops:
        start = _behind(op, start)
    return start


def met(kind: str, left: Reach | None, right: Reach | None) -> Reach | None:
    """What `kind` makes of two intervals; None where nothing is known."""
    if left is None or right is None or left.low.dtype != right.low.dtype:
        return None
    if left.low.dtype != np.int64:
        return _met_reals(kind, left, right)
    if kind in _ON_BITS:
        return _on_bits(left, right)
    if kind == "div" and np.any((right.low <= 0) & (right.high >= 0)):
        return None
    if _size(kind, left.largest, right.largest) > _END:
        return None
    corners = [
        join_values(kind, a, b) for a in (left.low, left.high) for b in (right.low, right.high)
    ]
    return _hull(corners)


def _met_reals(kind: str, left: Reach, right: Reach) -> Reach | None:
    """Real numbers: rounding keeps the order, so that the corners hold all that is between."""
    if kind not in ("add", "sub", "mul", "min", "max"):
        return None
    ends = [(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
    return _hull([join_values(kind, a, b) for a, b in ends])


def _size(kind: str, first: int, second: int) -> int:
    """A bound of the magnitude of results, from those of the operands."""
    if kind in ("mul", "prelu"):
        return max(first, 1) * max(second, 1)
    if kind == "shift_left":
        return first << min(second, 64)
    if kind == "pow":
        return _END + 1 if second > 64 else max(first, 1) ** int(second)
    return first + second


def _hull(ends: list[AnyArray]) -> Reach | None:
    shape = np.broadcast_shapes(*(e.shape for e in ends))
    stacked = np.stack([np.broadcast_to(e, shape) for e in ends])
    if stacked.dtype.kind == "f" and np.isnan(stacked).any():
        return None
    return Reach(stacked.min(axis=0), stacked.max(axis=0))


_ON_BITS = frozenset({"bit_and", "bit_or", "bit_xor"})


def _on_bits(left: Reach, right: Reach) -> Reach:
    """Numbers of as many bits as those of the operands, signed where one of these may be."""
    signed = bool(np.any(left.low < 0) or np.any(right.low < 0))
    ends = (left.low, left.high, right.low, right.high)
    magnitudes = [int(v) if v >= 0 else -1 - int(v) for e in ends for v in (e.min(), e.max())]
    most = 2 ** max(m.bit_length() for m in magnitudes) - 1
    return between(-1 - most if signed else 0, most)


def _remainders(kind: str, start: Reach, divisor: AnyArray) -> Reach:
    """Remainders are nearer to 0 than the divisor."""
    most = _magnitude(divisor) - 1
    if kind == "fmod":
        return between(-most if np.any(start.low < 0) else 0, most if np.any(start.high > 0) else 0)
    return between(-most if np.any(divisor < 0) else 0, most if np.any(divisor > 0) else 0)


def _behind(op: FloatOp, start: Reach | None) -> Reach | None:
    if op.kind in ("wrap", "cast"):
        return _converted(op, start)
    if start is None:
        return None
    if op.kind == "join":
        left, right = (reached(branch, start) for branch in op.branches)
        return met(op.attributes["op"], left, right)
    whole = start.low.dtype == np.int64
    if whole and op.kind in _ON_BITS:
        return _on_bits(start, Reach(op.constants[0], op.constants[0]))
    if whole and op.kind in ("mod", "fmod"):
        return _remainders(op.kind, start, op.constants[0])
    if whole and op.kind != "fake_quant":
        second = max((_magnitude(c) for c in op.constants), default=0)
        if _size(op.kind, start.largest, second) > _END:
            return None
    ends = [start.low, start.high]
    if not np.all(op.monotone_sign()):
        if not whole:
            return None
        # Whole-number operations that are not monotone (abs, powers) turn at 0.
        ends.append(np.clip(0, start.low, start.high))
    # One column of points per row, as chains are evaluated.
    return _hull([op.apply(end[:, None])[:, 0] for end in ends])


def _magnitude(constant: AnyArray) -> int:
    return max(abs(int(constant.min())), abs(int(constant.max())))


def _converted(op: FloatOp, start: Reach | None) -> Reach | None:
    """Behind a wrap or a cast: never outside the type, and the interval itself where it fits."""
    name = str(op.attributes["to"])
    if name == "bool":
        return between(0, 1)
    if name == "float32":
        ends = None if start is None else [start.low, start.high]
        return None if ends is None else _hull([e.astype(np.float32) for e in ends])
    low, high = LIMITS[name]
    if start is None:
        return between(low, high)
    if start.low.dtype != np.int64:
        # Whatever leaves the type is refused when the chain is closed.
        inside = bool(np.all(np.isfinite(start.low)) and np.all(np.isfinite(start.high)))
        ends = [np.trunc(start.low), np.trunc(start.high)]
        if not inside or min(e.min() for e in ends) < low or max(e.max() for e in ends) >= high:
            return between(low, high)
        return Reach(ends[0].astype(np.int64), ends[1].astype(np.int64))
    leaves = (start.low < low) | (start.high > high)
    return Reach(np.where(leaves, low, start.low), np.where(leaves, high, start.high))
