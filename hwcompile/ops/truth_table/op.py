"""Neurons that read few inputs of few values each: every one is its truth table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.table.op import position


@dataclass(frozen=True, eq=False)
class TruthTable(Op):
    """`y[h, w, m] = values[m, sum_f position of x[h, w, sources[m, f]] * levels**f]`.

    The position of a number counts the values of the input's type from 0; `levels` is how many
    there are. Where a source is -1 the neuron reads one input less, and its position is 0.

    Attributes:
        sources: int64 [M, F]: the channels that each of M neurons reads, or -1.
        values: int64 [M, levels**F]: what each neuron answers to every combination of inputs.
        element: Of the output; it holds all values.
    """

    sources: IntArray
    values: IntArray
    element: IntType

    family: ClassVar[str] = "truth_table"

    @property
    def neurons(self) -> int:
        """M."""
        return int(self.sources.shape[0])

    @property
    def fan_in(self) -> int:
        """F."""
        return int(self.sources.shape[1])

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Shapes, sources that are no channels, and values outside the element."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        kind = inputs[0]
        if self.sources.ndim != 2 or self.sources.size == 0:
            return [f"sources must be [neurons, fan-in], not {self.sources.shape}"]
        found = []
        if self.sources.min() < -1 or self.sources.max() >= kind.channels:
            found.append(f"sources are channels from 0 to {kind.channels - 1}, or -1")
        entries = kind.element.levels**self.fan_in
        if self.values.shape != (self.neurons, entries):
            found.append(f"values must be [{self.neurons}, {entries}], not {self.values.shape}")
        if not self.element.contains(self.values):
            found.append(f"values outside {self.element}")
        return found

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The declared element: what stands behind may be made for just its values."""
        height, width, _ = inputs[0].shape
        return (TensorType((height, width, self.neurons), self.element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Index the tables; int64 [frames, height, width, M]."""
        (x,) = values
        levels = inputs[0].element.levels
        places = position(inputs[0].element, x)
        index = np.zeros((*x.shape[:3], self.neurons), dtype=np.int64)
        for digit, channels in enumerate(self.sources.T):
            read = np.where(channels < 0, 0, places[..., channels])
            index += read * levels**digit
        return (self.values[np.arange(self.neurons), index],)
