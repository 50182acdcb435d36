"""The weights' file of Deep Compression's authors, decoded.

Its layout, as the decoder that comes with the published SqueezeNet reads it: a 32-bit number of
stored entries for every layer; then layer by layer 256 levels and the biases as 32-bit floats, a
byte for every entry, which is the number of its level, and 4 bits for every entry, the first one in
the low half of its byte, which are the weights skipped since the entry before. Weights lie in the
order outputs, inputs, rows, columns. Level 0 is zero: an entry with it fills a gap of more than 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model_file import first_bytes

LEVELS = 256
"""Of a layer."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """The weights of a layer.

    Attributes:
        levels: float32 [256].
        codes: The level of each weight, uint8 [outputs, inputs, rows, columns]; 0 where none is.
        biases: float32 [outputs].
        entries: Stored in the file, fillers included.
        fillers: Entries that only fill a gap.
    """

    levels: Floats
    codes: npt.NDArray[np.uint8]
    biases: Floats
    entries: int
    fillers: int

    @property
    def weights(self) -> Floats:
        """What the codes stand for."""
        return self.levels[self.codes]


def read_stored(
    path: Path, names: Sequence[str], shapes: Sequence[tuple[int, ...]]
) -> tuple[StoredLayer, ...]:
    """Decode a file.

    Args:
        path: The file.
        names: Of the layers with weights, in order.
        shapes: Of their weights.

    Raises:
        CompileError: HW0101 or HW0102 where there is no file, or nothing in it; HW0132 where it
            does not belong to these layers, or is damaged.
    """
    first_bytes(path, 1)
    data = path.read_bytes()
    start = 4 * len(shapes)
    if len(data) < start:
        raise _damaged(
            path, f"it has {len(data)} bytes, fewer than the counts of {len(shapes)} layers"
        )
    counts = [int(n) for n in np.frombuffer(data, "<u4", len(shapes))]
    for name, shape, count in zip(names, shapes, counts, strict=True):
        if count > prod(shape):
            why = f"it says that layer '{name}' stores {count:,} of {prod(shape):,} weights"
            raise _damaged(path, why)
    sizes = [
        4 * LEVELS + 4 * shape[0] + count + (count + 1) // 2
        for shape, count in zip(shapes, counts, strict=True)
    ]
    expected = start + sum(sizes)
    if len(data) != expected:
        kind = "is truncated" if len(data) < expected else "goes on behind its end"
        why = f"its counts make {expected:,} bytes and it has {len(data):,}: it {kind}"
        raise _damaged(path, f"{why}, or belongs to another network")
    found = []
    for name, shape, count, size in zip(names, shapes, counts, sizes, strict=True):
        found.append(_layer(path, name, shape, count, data[start : start + size]))
        start += size
    return tuple(found)


def _layer(path: Path, name: str, shape: tuple[int, ...], count: int, data: bytes) -> StoredLayer:
    levels = np.frombuffer(data, "<f4", LEVELS).astype(np.float32)
    biases = np.frombuffer(data, "<f4", shape[0], 4 * LEVELS).astype(np.float32)
    start = 4 * LEVELS + 4 * shape[0]
    codes = np.frombuffer(data, np.uint8, count, start)
    packed = np.frombuffer(data, np.uint8, -1, start + count)
    runs = np.stack([packed & 15, packed >> 4], axis=1).reshape(-1)
    if not np.isfinite(levels).all() or not np.isfinite(biases).all():
        raise _damaged(path, f"layer '{name}' has levels or biases that are no numbers")
    if levels[0] != 0:
        raise _damaged(path, f"level 0 of layer '{name}' is {levels[0]:g}, which should be zero")
    if runs[count:].any():
        raise _damaged(path, f"the last half byte of layer '{name}' should be empty")
    place = np.cumsum(runs[:count].astype(np.int64) + 1) - 1
    if count and place[-1] >= prod(shape):
        why = f"the last weight of layer '{name}' is number {place[-1] + 1:,} of {prod(shape):,}"
        raise _damaged(path, why)
    dense = np.zeros(prod(shape), dtype=np.uint8)
    dense[place] = codes
    fillers = int(np.count_nonzero(codes == 0))
    return StoredLayer(levels, dense.reshape(shape), biases, count, fillers)


def _damaged(path: Path, why: str) -> CompileError:
    what = f"'{path.name}' does not hold the weights of this network"
    return fail("HW0132", what, why, "the file and the .prototxt of one network, whole")
