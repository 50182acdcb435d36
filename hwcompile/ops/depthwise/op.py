"""Depthwise: every channel has its own weighted sum over the taps of a window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.arithmetic.numbers import weight_type
from hwcompile.ops.matmul.op import accumulator_problems, sum_interval


@dataclass(frozen=True, eq=False)
class Depthwise(Op):
    """`y[h, w, c] = sum_t weights[t, c] * x[h, w, t*C + c]`.

    Attributes:
        weights: int64 [T, C]: T taps of C channels.
    """

    family: ClassVar[str] = "depthwise"
    weights: IntArray

    @property
    def taps(self) -> int:
        """T, inputs per output."""
        return int(self.weights.shape[0])

    @property
    def channels(self) -> int:
        """C, outputs per pixel."""
        return int(self.weights.shape[1])

    @cached_property
    def weight_type(self) -> IntType:
        """The narrowest type of the weights."""
        return weight_type(self.weights)

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 1:
            return [f"it takes one input, not {len(inputs)}"]
        if self.weights.ndim != 2 or self.weights.size == 0:
            return [f"its weights have the shape {self.weights.shape} instead of [T, C]"]
        expected = self.taps * self.channels
        if inputs[0].channels != expected:
            return [f"its weights need {expected} channels, its input has {inputs[0].channels}"]
        return accumulator_problems(*sum_interval(self.weights, inputs[0].element, axis=0))

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The output with the exact interval of the sums over these very weights."""
        height, width, _ = inputs[0].shape
        low, high = sum_interval(self.weights, inputs[0].element, axis=0)
        return (TensorType((height, width, self.channels), IntType(low, high)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Exact sums; int64 [frames, height, width, C]."""
        (x,) = values
        taps = x.reshape(*x.shape[:3], self.taps, self.channels)
        result = np.zeros((*x.shape[:3], self.channels), dtype=np.int64)
        for tap in range(self.taps):
            result += taps[..., tap, :] * self.weights[tap]
        return (result,)
