"""Pooling: reduce the windows of a map, channel by channel. Lowered to window and reduce."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType
from hwcompile.ops.reduce.op import reduce_axis, reduced
from hwcompile.ops.window.geometry import Geometry

KINDS = ("max", "sum")


@dataclass(frozen=True, eq=False)
class Pool(Op):
    """`(H, W, C) -> (OH, OW, C)`: the largest element, or the sum, of every window.

    Attributes:
        kind: `max` or `sum`.
        kernel: Taps (vertical, horizontal).
        strides: Distance of neighbouring windows (vertical, horizontal).
        dilations: Distance of neighbouring taps (vertical, horizontal).
        pads: Pixels added at (top, left, bottom, right).
        pad_value: What every tap in the padding contributes: the element type's lowest integer
            leaves a maximum alone, the zero point adds nothing to a sum of real numbers.
    """

    family: ClassVar[str] = "pool"

    kind: str
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    pad_value: int

    @property
    def geometry(self) -> Geometry:
        """The index arithmetic of the windows."""
        return Geometry(self.kernel, self.strides, self.dilations, self.pads)

    @property
    def taps(self) -> int:
        """Taps of a window."""
        return self.kernel[0] * self.kernel[1]

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """See `Op.problems`."""
        if len(inputs) != 1:
            return [f"pooling takes one input, not {len(inputs)}"]
        if self.kind not in KINDS:
            return [f"the kind is one of {', '.join(KINDS)}, not '{self.kind}'"]
        return self.geometry.problems(inputs[0].shape)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """See `Op.infer`; a sum has the zero point of all its taps together."""
        kind = inputs[0]
        height, width = self.geometry.output(kind.shape)
        padded = self.geometry.element(kind.element, self.pad_value, kind.shape)
        zero = kind.zero_point
        if self.kind == "sum":
            zero = tuple(self.taps * z for z in zero)
        element = reduced(self.kind, self.taps, padded)
        return (TensorType((height, width, kind.channels), element, kind.scale, zero),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """See `Op.evaluate`."""
        return (reduce_axis(self.kind, self.geometry.view(values[0], self.pad_value), (3, 4)),)
