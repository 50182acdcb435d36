"""Arithmetic of weights that are constants: encodings, one line each, and sums of products."""

from __future__ import annotations

from collections.abc import Iterator

from hwcompile.ir.types import IntType
from hwcompile.ops.arithmetic.agree import Agree
from hwcompile.ops.arithmetic.encoding import WeightEncoding
from hwcompile.ops.arithmetic.products import InTables, Multiply
from hwcompile.ops.arithmetic.rank_one import SeparableBits, SeparableSums
from hwcompile.ops.arithmetic.select import SelectInput, SelectWeight
from hwcompile.ops.arithmetic.shift import ShiftOne, ShiftThree, ShiftTwo

ENCODINGS: tuple[type[WeightEncoding], ...] = (
    Agree,
    SelectWeight,
    SelectInput,
    ShiftOne,
    ShiftTwo,
    ShiftThree,
    SeparableBits,
    SeparableSums,
    InTables,
    Multiply,
)
"""In the order of the library's enumeration."""


def encodings(weight: IntType, element: IntType) -> Iterator[WeightEncoding]:
    """Those that fit the types of weights and inputs, the best first."""
    fitting = [
        (preference, kind)
        for kind in ENCODINGS
        if (preference := kind.preference(weight, element)) is not None
    ]
    for _, kind in sorted(fitting, key=lambda found: found[0]):
        yield kind(weight, element)


def words(weight: IntType, element: IntType) -> tuple[str, ...]:
    """The values of a kernel's parameter `style` that the types allow, besides auto."""
    able = {encoding.word for encoding in encodings(weight, element)}
    return tuple(word for word in dict.fromkeys(kind.word for kind in ENCODINGS) if word in able)
