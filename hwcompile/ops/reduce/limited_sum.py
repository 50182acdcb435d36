"""LimitedSum: a sum that is brought back into a range after every addition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType, TensorType

OVERFLOWS = ("saturate", "zero")
MOST_BITS = 62


@dataclass(frozen=True, eq=False)
class LimitedSum(Op):
    """`(H, W, T*C) -> (H, W, C)`, input order (tap, channel): `y = fit(y + x_t)`, t = 0, 1, ...

    `fit` is what an accumulator does that saturates: a number outside the range becomes its nearest
    end (`saturate`), or 0 (`zero`). So the order of the taps counts.

    Attributes:
        taps: T, how many elements are added.
        low: Least sum that is kept, at most 0.
        high: Greatest, at least 0.
        overflow: `saturate` or `zero`.
    """

    family: ClassVar[str] = "reduce"

    taps: int
    low: int
    high: int
    overflow: str = "saturate"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """See `Op.problems`."""
        if len(inputs) != 1:
            return [f"a limited sum takes one input, not {len(inputs)}"]
        kind = inputs[0]
        if self.taps < 1 or kind.channels % self.taps:
            return [f"{kind.channels} channels are not {self.taps} equal taps"]
        if not self.low <= 0 <= self.high or self.low == self.high:
            return [f"the range from {self.low} to {self.high} does not hold 0 and another number"]
        if self.overflow not in OVERFLOWS:
            return [f"the overflow is one of {', '.join(OVERFLOWS)}, not '{self.overflow}'"]
        if kind.element.encoding is Encoding.BIPOLAR:
            return ["bipolar elements are added exactly: use a sum"]
        bits = max(kind.element.bits, IntType(self.low, self.high).bits) + 2
        return [f"{bits} bits are more than {MOST_BITS}"] if bits > MOST_BITS else []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """See `Op.infer`; a saturating sum never falls when a summand rises."""
        kind = inputs[0]
        height, width, size = kind.shape
        channels = size // self.taps
        low, high = (self._end(number) for number in (kind.element.low, kind.element.high))
        if self.overflow == "zero":
            low, high = min(low, 0), max(high, 0)
        scale = kind.scale if len(kind.scale) == 1 else kind.scale[:channels]
        return (TensorType((height, width, channels), IntType(low, high), scale),)

    def _end(self, number: int) -> int:
        """The sum of taps that all are this number, where it only saturates."""
        return min(max(self.taps * number, self.low), self.high)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """See `Op.evaluate`."""
        frames, height, width, size = values[0].shape
        taps = values[0].reshape(frames, height, width, self.taps, size // self.taps)
        total = np.zeros(taps.shape[:3] + taps.shape[4:], dtype=np.int64)
        for tap in range(self.taps):
            total = self._fitted(total + taps[:, :, :, tap])
        return (total,)

    def _fitted(self, sums: IntArray) -> IntArray:
        held = np.clip(sums, self.low, self.high)
        if self.overflow == "zero":
            return np.where(sums == held, sums, 0)
        return held
