"""Index arithmetic between a tensor of the source model and the IR value that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.model import Array
from hwcompile.ir.types import IntArray


def feature_map(index: Array) -> Array:
    """View an array of a source shape (batch axis 1) as [height, width, channels].

    (1, C, H, W) becomes (H, W, C) and (1, C, L) becomes (1, L, C); anything else is a vector.
    """
    if index.ndim == 4 and index.shape[0] == 1:
        return np.asarray(index[0].transpose(1, 2, 0))
    if index.ndim == 3 and index.shape[0] == 1:
        return np.asarray(index[0].T[None])
    return index.reshape(1, 1, -1)


def is_canonical(index: IntArray, size: int) -> bool:
    """True when `index` lists the elements 0 to size-1 in order."""
    return index.size == size and np.array_equal(index.reshape(-1), np.arange(size))


def is_permutation(index: IntArray, size: int) -> bool:
    """True when `index` holds every element 0 to size-1 once."""
    flat = index.reshape(-1)
    if flat.size != size or flat.min() < 0:
        return False
    return bool(np.all(np.bincount(flat, minlength=size) == 1))


def inverse(index: IntArray, size: int) -> IntArray:
    """For each of `size` elements the flat position in `index` where it stands, -1 if nowhere.

    Of several positions the first is given. int64 [size].
    """
    flat = index.reshape(-1)
    found = np.full(size, -1, dtype=np.int64)
    order = np.flatnonzero(flat >= 0)[::-1]
    found[flat[order]] = order
    return found


@dataclass(frozen=True, eq=False)
class Rows:
    """Which constants the elements of a map need.

    Attributes:
        rows: For each row (1, C, or H*W*C) a position of the source tensor with its constants.
        per_element: For every element of the map (flat) a position with its constants.
    """

    rows: IntArray
    per_element: IntArray


def reduce_rows(places: IntArray, channels: int, constants: Sequence[Array]) -> Rows:
    """The fewest rows that give every element of a map its constants.

    Args:
        places: For each element of an (H, W, C) map, flat, its position in the source tensor, or
            -1 where nobody looks.
        channels: C.
        constants: Arrays [1 or N, ...] over the positions of the source tensor.
    """
    table = places.reshape(-1, channels)
    used = table >= 0
    first = table[np.argmax(used, axis=0), np.arange(channels)]
    anywhere = int(places.max())
    first = np.where(first < 0, anywhere, first)
    full = np.where(used, table, first[None, :])
    varying = [c for c in constants if c.shape[0] != 1]
    if not varying:
        return Rows(first[:1], full.reshape(-1))
    if not all(_equal(c[full], c[first][None]) for c in varying):
        return Rows(full.reshape(-1), full.reshape(-1))
    if all(_equal(c[first], c[first[:1]]) for c in varying):
        return Rows(first[:1], full.reshape(-1))
    return Rows(first, full.reshape(-1))


def _equal(a: Array, b: Array) -> bool:
    return bool(np.all(a == b))


def consistent(index: IntArray, constants: Sequence[Array]) -> bool:
    """True when an element that stands at several positions has the same constants at all."""
    flat = index.reshape(-1)
    size = int(flat.max()) + 1 if flat.size else 0
    if np.all(np.bincount(flat[flat >= 0], minlength=size) <= 1):
        return True
    first = inverse(index, size)[flat]
    return all(_equal(c[first], c) for c in constants if c.shape[0] != 1)
