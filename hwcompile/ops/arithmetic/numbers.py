"""What weights are: an interval, and which numbers of it occur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType

MOST_NUMBERS = 256
"""Weights with more different numbers are known by their interval alone."""


@dataclass(frozen=True)
class Numbers(IntType):
    """An interval of which only some numbers occur: those of a codebook, or powers of two.

    Attributes:
        numbers: That occur, ascending.
    """

    numbers: tuple[int, ...] = ()

    def __hash__(self) -> int:
        """Planners look it up for every folding: not of all numbers."""
        return hash((self.low, self.high, len(self.numbers)))


def weight_type(weights: IntArray) -> IntType:
    """The narrowest type of some weights: bipolar, ternary as int[-1,1], or what occurs.

    Args:
        weights: int64 of any shape, not empty.
    """
    if np.all(np.abs(weights) == 1):
        return BIPOLAR
    low, high = int(weights.min()), int(weights.max())
    if low == -1 and high <= 1:
        return IntType(-1, 1)
    return occurring(weights)


def occurring(weights: IntArray, *more: int) -> IntType:
    """The interval of some weights and a few numbers beside them, and which of it occur.

    Args:
        weights: int64 of any shape, not empty.
        more: Numbers that may occur, too.
    """
    low, high = min((int(weights.min()), *more)), max((int(weights.max()), *more))
    found = different(weights)
    if found is None:
        return IntType(low, high)
    return Numbers(low, high, numbers=tuple(sorted({*found, *more})))


def different(weights: IntArray) -> tuple[int, ...] | None:
    """The numbers that occur, ascending; None if they are more than MOST_NUMBERS."""
    flat = weights.reshape(-1)
    # A few of many weights tell most tensors of wide ones.
    if np.unique(flat[: 8 * MOST_NUMBERS]).size > MOST_NUMBERS:
        return None
    found = np.unique(flat)
    return tuple(found.tolist()) if found.size <= MOST_NUMBERS else None


def numbers_of(weight: IntType) -> tuple[int, ...] | None:
    """Which numbers weights of a type can be, ascending; None where that is not known."""
    return weight.numbers if isinstance(weight, Numbers) else None
