"""PairMatmul: matrix products of two streams, as attention has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType, TensorType
from hwcompile.ops.matmul.op import accumulator_problems, exact_dtype


@dataclass(frozen=True, eq=False)
class PairMatmul(Op):
    """`y[t, g*N + n] = sum_k a[t, g*K + k] * b(g, n, k)` for the pixels t of the first operand.

    Pixels are tokens and groups are heads, so that neither splitting nor joining heads moves
    anything. With `transposed`, pixels of the second operand are rows of the result's channels, as
    queries times keys: `b(g, n, k) = b[n, g*K + k]`. Else they are what is summed over, as
    attention times values: `b(g, n, k) = b[k, g*N + n]`.

    Attributes:
        groups: G, the number of products side by side.
        transposed: See above.
    """

    family: ClassVar[str] = "attention"

    groups: int
    transposed: bool

    def sizes(self, inputs: tuple[TensorType, ...]) -> tuple[int, int]:
        """N and K: channels of a group of the result, and pairs of a sum."""
        a, b = inputs
        fan_in = a.channels // self.groups
        return (b.pixels if self.transposed else b.channels // self.groups), fan_in

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 2:
            return [f"it takes two inputs, not {len(inputs)}"]
        if any(kind.element.encoding is Encoding.BIPOLAR for kind in inputs):
            return ["an operand is bipolar; it multiplies integers"]
        a, b = inputs
        if self.groups < 1 or a.channels % self.groups or b.channels % self.groups:
            return [f"{a.channels} and {b.channels} channels are not {self.groups} equal groups"]
        own, other = a.channels // self.groups, b.channels if self.transposed else b.pixels
        if own != (other // self.groups if self.transposed else other):
            return [f"{own} channels of a group do not fit {b}"]
        return accumulator_problems(*self._interval(inputs))

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """As many equal products as a sum has; both ends are reached."""
        height, width, _ = inputs[0].shape
        rows, _ = self.sizes(inputs)
        return (TensorType((height, width, self.groups * rows), IntType(*self._interval(inputs))),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Exact matrix products; int64 [frames, height, width, G*N]."""
        rows, fan_in = self.sizes(inputs)
        largest = [max(abs(kind.element.low), abs(kind.element.high)) for kind in inputs]
        kind = exact_dtype(fan_in * largest[0] * largest[1])
        frames = values[0].shape[0]
        # [frames, G, pixels, channels of a group]
        a, b = (
            x.reshape(frames, -1, self.groups, x.shape[-1] // self.groups)
            .transpose(0, 2, 1, 3)
            .astype(kind)
            for x in values
        )
        product = np.matmul(a, b.swapaxes(2, 3) if self.transposed else b).astype(np.int64)
        flat = np.ascontiguousarray(product.transpose(0, 2, 1, 3))
        return (flat.reshape(*values[0].shape[:3], self.groups * rows),)

    def _interval(self, inputs: tuple[TensorType, ...]) -> tuple[int, int]:
        _, fan_in = self.sizes(inputs)
        a, b = (kind.element for kind in inputs)
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return fan_in * min(corners), fan_in * max(corners)
