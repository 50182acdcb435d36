"""Concat: the channels of several tensors side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.hull import hull
from hwcompile.ir.meaning import joined_type
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType


@dataclass(frozen=True, eq=False)
class Concat(Op):
    """(H,W,C0), (H,W,C1), ... to (H,W,C0+C1+...); the result holds the values of all inputs."""

    family: ClassVar[str] = "concat"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) < 2:
            return [f"joins at least two inputs, not {len(inputs)}"]
        planes = sorted({kind.shape[:2] for kind in inputs})
        if len(planes) > 1:
            return [f"the inputs have different heights or widths: {planes}"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The hull of the element types; scales stay with their channels."""
        return (joined_type(inputs, hull(*(kind.element for kind in inputs))),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 [frames, H, W, Ci] each to int64 [frames, H, W, sum of Ci]."""
        return (np.concatenate(values, axis=3),)
