"""Dividing integers by powers of two."""

from __future__ import annotations

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.instance import Name

ROUNDINGS = ("floor", "half_up", "half_even")
"""Down; to the nearest with ties up; to the nearest with ties to the even neighbour."""


def rounding_name(rounding: str) -> Name:
    """One of `ROUNDINGS` as the library calls it."""
    return Name("hw_rounding", rounding.title().replace("_", ""))


def divide(values: IntArray, shift: int, rounding: str) -> IntArray:
    """`values` divided by 2**shift, int64 of the same shape, rounded as one of `ROUNDINGS` says."""
    if not shift or rounding == "floor":
        return values >> shift
    more = values + (1 << (shift - 1))
    rounded: IntArray = more >> shift
    if rounding == "half_even":
        tie = (more & ((1 << shift) - 1)) == 0
        rounded = rounded - (tie & (rounded & 1 == 1))
    return rounded
