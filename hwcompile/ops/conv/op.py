"""Convolution with constant integer weights. Lowered to window and matmul, or depthwise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.matmul.op import (
    Numbers,
    accumulator_problems,
    exact_dtype,
    largest_partial_sum,
    sum_interval,
)
from hwcompile.ops.window.geometry import Geometry

_BLOCK_ELEMENTS = 1 << 20  # elements of windows and results at a time


@dataclass(frozen=True, eq=False)
class Conv(Op):
    """`(H, W, C) -> (OH, OW, M)`, exact.

    Attributes:
        weights: int64 [M, Kh, Kw, C/groups].
        groups: Output channels m of group g see only the input channels of group g.
        strides: Distance of neighbouring windows (vertical, horizontal).
        dilations: Distance of neighbouring taps (vertical, horizontal).
        pads: Pixels added at (top, left, bottom, right).
        pad_value: The integer that stands in the padding.
    """

    family: ClassVar[str] = "conv"

    weights: IntArray
    groups: int
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    pad_value: int

    @property
    def kernel(self) -> tuple[int, int]:
        """Taps (vertical, horizontal)."""
        return self.weights.shape[1], self.weights.shape[2]

    @property
    def geometry(self) -> Geometry:
        """The index arithmetic of the windows."""
        return Geometry(self.kernel, self.strides, self.dilations, self.pads)

    @property
    def is_depthwise(self) -> bool:
        """True when every output channel sees one input channel of its own."""
        return bool(self.weights.shape[3] == 1 and self.weights.shape[0] == self.groups)

    @cached_property
    def used_taps(self) -> tuple[int, ...]:
        """Places in the kernel, row after row, of taps with a weight; the first if none has."""
        used = self.weights.any(axis=(0, 3)).ravel()
        return tuple(np.flatnonzero(used).tolist()) or (0,)

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """See `Op.problems`."""
        if len(inputs) != 1:
            return [f"a convolution takes one input, not {len(inputs)}"]
        if self.weights.ndim != 4 or self.weights.size == 0:
            return [f"weights are [M, Kh, Kw, C/groups], not of shape {self.weights.shape}"]
        if self.groups < 1 or self.weights.shape[0] % self.groups:
            return [f"{self.weights.shape[0]} filters do not form {self.groups} equal groups"]
        if self.weights.shape[3] * self.groups != inputs[0].channels:
            taken = f"{self.groups} groups of {self.weights.shape[3]} channels"
            return [f"weights for {taken} do not fit {inputs[0].channels} channels"]
        problems = self.geometry.problems(inputs[0].shape)
        return problems or accumulator_problems(*self._interval(inputs[0]))

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """See `Op.infer`: every tap may be anything the padded map holds, weights are exact."""
        height, width = self.geometry.output(inputs[0].shape)
        element = IntType(*self._interval(inputs[0]))
        return (TensorType((height, width, self.weights.shape[0]), element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """See `Op.evaluate`. Stores windows of some frames, or of some lines of one, at a time."""
        weights = self._numbers(inputs[0])
        view = self.geometry.view(values[0].astype(weights.dtype), self.pad_value)
        frames, height, width = view.shape[:3]
        total = np.empty((frames, height, width, weights.shape[0]), dtype=np.int64)
        lines = max(1, _BLOCK_ELEMENTS // (view[0, 0].size + total[0, 0].size))
        few = max(1, lines // height)
        for start, top in product(range(0, frames, few), range(0, height, lines)):
            part = (slice(start, start + few), slice(top, top + lines))
            self._add_up(total[part], view[part], weights)
        return (total,)

    def _add_up(self, total: IntArray, windows: Numbers, weights: Numbers) -> None:
        """Sums int64 [n, oh, ow, M] of windows [n, oh, ow, kh, kw, C] times their weights."""
        if self.is_depthwise:
            sums = np.zeros(total.shape, dtype=weights.dtype)
            for row, column in np.ndindex(*self.kernel):
                sums += windows[:, :, :, row, column] * weights[:, row, column, 0]
            total[:] = sums
            return
        filters, channels = weights.shape[0] // self.groups, weights.shape[3]
        for group in range(self.groups):
            rows = slice(group * filters, (group + 1) * filters)
            lanes = slice(group * channels, (group + 1) * channels)
            taps = weights[rows].reshape(filters, -1)
            vectors = windows[..., lanes].reshape(-1, taps.shape[1])
            total[..., rows] = (vectors @ taps.T).reshape(*total.shape[:3], filters)

    def _numbers(self, kind: TensorType) -> Numbers:
        """The weights in a number type whose sums are exact for such inputs."""
        element = self._padded(kind)
        found = self._known.get(element)
        if found is None:
            number = exact_dtype(largest_partial_sum(self._rows, element, axis=1))
            found = self._known[element] = self.weights.astype(number)
        return found

    @cached_property
    def _known(self) -> dict[IntType, Numbers]:
        """What `_numbers` made."""
        return {}

    @property
    def _rows(self) -> IntArray:
        """The weights of each output channel, int64 [M, taps]."""
        return self.weights.reshape(self.weights.shape[0], -1)

    def _padded(self, kind: TensorType) -> IntType:
        element, shape = kind.element, kind.shape
        return self.geometry.element(element, self.pad_value, shape, self.used_taps)

    def _interval(self, kind: TensorType) -> tuple[int, int]:
        return sum_interval(self._rows, self._padded(kind), axis=1)
