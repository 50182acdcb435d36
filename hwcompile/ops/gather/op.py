"""Gather and Take: elements of an input, at places that are constant or that come as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.hull import with_constant
from hwcompile.ir.meaning import moved_type
from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntArray, TensorType


@dataclass(frozen=True, eq=False)
class Gather(Op):
    """`y.flat[i] = x.flat[index.flat[i]]`, or `fill` where the index is -1.

    Slices, paddings, permutations (transpose, channel shuffle, depth to space), nearest-neighbour
    upsampling, and the insertion of zeros are all of this kind.

    Attributes:
        index: int64 [height, width, channels] of the result, from -1 to the input's size - 1.
        fill: The constant; without meaning when no index is -1.
    """

    family: ClassVar[str] = "gather"

    index: IntArray
    fill: int

    @cached_property
    def fills(self) -> bool:
        """True when the constant appears in the result."""
        return bool(np.any(self.index < 0))

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 1:
            return [f"takes one input, not {len(inputs)}"]
        if self.index.ndim != 3 or self.index.size == 0:
            return [f"an index is [height, width, channels], not {list(self.index.shape)}"]
        low, high, size = int(self.index.min()), int(self.index.max()), inputs[0].size
        if low < -1 or high >= size:
            return [f"the index reaches from {low} to {high}, the input has {size} elements"]
        if high < 0:
            return ["no element of the input is used"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """The input's element type, with the constant where it appears."""
        (kind,) = inputs
        element = with_constant(kind.element, self.fill) if self.fills else kind.element
        return (moved_type(kind, self.index, element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 [frames, *input shape] to int64 [frames, *index shape]."""
        (x,) = values
        picked = x.reshape(x.shape[0], -1)[:, self.index]
        if self.fills:
            picked[:, self.index < 0] = self.fill
        return (picked,)


@dataclass(frozen=True, eq=False)
class Take(Op):
    """Pixels of a map by their numbers, which another stream brings.

    `y[0, j, c] = x.reshape(-1, C)[places.flat[j], c]` for maps x (H, W, C) and places of k elements
    in all, from 0 to H*W - 1.
    """

    family: ClassVar[str] = "gather"

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 2:
            return [f"takes two inputs, not {len(inputs)}"]
        x, places = inputs
        if places.element == BIPOLAR:
            return ["places are numbers, not -1 and 1"]
        if places.element.low < 0 or places.element.high >= x.pixels:
            return [f"places are {places.element}, the map has {x.pixels} pixels"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """(1, k, C) of the map's element type and scale."""
        x, places = inputs
        shape = (1, places.size, x.channels)
        return (TensorType(shape, x.element, x.scale, x.zero_point),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """int64 [frames, H, W, C] and [frames, ...] to int64 [frames, 1, k, C]."""
        x, places = values
        pixels = x.reshape(x.shape[0], -1, x.shape[-1])
        wanted = places.reshape(places.shape[0], -1, 1)
        return (np.take_along_axis(pixels, wanted, axis=1)[:, None],)
