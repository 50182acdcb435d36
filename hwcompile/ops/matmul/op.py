"""Matmul: the same block-diagonal matrix times the vector of every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.arithmetic.numbers import weight_type

MAX_ACCUMULATOR_BITS = 62
"""Wider sums would leave int64 (the type of all reference values) no room."""

_BLOCK_ELEMENTS = 1 << 24  # elements converted to floating point at a time: 128 MB at most

Numbers = npt.NDArray[Any]
"""Integers in the type that `exact_dtype` chooses."""


@dataclass(frozen=True, eq=False)
class Matmul(Op):
    """`y[h, w, g*M + m] = sum_k weights[g, m, k] * x[h, w, g*K + k]`.

    Attributes:
        weights: int64 [G, M, K]: G groups of M outputs with a fan-in of K each.
    """

    family: ClassVar[str] = "matmul"
    weights: IntArray

    @property
    def groups(self) -> int:
        """G, the number of diagonal blocks."""
        return int(self.weights.shape[0])

    @property
    def rows(self) -> int:
        """M, outputs per group."""
        return int(self.weights.shape[1])

    @property
    def fan_in(self) -> int:
        """K, inputs per group."""
        return int(self.weights.shape[2])

    @cached_property
    def weight_type(self) -> IntType:
        """The narrowest type of the weights."""
        return weight_type(self.weights)

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 1:
            return [f"it takes one input, not {len(inputs)}"]
        if self.weights.ndim != 3 or self.weights.size == 0:
            return [f"its weights have the shape {self.weights.shape} instead of [G, M, K]"]
        expected = self.groups * self.fan_in
        if inputs[0].channels != expected:
            return [f"its weights need {expected} channels, its input has {inputs[0].channels}"]
        return accumulator_problems(*self._interval(inputs[0].element))

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The output with the exact interval of the sums over these very weights."""
        height, width, _ = inputs[0].shape
        low, high = self._interval(inputs[0].element)
        return (TensorType((height, width, self.groups * self.rows), IntType(low, high)),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Exact matrix-vector products; int64 [frames, height, width, G*M]."""
        (x,) = values
        vectors = x.reshape(-1, self.groups, self.fan_in)
        matrices = self._matrices(inputs[0].element)
        result = np.empty((vectors.shape[0], self.groups, self.rows), dtype=np.int64)
        block = max(1, _BLOCK_ELEMENTS // (self.groups * (self.fan_in + self.rows)))
        for start in range(0, vectors.shape[0], block):
            part = vectors[start : start + block].astype(matrices.dtype)
            into = result[start : start + block]
            if self.groups == 1:
                into[:, 0] = part[:, 0] @ matrices[0]
            else:
                into[:] = np.matmul(part.transpose(1, 0, 2), matrices).transpose(1, 0, 2)
        return (result.reshape(*x.shape[:3], self.groups * self.rows),)

    def _matrices(self, element: IntType) -> Numbers:
        """The weights [G, K, M] in a number type whose sums are exact for such inputs."""
        found = self._known.get(element)
        if found is None:
            kind = exact_dtype(self._largest_partial_sum(element))
            found = np.ascontiguousarray(self.weights.transpose(0, 2, 1)).astype(kind)
            self._known[element] = found
        return found

    @cached_property
    def _known(self) -> dict[IntType, Numbers]:
        """What `_matrices` made."""
        return {}

    def _interval(self, element: IntType) -> tuple[int, int]:
        # Every pass and every check of a graph asks for it; a large matrix takes a quarter second.
        if element not in self._intervals:
            self._intervals[element] = sum_interval(self.weights, element, axis=2)
        return self._intervals[element]

    @cached_property
    def _intervals(self) -> dict[IntType, tuple[int, int]]:
        """Least and greatest sum by the type of inputs."""
        return {}

    def _largest_partial_sum(self, element: IntType) -> int:
        return largest_partial_sum(self.weights, element, axis=2)


def sum_interval(weights: IntArray, element: IntType, axis: int) -> tuple[int, int]:
    """Least and greatest weighted sum along `axis` when every input is in `element`, exactly.

    Sums are Python integers when int64 might not hold them.
    """
    wide = weights
    if largest_partial_sum(weights, element, axis) >= 1 << 63:
        wide = weights.astype(object)
    at_low, at_high = wide * element.low, wide * element.high
    low = np.minimum(at_low, at_high).sum(axis=axis).min()
    high = np.maximum(at_low, at_high).sum(axis=axis).max()
    return int(low), int(high)


def largest_partial_sum(weights: IntArray, element: IntType, axis: int) -> int:
    """A bound on the magnitude of every partial sum along `axis`, in any order of summation."""
    magnitude = np.abs(weights.astype(np.float64)).sum(axis=axis).max()
    largest = max(abs(element.low), abs(element.high))
    # Rounded up past the error of the floating-point sum, so the result stays a bound.
    return int(int(np.ceil(magnitude * (1 + 1e-9))) * largest)


def exact_dtype(bound: int) -> type[np.generic]:
    """The fastest number type whose sums are exact while magnitudes stay below `bound`."""
    if bound < 1 << 24:
        return np.float32
    if bound < 1 << 53:
        return np.float64
    return np.int64


def accumulator_problems(low: int, high: int) -> list[str]:
    """One finding when sums in [low, high] are too wide for the compiler, else none."""
    bits = IntType(low, high).bits
    if bits <= MAX_ACCUMULATOR_BITS:
        return []
    return [f"its sums need {bits} bits, more than the {MAX_ACCUMULATOR_BITS} that are supported"]
