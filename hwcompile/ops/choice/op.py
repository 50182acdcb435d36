"""Frames that take one of two ways: gates in front of both, and what joins them again.

A *truth* is a value of one element, 0 or 1. What stands between a gate and the choice behind it is
a *branch*: it works only on frames whose truth sends them there (`hwcompile/schedule/branches.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from hwcompile.ir.hull import hull, with_constant
from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntArray, TensorType


def _no_truth(kind: TensorType) -> list[str]:
    """Why a type is not that of a truth."""
    element = kind.element
    if kind.size != 1 or element == BIPOLAR or element.low < 0 or element.high > 1:
        return [f"a truth is one element, 0 or 1, not {kind}"]
    return []


def _truths(values: IntArray) -> npt.NDArray[np.bool_]:
    """Bool [frames, 1, 1, 1] of a truth's int64 [frames, 1, 1, 1]."""
    return np.asarray(values.reshape(-1, 1, 1, 1) != 0)


@dataclass(frozen=True, eq=False)
class Enter(Op):
    """`y = x` where the truth, the second input, is `when`; nobody needs the other frames.

    Hardware drops them: it gives no words, and what stands behind does not work on them.

    Attributes:
        when: The truth of frames that pass.
    """

    family: ClassVar[str] = "choice"

    when: bool

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 2:
            return [f"takes two inputs, not {len(inputs)}"]
        return _no_truth(inputs[1])

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """That of the first input."""
        return inputs[:1]

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """The first input; frames that nobody needs are any legal ones."""
        return values[:1]


@dataclass(frozen=True, eq=False)
class Choose(Op):
    """`y = a` where the truth is 1, else `y = b`; the inputs are a, b and the truth.

    Each of a and b is of a branch: it comes only where it is chosen.
    """

    family: ClassVar[str] = "choice"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 3:
            return [f"takes three inputs, not {len(inputs)}"]
        first, second, truth = inputs
        if first.shape != second.shape:
            return [f"chooses between equal shapes, not {first.shape} and {second.shape}"]
        return _no_truth(truth)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """All that either of the two may be."""
        first, second = inputs[:2]
        element = hull(first.element, second.element)
        return (TensorType(first.shape, element, first.scale, first.zero_point),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """A frame of one of the two."""
        first, second, truth = values
        return (np.where(_truths(truth), first, second),)


@dataclass(frozen=True, eq=False)
class Hold(Op):
    """`y = x` where the truth, the second input, is 1, else the y of the frame before.

    x is of a branch: it comes only where it is taken.

    Attributes:
        start: All elements of y before the first frame that is taken.
    """

    family: ClassVar[str] = "choice"

    start: int

    @property
    def remembers(self) -> bool:
        """See `Op.remembers`."""
        return True

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 2:
            return [f"takes two inputs, not {len(inputs)}"]
        x, truth = inputs
        if x.element == BIPOLAR and self.start not in (-1, 1):
            return [f"-1 or 1 comes before the first frame, not {self.start}"]
        return _no_truth(truth)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """That of the first input, with the start."""
        x = inputs[0]
        element = with_constant(x.element, self.start)
        return (TensorType(x.shape, element, x.scale, x.zero_point),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """The frame that was taken last."""
        x, truth = values
        taken = truth.reshape(-1) != 0
        numbers = np.where(taken, np.arange(taken.size), -1)
        last = np.maximum.accumulate(numbers)
        known = last.reshape(-1, 1, 1, 1) >= 0
        return (np.where(known, x[np.maximum(last, 0)], np.int64(self.start)),)
