"""Reduce: the largest, the smallest, or the sum of the taps of a window, channel by channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType

KINDS = ("max", "min", "sum")


@dataclass(frozen=True, eq=False)
class Reduce(Op):
    """`(H, W, T*C) -> (H, W, C)`, input order (tap, channel).

    Attributes:
        kind: `max`, `min` or `sum`.
        taps: T, how many elements are reduced to one.
    """

    family: ClassVar[str] = "reduce"

    kind: str
    taps: int

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """See `Op.problems`."""
        if len(inputs) != 1:
            return [f"a reduction takes one input, not {len(inputs)}"]
        if self.kind not in KINDS:
            return [f"the kind is one of {', '.join(KINDS)}, not '{self.kind}'"]
        if self.taps < 1 or inputs[0].channels % self.taps:
            return [f"{inputs[0].channels} channels are not {self.taps} equal taps"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """See `Op.infer`; scale and zero point are those of the first tap's channels."""
        kind = inputs[0]
        height, width, size = kind.shape
        channels = size // self.taps
        scale = kind.scale if len(kind.scale) == 1 else kind.scale[:channels]
        zero = kind.zero_point if len(kind.zero_point) == 1 else kind.zero_point[:channels]
        if self.kind == "sum":
            zero = tuple(self.taps * z for z in zero)
        element = reduced(self.kind, self.taps, kind.element)
        return (TensorType((height, width, channels), element, scale, zero),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """See `Op.evaluate`."""
        frames, height, width, size = values[0].shape
        taps = values[0].reshape(frames, height, width, self.taps, size // self.taps)
        return (reduce_axis(self.kind, taps, 3),)


def reduced(kind: str, taps: int, element: IntType) -> IntType:
    """Element type of a reduction of `taps` elements of type `element`."""
    if kind != "sum" or taps == 1:
        return element
    return IntType(taps * element.low, taps * element.high)


def reduce_axis(kind: str, values: IntArray, axis: int | tuple[int, ...]) -> IntArray:
    """Reduce int64 `values` over one or more axes, which disappear."""
    axes = (axis,) if isinstance(axis, int) else axis
    if kind == "sum":
        labels = range(values.ndim)
        total: IntArray = np.einsum(values, labels, [i for i in labels if i not in axes])
        return total
    function: np.ufunc = {"max": np.maximum, "min": np.minimum}[kind]
    taps = np.moveaxis(values, axes, range(len(axes)))
    first, *others = np.ndindex(*taps.shape[: len(axes)])
    found: IntArray = taps[first].copy()
    for tap in others:
        function(found, taps[tap], out=found)
    return found
