"""RoundedSum: a sum that keeps a number of binary digits after every addition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType, TensorType

MOST_BITS = 62


@dataclass(frozen=True, eq=False)
class RoundedSum(Op):
    """`(H, W, T*C) -> (H, W, C)`, input order (tap, channel): `y = round(y + x_t)`, t = 0, 1, ...

    `round` keeps `digits` significant binary digits of a number and goes to the nearest, ties to
    the even one. With 24 digits it is float32's addition, on integers: they count steps so small
    that all summands are whole (IEEE 754; no sum is smaller than such a step or infinite).

    Attributes:
        taps: T, how many elements are added.
        digits: Significant binary digits of every sum.
    """

    family: ClassVar[str] = "reduce"

    taps: int
    digits: int

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """See `Op.problems`."""
        if len(inputs) != 1:
            return [f"a rounded sum takes one input, not {len(inputs)}"]
        kind = inputs[0]
        if self.taps < 1 or kind.channels % self.taps:
            return [f"{kind.channels} channels are not {self.taps} equal taps"]
        if self.digits < 1:
            return [f"{self.digits} digits are not at least one"]
        if kind.element.encoding is Encoding.BIPOLAR:
            return ["bipolar elements are added exactly: use a sum"]
        # What is rounded is below twice the exact sum.
        bits = kind.element.bits + (2 * self.taps).bit_length()
        return [f"{bits} bits are more than {MOST_BITS}"] if bits > MOST_BITS else []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """See `Op.infer`; rounding never falls when the number rises, so the ends are reached."""
        kind = inputs[0]
        height, width, size = kind.shape
        channels = size // self.taps
        ends = np.array([[kind.element.low, kind.element.high]] * self.taps, dtype=np.int64)
        low, high = self._total(ends)
        scale = kind.scale if len(kind.scale) == 1 else kind.scale[:channels]
        element = IntType(int(low), int(high))
        return (TensorType((height, width, channels), element, scale),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """See `Op.evaluate`."""
        frames, height, width, size = values[0].shape
        taps = values[0].reshape(frames, height, width, self.taps, size // self.taps)
        return (self._total(np.moveaxis(taps, 3, 0)),)

    def _total(self, taps: IntArray) -> IntArray:
        """The sum over the first axis."""
        total = np.zeros(taps.shape[1:], dtype=np.int64)
        for tap in taps:
            total = significant(total + tap, self.digits)
        return total


def significant(values: IntArray, digits: int) -> IntArray:
    """Each of `values` with at most `digits` significant binary digits; ties to even; same shape.

    Args:
        values: int64, within 62 bits.
        digits: At least one.
    """
    dropped = np.zeros(values.shape, dtype=np.int64)
    magnitude = np.abs(values)
    for bits in range(digits, int(magnitude.max(initial=0)).bit_length()):
        dropped += magnitude >= 1 << bits
    odd = (values >> dropped) & 1
    below_half = np.maximum((np.int64(1) << dropped) // 2 - 1, 0)
    raised = np.where(dropped > 0, values + below_half + odd, values)
    return raised >> dropped << dropped
