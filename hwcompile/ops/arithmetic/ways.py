"""Other ways to make products than the usual one of their types."""

from __future__ import annotations

from collections.abc import Iterator

from hwcompile.ir.types import IntType
from hwcompile.ops.arithmetic import encodings, words
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.products import InTables, Multiply
from hwcompile.ops.contract.site import Parameters

_MOST_ROWS = 4
"""Rows that a planner lets share a multiplication; a wide factor seldom holds more."""


def out_of_multipliers(weight: IntType, element: IntType) -> Iterator[Parameters]:
    """Parameters of products in look-up tables where the usual ones are in multipliers."""
    usual = next(encodings(weight, element)).word
    if usual == Multiply.word and InTables.word in words(weight, element):
        yield {"style": InTables.word}


def shared_multipliers(weight: IntType, element: IntType, rows: int) -> Iterator[Parameters]:
    """Parameters of multiplications that several of so many rows share."""
    for pack in range(2, min(rows, _MOST_ROWS) + 1):
        if Dot.choose(weight, element, pack=pack) is not None:
            yield {"pack": pack}
