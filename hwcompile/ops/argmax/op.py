"""TopK: the largest channels of every pixel, or where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType

RESULTS = ("index", "value")


@dataclass(frozen=True, eq=False)
class TopK(Op):
    """(H,W,C) to (H,W,k): per pixel, largest first; of equal values the lowest channel is first.

    Attributes:
        k: From 1 to the channels of the input.
        result: `index` for the channel numbers, `value` for the values.
    """

    family: ClassVar[str] = "argmax"

    k: int
    result: str

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        found = []
        if not 1 <= self.k <= inputs[0].channels:
            found.append(f"k is {self.k}, the input has {inputs[0].channels} channels")
        if self.result not in RESULTS:
            found.append(f"the result is one of {RESULTS}, not {self.result!r}")
        return found

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """Channel numbers, or the input's element type (and its scale, if it has only one)."""
        (kind,) = inputs
        shape = (kind.shape[0], kind.shape[1], self.k)
        if self.result == "index":
            return (TensorType(shape, IntType(0, kind.channels - 1)),)
        if len(kind.scale) > 1 or len(kind.zero_point) > 1:
            return (TensorType(shape, kind.element),)
        return (TensorType(shape, kind.element, kind.scale, kind.zero_point),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 [frames, H, W, C] to int64 [frames, H, W, k]."""
        (x,) = values
        order = np.argsort(-x, axis=3, kind="stable")[..., : self.k].astype(np.int64)
        return (order if self.result == "index" else np.take_along_axis(x, order, axis=3),)
