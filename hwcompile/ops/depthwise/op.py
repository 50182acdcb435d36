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
        bounds: Least and greatest sum that occur, where inputs that depend on each other make that
            narrower than all inputs of their type would; empty where nothing is known.
    """

    family: ClassVar[str] = "depthwise"
    weights: IntArray
    bounds: tuple[int, ...] = ()

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
        if len(self.bounds) not in (0, 2) or list(self.bounds) != sorted(self.bounds):
            return [f"its bounds are a least and a greatest sum, not {self.bounds}"]
        return accumulator_problems(*self._interval(inputs[0].element))

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The output with the exact interval of the sums over these very weights, or in bounds."""
        height, width, _ = inputs[0].shape
        element = IntType(*self._interval(inputs[0].element))
        return (TensorType((height, width, self.channels), element),)

    def _interval(self, element: IntType) -> tuple[int, int]:
        low, high = sum_interval(self.weights, element, axis=0)
        least, greatest = self.bounds or (low, high)
        return max(low, least), min(high, greatest)

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
