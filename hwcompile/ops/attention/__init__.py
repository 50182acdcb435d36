"""Attention: matrix products of two streams, softmax and normalizations."""

from __future__ import annotations

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.attention.fine import FineSoftmax, fine_exponentials_of
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.attention.rows import Normalize, Softmax, exponentials_of
from hwcompile.ops.attention.stored import TwoBanks
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site


def _examples() -> tuple[Site, ...]:
    return (
        _keys(1, 3, 5, 7, IntType(-128, 127), IntType(-127, 127)),
        _keys(2, 3, 4, 5, IntType(0, 7), IntType(-8, 7)),
        _values(1, 3, 5, 7, IntType(0, 255), IntType(-128, 127)),
        _values(3, 2, 4, 5, IntType(0, 15), IntType(-3, 4)),
        Site.of(
            Softmax(5, exponentials_of(0.1, 256, 9), 8), TensorType((1, 3, 10), IntType(-9, 60))
        ),
        Site.of(
            FineSoftmax(3, *fine_exponentials_of(0.004, 12, 5000), 12, 10),
            TensorType((1, 2, 6), IntType(-2000, 3000)),
        ),
        Site.of(Normalize(7, True, 0, 3, 2, 9), TensorType((2, 2, 7), IntType(-5, 9))),
        Site.of(Normalize(4, False, 2, 90, 0, 6), TensorType((1, 3, 8), IntType(0, 9))),
    )


def _keys(groups: int, pixels: int, rows: int, columns: int, a: IntType, b: IntType) -> Site:
    """Queries times keys: `pixels` queries and `rows` keys of `columns` numbers each."""
    kinds = (
        TensorType((1, pixels, groups * columns), a),
        TensorType((rows, 1, groups * columns), b),
    )
    return Site.of(PairMatmul(groups, True), *kinds)


def _values(groups: int, pixels: int, rows: int, columns: int, a: IntType, b: IntType) -> Site:
    """Attention of `pixels` times `columns` values of `rows` numbers each."""
    kinds = (
        TensorType((pixels, 1, groups * columns), a),
        TensorType((1, columns, groups * rows), b),
    )
    return Site.of(PairMatmul(groups, False), *kinds)


FAMILY = Family(
    name="attention",
    summary="matrix products of two streams; softmax and normalizations, which are lowered",
    ops=(PairMatmul, Softmax, FineSoftmax, Normalize),
    kernels=(TwoBanks(),),
    examples=_examples,
)

__all__ = ["FAMILY", "FineSoftmax", "Normalize", "PairMatmul", "Softmax"]
