"""A monotone staircase with integer thresholds, the exact form of a quantizing activation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType, TensorType

FEW_STEPS = 4  # up to here, comparing everything with every threshold beats searching


@dataclass(frozen=True, eq=False)
class Threshold(Op):
    """`y = base + slope * step * #{k : x >= thresholds[k]}`, row by row.

    The step is 1; for a bipolar `element` it is 2, and then there is one threshold and
    `base == -slope`, so that y is -1 or +1.

    Attributes:
        thresholds: int64 [R, n], n at least 1, every row ascending. R is 1 (one row for all
            elements), C (a row per channel) or H*W*C (a row per element, in flat order). A
            threshold above the input's interval is never reached.
        base: Output below the first threshold, int64 [R].
        slope: +1 or -1, int64 [R].
        element: Encoding of the output, and an interval that holds every reachable output.
    """

    thresholds: IntArray
    base: IntArray
    slope: IntArray
    element: IntType

    family: ClassVar[str] = "threshold"

    @property
    def step(self) -> int:
        """How far the output moves at a threshold: 1, or 2 between the two bipolar values."""
        return 2 if self.element.encoding is Encoding.BIPOLAR else 1

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Shapes, order of the thresholds, slopes, and reachable outputs."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        found = self._shape_problems(inputs[0])
        if found:
            return found
        if np.any(np.diff(self.thresholds, axis=1) < 0):
            found.append("the thresholds of a row are not in ascending order")
        if np.any(np.abs(self.slope) != 1):
            found.append("a slope is neither +1 nor -1")
        if found:
            return found
        if self.element.encoding is Encoding.BIPOLAR:
            if self.thresholds.shape[1] != 1 or np.any(self.base != -self.slope):
                found.append("a bipolar output needs one threshold and base == -slope")
        else:
            low, high = self._reach(inputs[0])
            if low < self.element.low or high > self.element.high:
                found.append(f"outputs reach [{low}, {high}], outside {self.element}")
        return found

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The declared element, narrowed to the outputs that the input's interval can reach."""
        if self.element.encoding is Encoding.BIPOLAR:
            return (TensorType(inputs[0].shape, BIPOLAR),)
        low, high = self._reach(inputs[0])
        return (TensorType(inputs[0].shape, IntType(low, high)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Count thresholds at or below each value, then `base + slope * step * count`."""
        rows = self.base.size
        columns = values[0].reshape(-1, rows)
        counts = _count(self.thresholds, columns)
        counts *= self.slope * self.step
        counts += self.base
        return (counts.reshape(values[0].shape),)

    def _shape_problems(self, kind: TensorType) -> list[str]:
        if self.thresholds.ndim != 2 or self.thresholds.shape[1] < 1:
            return [f"thresholds must be [rows, n >= 1], not {self.thresholds.shape}"]
        rows = self.thresholds.shape[0]
        found = []
        if rows not in (1, kind.channels, kind.size):
            found.append(
                f"{rows} rows of thresholds fit neither 1, {kind.channels} channels nor "
                f"{kind.size} elements"
            )
        if self.base.shape != (rows,) or self.slope.shape != (rows,):
            found.append(f"base {self.base.shape} and slope {self.slope.shape} must be ({rows},)")
        return found

    def _reach(self, kind: TensorType) -> tuple[int, int]:
        """Least and greatest output on the interval of `kind`; both are reached."""
        ends = [self._at(kind.element.low), self._at(kind.element.high)]
        return int(np.min(ends)), int(np.max(ends))

    def _at(self, x: int) -> IntArray:
        """Output of every row for one input value, int64 [R]."""
        counts: IntArray = np.sum(self.thresholds <= x, axis=1, dtype=np.int64)
        return self.base + self.slope * self.step * counts


def _count(thresholds: IntArray, columns: IntArray) -> IntArray:
    """How many thresholds of row r are at or below each of `columns[:, r]`.

    Args:
        thresholds: int64 [R, n], rows ascending.
        columns: int64 [values, R].

    Returns:
        int64 [values, R].
    """
    if thresholds.shape[1] <= FEW_STEPS:
        counts = np.zeros(columns.shape, dtype=np.int64)
        for step in thresholds.T:
            counts += columns >= step
        return counts
    counts = np.empty((columns.shape[1], columns.shape[0]), dtype=np.int64)
    for row, values in enumerate(np.ascontiguousarray(columns.T)):
        counts[row] = np.searchsorted(thresholds[row], values, side="right")
    return np.ascontiguousarray(counts.T)
