"""Width: the identity between two word formats of one tensor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, TensorType


@dataclass(frozen=True, eq=False)
class Width(Op):
    """The same tensor, cut into other words; the planner inserts it where formats differ.

    Attributes:
        in_size: Elements per vector of the arriving stream; divides the elements of a frame.
        in_parallel: Elements per arriving word.
        out_size: Elements per vector of the leaving stream; divides the elements of a frame.
        out_parallel: Elements per leaving word.
    """

    family: ClassVar[str] = "width"

    in_size: int
    in_parallel: int
    out_size: int
    out_parallel: int

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        found = []
        for side, size, parallel in (
            ("in", self.in_size, self.in_parallel),
            ("out", self.out_size, self.out_parallel),
        ):
            if parallel < 1:
                found.append(f"{side}_parallel is {parallel}, but a word has at least one element")
            if size < 1 or inputs[0].size % size:
                found.append(f"{side}_size {size} does not divide {inputs[0].size} elements")
        return found

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The input's type."""
        return inputs

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """The values themselves."""
        return values
