"""How the PEs of an engine multiply: all matrices of a cell share one encoding of weights."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntType
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.dot import Dot
from hwcompile.ops.arithmetic.numbers import occurring
from hwcompile.ops.recurrent.cell import Cell
from hwcompile.ops.recurrent.layout import EngineLayout

USUAL_BITS = 16
"""Of elements, where only the stored bits of weights are asked for: those do not depend on it."""


@lru_cache(maxsize=64)
def weights_of_cell(cell: Cell) -> IntType:
    """The type of all weights: numbers with a sign, zero among them for entries that fill up."""
    return occurring(np.concatenate([part.reshape(-1) for part in cell.matrices]), 0, -1)


@lru_cache(maxsize=64)
def cell_dot(cell: Cell, element_bits: int = USUAL_BITS) -> Dot:
    """The product of a PE: the best encoding whose sums need no constant.

    Args:
        cell: Whose weights they are.
        element_bits: Of an element of x, y or m, as two's complement.
    """
    half = 1 << (element_bits - 1)
    for encoding in encodings(weights_of_cell(cell), IntType(-half, half - 1)):
        if encoding.plain and encoding.neutral:
            return Dot(encoding)
    raise InternalError("numbers can always be multiplied")


def engine_dot(layout: EngineLayout, element_bits: int = USUAL_BITS) -> Dot:
    """The same with weights stored as places in a code book, where a PE's program shrinks by that.

    Args:
        layout: Of the engine.
        element_bits: As for `cell_dot`.
    """
    return cell_dot(layout.cell, element_bits).stored({}, layout.cell.entries // layout.pes)
