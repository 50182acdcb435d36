"""Where the bits of memories lie in blocks of memory: found by random contents.

A column of a block holds a column of a memory, in consecutive rows or in every second, fourth or
eighth, because blocks have several shapes. A block is a bit matrix here; rows of wide shapes take
two or four of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from hwcompile.toolchains.weights import Image

Key = TypeVar("Key")
_STEPS = (1, 2, 4, 8)
_SHORTEST = 16
"""Fewer rows of a column do not tell it from others."""


@dataclass(frozen=True)
class Column:
    """Rows of a memory's column: `first`, `first + step`, ... as far as the memory reaches."""

    memory: str
    bit: int
    first: int
    step: int

    def rows(self, depth: int) -> slice:
        """The rows of a memory in a column of a block that has `depth`."""
        return slice(self.first, self.first + self.step * depth, self.step)


@dataclass(frozen=True)
class Place:
    """Where such a column lies in a block: its bit, and every `stride`-th row from `phase`."""

    bit: int
    phase: int
    stride: int


class AmbiguousError(Exception):
    """Two columns have the same random contents."""


def locate(blocks: Mapping[Key, Any], seeds: Mapping[str, Image]) -> dict[Key, dict[Place, Column]]:
    """Find the columns of memories in blocks.

    Args:
        blocks: Contents of the blocks, uint8 [rows, bits], all of one shape.
        seeds: Random contents of the memories.

    Raises:
        AmbiguousError: When columns can not be told apart.
    """
    found: dict[Key, dict[Place, Column]] = {}
    if not blocks:
        return found
    depth = len(next(iter(blocks.values())))
    # A column that is found whole is also found in parts, so the long patterns come first.
    forms = [
        (stride, _patterns(seeds, depth // stride, step)) for stride in (1, 2, 4) for step in _STEPS
    ]
    for key, block in blocks.items():
        matches = (_matches(block, stride, patterns) for stride, patterns in forms)
        columns = next((match for match in matches if match), None)
        if columns:
            found[key] = columns
    return found


def missing_columns(
    found: Mapping[Key, Mapping[Place, Column]],
    seeds: Mapping[str, Image],
    depth: int,
) -> dict[str, tuple[int, ...]]:
    """Memory to the columns of which a row lies in no block.

    A memory of which nothing is found is not in the design: some modules have more parameters than
    they need.
    """
    seen = {name: np.zeros(image.bits.shape, bool) for name, image in seeds.items()}
    for columns in found.values():
        for place, column in columns.items():
            seen[column.memory][column.rows(depth // place.stride), column.bit] = True
    lost = {name: np.flatnonzero(~hit.all(axis=0)) for name, hit in seen.items() if hit.any()}
    return {name: tuple(columns.tolist()) for name, columns in lost.items() if len(columns)}


def filled(block: Any, columns: Mapping[Place, Column], images: Mapping[str, Image]) -> Any:
    """A block with the contents of `images` in the columns that were found."""
    changed = block.copy()
    for place, column in columns.items():
        target = changed[place.phase :: place.stride, place.bit]
        rows = images[column.memory].bits[column.rows(len(target)), column.bit]
        target[: len(rows)] = rows
    return changed


def _matches(
    block: Any, stride: int, patterns: Mapping[bytes, list[Column]]
) -> dict[Place, Column]:
    found: dict[Place, Column] = {}
    for phase in range(stride):
        for bit in range(block.shape[1]):
            columns = patterns.get(block[phase::stride, bit].tobytes(), ())
            if len(columns) > 1:
                raise AmbiguousError(f"{columns[0]} and {columns[1]}")
            for column in columns:
                found[Place(bit, phase, stride)] = column
    return found


def _patterns(seeds: Mapping[str, Image], depth: int, step: int) -> dict[bytes, list[Column]]:
    """What a column of a block with `depth` rows looks like, to what it may hold."""
    found: dict[bytes, list[Column]] = {}
    for column, rows in _columns(seeds, depth, step):
        pattern = np.zeros(depth, np.uint8)
        pattern[: len(rows)] = rows
        found.setdefault(pattern.tobytes(), []).append(column)
    return found


def _columns(seeds: Mapping[str, Image], depth: int, step: int) -> Iterator[tuple[Column, Any]]:
    for name, image in seeds.items():
        rows, width = image.bits.shape
        for first in (start + p for start in range(0, rows, depth * step) for p in range(step)):
            for bit in range(width):
                column = Column(name, bit, first, step)
                values = image.bits[column.rows(depth), bit]
                if len(values) >= _SHORTEST:
                    yield column, values
