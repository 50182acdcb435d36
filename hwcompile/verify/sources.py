"""Frames of integers for the network's inputs, made a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.verify.columns import Column, in_blocks, rows_of

Block = dict[str, IntArray]

FEW_LEVELS = 1 << 16
"""Types with more integers than this hardly ever show their corners in random frames."""

CORNER_CHANCE = 0.125


@dataclass(frozen=True)
class FrameSource:
    """Frames that are made when they are asked for, the same every time.

    Attributes:
        frames: How many.
        make: Yields blocks of consecutive frames: input name to int64 [frames, h, w, channels].
    """

    frames: int
    make: Callable[[], Iterator[Block]]

    def blocks(self) -> Iterator[Block]:
        """All frames, from the first on."""
        return self.make()

    def whole(self) -> Block:
        """All frames at once."""
        return collected(self.blocks())

    @staticmethod
    def of(inputs: Mapping[str, IntArray]) -> FrameSource:
        """Frames that are there already.

        Raises:
            ValueError: If inputs have different numbers of frames, or none.
        """
        counts = {len(values) for values in inputs.values()}
        if len(counts) != 1 or 0 in counts:
            raise ValueError(f"every input needs the same number of frames, at least one: {counts}")
        rows = rows_of(8 * sum(prod(np.shape(values)[1:]) for values in inputs.values()))

        def make() -> Iterator[Block]:
            streams = (in_blocks(np.asarray(v, dtype=np.int64), rows) for v in inputs.values())
            for parts in zip(*streams, strict=True):
                yield dict(zip(inputs, parts, strict=True))

        return FrameSource(counts.pop(), make)


def collected(blocks: Iterator[Block]) -> Block:
    """The arrays of which these are blocks; large ones are mapped files."""
    columns: dict[str, Column] = {}
    for block in blocks:
        for name, values in block.items():
            columns.setdefault(name, Column()).append(values)
    return {name: column.array() for name, column in columns.items()}


def random_source(types: Mapping[str, TensorType], frames: int, seed: int) -> FrameSource:
    """Random integers of the inputs' types; wide types show their corners in one of eight."""
    rows = rows_of(8 * sum(prod(kind.shape) for kind in types.values()))

    def make() -> Iterator[Block]:
        generators = {
            name: np.random.default_rng([seed, number] if number else seed)
            for number, name in enumerate(types)
        }
        for start in range(0, frames, rows):
            count = min(rows, frames - start)
            yield {
                name: random_values(rng, types[name].element, (count, *types[name].shape))
                for name, rng in generators.items()
            }

    return FrameSource(frames, make)


def random_values(rng: np.random.Generator, kind: IntType, shape: tuple[int, ...]) -> IntArray:
    """Random integers of a type, int64 of this shape; no list of its values is made."""
    if kind == BIPOLAR:
        return 2 * rng.integers(0, 2, size=shape) - 1
    if kind.levels <= FEW_LEVELS:
        return kind.low + rng.integers(0, kind.levels, size=shape)
    values = rng.integers(kind.low, kind.high, size=shape, endpoint=True)
    near = (kind.low, kind.low + 1, -1, 0, 1, kind.high - 1, kind.high)
    corners = np.array([v for v in near if kind.low <= v <= kind.high], dtype=np.int64)
    chosen = rng.random(shape) < CORNER_CHANCE
    values[chosen] = rng.choice(corners, size=int(chosen.sum()))
    return values
