"""Where the bits of memories lie in blocks of memory: found by random contents.

A block holds columns of one memory, in consecutive rows or in every second, fourth or eighth,
because blocks have several shapes. A deep memory is cut into several blocks with the same order of
columns. A block is a bit matrix here; rows of wide shapes take two or four of its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from hwcompile.toolchains.weights import Image

Key = TypeVar("Key")
_STEPS = (1, 2, 4, 8)
_STRIDES = (1, 2, 4)
_SHORTEST = (32, 8)
"""Rows of a column that tell it from others: surely, and when nothing else is left."""


@dataclass(frozen=True)
class MemoryRows:
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


Columns = dict[Place, MemoryRows]


class AmbiguousError(Exception):
    """Two memories have the same random contents where a block was cut."""


def locate(blocks: Mapping[Key, Any], seeds: Mapping[str, Image]) -> dict[Key, Columns]:
    """Find the columns of memories in blocks.

    Args:
        blocks: Contents of the blocks, uint8 [rows, bits], all of one shape.
        seeds: Random contents of the memories.

    Raises:
        AmbiguousError: When memories can not be told apart.
    """
    found: dict[Key, Columns] = {}
    used = {key: block for key, block in blocks.items() if block.any()}
    for shortest in _SHORTEST:
        found |= _wholes(_without(used, found), seeds, shortest)
        for key, block in _without(used, found).items():
            columns = _like_another(block, list(found.values()), seeds)
            if columns:
                found[key] = columns
    return found


def _without(blocks: Mapping[Key, Any], found: Mapping[Key, Columns]) -> dict[Key, Any]:
    return {key: block for key, block in blocks.items() if key not in found}


def _wholes(
    blocks: Mapping[Key, Any], seeds: Mapping[str, Image], shortest: int
) -> dict[Key, Columns]:
    """Blocks whose columns show at least `shortest` rows of a memory."""
    found: dict[Key, Columns] = {}
    # A column that is found whole is also found in parts, so the long patterns come first.
    for stride in _STRIDES:
        for step in _STEPS:
            depth = len(next(iter(blocks.values()))) // stride if blocks else 1
            patterns = _patterns(seeds, depth, step, shortest)
            for key, block in _without(blocks, found).items():
                columns = _whole(block, stride, depth * step, patterns)
                if columns:
                    found[key] = columns
    return found


def missing_columns(
    found: Mapping[Key, Mapping[Place, MemoryRows]],
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


def filled(block: Any, columns: Mapping[Place, MemoryRows], images: Mapping[str, Image]) -> Any:
    """A block with the contents of `images` in the columns that were found."""
    changed = block.copy()
    for place, column in columns.items():
        target = changed[place.phase :: place.stride, place.bit]
        rows = images[column.memory].bits[column.rows(len(target)), column.bit]
        target[: len(rows)] = rows
    return changed


def _whole(
    block: Any, stride: int, chunk: int, patterns: Mapping[bytes, list[MemoryRows]]
) -> Columns | None:
    """The columns of a block when all come from one memory and each can be only one."""
    matches: dict[Place, list[MemoryRows]] = {}
    for phase in range(stride):
        for bit in np.flatnonzero(block[phase::stride].any(axis=0)).tolist():
            columns = patterns.get(block[phase::stride, bit].tobytes())
            if not columns:
                return None
            matches[Place(bit, phase, stride)] = columns
    owners = [{_owner(column, chunk) for column in columns} for columns in matches.values()]
    choices = [
        {
            place: [c for c in columns if _owner(c, chunk) == owner]
            for place, columns in matches.items()
        }
        for owner in set.intersection(*owners)
    ]
    if len(choices) != 1 or any(len(columns) != 1 for columns in choices[0].values()):
        return None
    sure = {place: columns[0] for place, columns in choices[0].items()}
    return sure if len(set(sure.values())) == len(sure) else None


def _owner(column: MemoryRows, chunk: int) -> tuple[str, int]:
    """The memory and the part of its rows that a block holds."""
    return column.memory, column.first // chunk


def _like_another(
    block: Any, found: Iterable[Columns], seeds: Mapping[str, Image]
) -> Columns | None:
    """The columns of a block that holds few rows: in the order of another one of its memory.

    Raises:
        AmbiguousError: When it may hold several.
    """
    fitting: list[Columns] = []
    for columns in found:
        place, column = next(iter(columns.items()))
        chunk = len(block) // place.stride * column.step
        for start in range(0, len(seeds[column.memory].bits), chunk):
            moved = {
                place: replace(column, first=column.first % chunk + start)
                for place, column in columns.items()
            }
            same = np.array_equal(filled(np.zeros_like(block), moved, seeds), block)
            if same and moved not in fitting:
                fitting.append(moved)
    if len(fitting) > 1:
        raise AmbiguousError(" and ".join(str(next(iter(c.values()))) for c in fitting))
    return fitting[0] if fitting else None


def _patterns(
    seeds: Mapping[str, Image], depth: int, step: int, shortest: int
) -> dict[bytes, list[MemoryRows]]:
    """What a column of a block with `depth` rows looks like, to what it may hold."""
    found: dict[bytes, list[MemoryRows]] = {}
    for name, image in seeds.items():
        rows, width = image.bits.shape
        for first in (start + p for start in range(0, rows, depth * step) for p in range(step)):
            part = image.bits[first : first + depth * step : step]
            if len(part) < shortest:
                continue
            padded = np.zeros((width, depth), np.uint8)
            padded[:, : len(part)] = part.T
            for bit in range(width):
                column = MemoryRows(name, bit, first, step)
                found.setdefault(padded[bit].tobytes(), []).append(column)
    return found
