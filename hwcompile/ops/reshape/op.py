"""Reshape: the same elements in the same order under another shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.meaning import moved_type
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType


@dataclass(frozen=True, eq=False)
class Reshape(Op):
    """`y.flat[i] = x.flat[i]`; a frame's words do not change, so it costs nothing.

    Attributes:
        shape: (height, width, channels) of the result.
    """

    family: ClassVar[str] = "reshape"

    shape: tuple[int, int, int]

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        if len(self.shape) != 3 or min(self.shape) < 1:
            return [f"a shape is (height, width, channels), not {self.shape}"]
        size = self.shape[0] * self.shape[1] * self.shape[2]
        if size != inputs[0].size:
            return [f"shape {self.shape} has {size} elements, the input {inputs[0].size}"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The input's element type under the new shape."""
        (kind,) = inputs
        return (moved_type(kind, np.arange(kind.size).reshape(self.shape), kind.element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 [frames, *input shape] to int64 [frames, *shape]."""
        (x,) = values
        return (x.reshape(x.shape[0], *self.shape),)
