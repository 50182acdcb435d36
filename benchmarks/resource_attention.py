"""Sites on which products of two streams, dividers and roots are calibrated."""

from __future__ import annotations

from collections.abc import Iterator

from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.contract.site import Parameters
from hwcompile.ops.elementwise.ratios import Fraction, SquareRoot

INT8, INT4, U8, U4 = IntType(-128, 127), IntType(-8, 7), IntType(0, 255), IntType(0, 15)


def attention_sites() -> Iterator[tuple[str, Op, tuple[TensorType, ...], Parameters]]:
    """The kernel, an op, the types of its inputs, and parameters."""
    for kinds, sets in (
        ((INT8, INT8), ((1, 1), (1, 4), (2, 2), (4, 2))),
        ((U4, INT4), ((2, 4), (4, 4), (1, 8), (8, 2))),
    ):
        for number, (pe, simd) in enumerate(sets):
            op = PairMatmul(2, number % 2 == 0)
            first, second = (TensorType((1, 8, 16), kind) for kind in kinds)
            yield "stored", op, (first, second), {"pe": pe, "simd": simd}
    for digits, bits, parallel in ((14, (16, 19), 1), (6, (8, 11), 2), (10, (12, 14), 1)):
        elements = (
            IntType(-(1 << bits[0]) + 1, (1 << bits[0]) - 1),
            IntType(0, (1 << bits[1]) - 1),
        )
        kinds_of = tuple(TensorType((1, 4, 6), element) for element in elements)
        yield "divider", Fraction(digits), kinds_of, {"parallel": parallel}
    for digits, width, parallel in ((4, 26, 1), (0, 12, 2), (2, 18, 1)):
        kind = TensorType((1, 4, 6), IntType(1, (1 << width) - 1))
        yield "root", SquareRoot(digits), (kind,), {"parallel": parallel}
