"""Cast: a fixed-point number becomes one of another format, rounded and brought into its range."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType, TensorType
from hwcompile_runtime.rounding import fitted, rounding_term

ROUNDINGS = ("floor", "zero", "half_up", "half_down", "half_away", "half_zero", "half_even")
OVERFLOWS = ("wrap", "saturate", "zero")
MOST_BITS = 62


@dataclass(frozen=True, eq=False)
class Cast(Op):
    """`y = fit(round((x * 2^left + offset) / 2^grain) * 2^(grain - right))`, row by row.

    Numbers count steps of 2^-f: `left - right` is how many binary digits the format gains behind
    the point, and a row may round away more of them than it drops (`grain > right`). `round` goes
    down (`floor`), towards zero (`zero`), or to the nearest, where ties go up, down, away from
    zero, to zero or to the even neighbour. `fit` brings what is outside [low, high] back: to the
    nearer end (`saturate`), to 0 (`zero`), or by multiples of the range's length (`wrap`).

    Attributes:
        left: Binary digits that are appended.
        right: Binary digits that are dropped.
        offset: Added in front of rounding, int64 [R]. R is 1, C or H*W*C (flat order).
        grain: Binary digits that are rounded away, at least `right`, int64 [R].
        low: Least result, int64 [R].
        high: Greatest result, int64 [R].
        rounding: One of `ROUNDINGS`.
        overflow: One of `OVERFLOWS`.
    """

    left: int
    right: int
    offset: IntArray
    grain: IntArray
    low: IntArray
    high: IntArray
    rounding: str
    overflow: str

    family: ClassVar[str] = "cast"

    @property
    def rows(self) -> int:
        """R."""
        return int(self.offset.size)

    @cached_property
    def unit(self) -> IntArray:
        """Distance of neighbouring results, int64 [R]."""
        return np.int64(1) << (self.grain - self.right)

    @cached_property
    def period(self) -> IntArray:
        """Length of the range, int64 [R]."""
        return self.high - self.low + self.unit

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Shapes, names, ranges that are no ranges of a format, and sums that are too wide."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        kind = inputs[0]
        found = self._shape_problems(kind)
        if found:
            return found
        if kind.element.encoding is Encoding.BIPOLAR:
            return ["a bipolar element is no fixed-point number"]
        bits = self.sum_type(kind.element).bits
        if bits > MOST_BITS:
            return [f"its sums need {bits} bits, more than {MOST_BITS}"]
        return self._range_problems()

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """What the ends of the input become, or all the range of a row that overflows."""
        low, high = self._reach(inputs[0].element)
        return (TensorType(inputs[0].shape, IntType(int(low.min()), int(high.max()))),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Round in int64, and fit where some input leaves its range."""
        element = inputs[0].element
        if element not in self._overflowing:
            self._overflowing[element] = self.overflows(element)
        rounded = self.rounded(values[0].reshape(-1, self.rows))
        if self._overflowing[element]:
            rounded = self._fit(rounded)
        return (rounded.reshape(values[0].shape),)

    @cached_property
    def _overflowing(self) -> dict[IntType, bool]:
        """What `overflows` said."""
        return {}

    def apply(self, values: IntArray) -> IntArray:
        """The results of `values` [..., R elements, in flat order]; same shape."""
        rounded = self.rounded(values.reshape(-1, self.rows))
        return self._fit(rounded).reshape(values.shape)

    def sum_type(self, element: IntType) -> IntType:
        """Type of what is rounded, with room for what rounding adds."""
        room = int(np.int64(1) << min(int(self.grain.max()), MOST_BITS))
        low = (element.low << self.left) + min(int(self.offset.min()), 0)
        high = (element.high << self.left) + max(int(self.offset.max()), 0) + room
        return IntType(min(low, 0), high)

    def rounded(self, x: IntArray) -> IntArray:
        """Multiples of `unit` before `fit`; int64 [..., R]."""
        v = x << self.left
        if self._moves:
            v += self.offset
        if self.rounding != "floor":
            v += rounding_term(v, self.grain, self._half, self.rounding)
        v >>= self.grain
        if self._rises:
            v <<= self.grain - self.right
        return v

    @cached_property
    def _moves(self) -> bool:
        """Some row has an offset."""
        return bool(self.offset.any())

    @cached_property
    def _rises(self) -> bool:
        """Some row's results are multiples of more than 1."""
        return bool(np.any(self.grain != self.right))

    @cached_property
    def _half(self) -> IntArray:
        """Half of what is rounded away, int64 [R]."""
        half: IntArray = (np.int64(1) << self.grain) >> 1
        return half

    def overflows(self, element: IntType) -> bool:
        """Some input of the type leaves the range of its row."""
        low, high = self._ends(element)
        return bool(np.any(low < self.low) or np.any(high > self.high))

    def merged(self) -> Cast:
        """The same with one row where all rows are alike."""
        rows = (self.offset, self.grain, self.low, self.high)
        if any(np.any(row != row[0]) for row in rows):
            return self
        first = {f: getattr(self, f)[:1] for f in ("offset", "grain", "low", "high")}
        return replace(self, **first)

    def _fit(self, q: IntArray) -> IntArray:
        return fitted(q, self.low, self.high, self.period, self.overflow)

    def _ends(self, element: IntType) -> tuple[IntArray, IntArray]:
        """Multiples of `unit` that the least and the greatest input become, int64 [R] each."""
        ends = np.array([[element.low], [element.high]], dtype=np.int64)
        low, high = self.rounded(np.broadcast_to(ends, (2, self.rows)))
        return low, high

    def _reach(self, element: IntType) -> tuple[IntArray, IntArray]:
        low, high = self._ends(element)
        if self.overflow == "saturate":
            return np.clip(low, self.low, self.high), np.clip(high, self.low, self.high)
        inside = (low >= self.low) & (high <= self.high)
        if self.overflow == "wrap":
            return np.where(inside, low, self.low), np.where(inside, high, self.high)
        least, most = np.maximum(low, self.low), np.minimum(high, self.high)
        none = least > most
        least, most = np.where(none, 0, least), np.where(none, 0, most)
        zero = np.where(inside, least, 0)
        return np.minimum(least, zero), np.maximum(most, np.where(inside, most, 0))

    def _shape_problems(self, kind: TensorType) -> list[str]:
        rows = self.rows
        if rows not in (1, kind.channels, kind.size):
            return [f"{rows} rows fit neither 1, {kind.channels} channels nor {kind.size} elements"]
        if any(a.shape != (rows,) for a in (self.offset, self.grain, self.low, self.high)):
            return ["offset, grain, low and high must be [rows] each"]
        if self.rounding not in ROUNDINGS:
            return [f"the rounding is one of {', '.join(ROUNDINGS)}, not '{self.rounding}'"]
        if self.overflow not in OVERFLOWS:
            return [f"the overflow is one of {', '.join(OVERFLOWS)}, not '{self.overflow}'"]
        if min(self.left, self.right) < 0 or np.any(self.grain < self.right):
            return ["left and right must not be negative, grain not less than right"]
        if int(self.grain.max()) > MOST_BITS or self.left > MOST_BITS:
            return [f"left and grain must be at most {MOST_BITS}"]
        return []

    def _range_problems(self) -> list[str]:
        if np.any(self.low > self.high):
            return ["a range is empty"]
        if np.any(self.low % self.unit) or np.any(self.high % self.unit):
            return ["the ends of a range are no multiples of its row's unit"]
        if self.overflow == "zero" and np.any((self.low > 0) | (self.high < 0)):
            return ["a range does not hold 0"]
        if self.overflow == "wrap":
            whole = self.period & (self.period - 1) == 0
            natural = (self.low == 0) | (self.low == -(self.period >> 1))
            if not np.all(whole & natural):
                return ["a range that wraps is not all the values of so many bits"]
        return []
