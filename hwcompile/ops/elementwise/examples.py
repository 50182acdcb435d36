"""Small element-wise nodes of every op and encoding."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile.ops.elementwise.ratios import Fraction, SquareRoot


def examples() -> tuple[Site, ...]:
    """One and two operands; signed, unsigned, bipolar and mixed ones."""
    signed, unsigned = IntType(-9, 6), IntType(0, 21)
    return (
        _site(Linear((1, 1), 0), (2, 2, 5), signed, unsigned),
        _site(Linear((4, -1), -3), (1, 3, 4), unsigned, signed),
        _site(Linear((-5, 7), 11), (2, 2, 3), signed, IntType(3, 4)),
        _site(Linear((1, -1), 0), (1, 2, 4), BIPOLAR, unsigned),
        _site(Linear((3,), -20), (1, 2, 3), unsigned),
        _site(Linear((-1,), 1), (1, 2, 3), BIPOLAR),
        _site(Product(), (2, 2, 3), signed, unsigned),
        _site(Product(), (1, 2, 4), unsigned, BIPOLAR),
        _site(Product(), (1, 2, 5), BIPOLAR, BIPOLAR),
        _site(Extremum("max"), (2, 2, 3), signed, unsigned),
        _site(Extremum("min"), (1, 3, 3), signed, BIPOLAR),
        _site(Extremum("max"), (1, 3, 4), BIPOLAR, BIPOLAR),
        _site(Fraction(6), (2, 2, 5), signed, unsigned),
        _site(Fraction(3), (1, 3, 4), unsigned, IntType(1, 300)),
        _site(SquareRoot(2), (1, 2, 5), unsigned),
        _site(SquareRoot(0), (2, 1, 3), IntType(0, 1000)),
        _pairs((1, 2, 5), signed, IntType(0, 4), IntType(-30, 31)),
        _pairs((2, 1, 4), BIPOLAR, IntType(-2, 5), BIPOLAR),
    )


def _site(op: Op, shape: tuple[int, int, int], *elements: IntType) -> Site:
    return Site.of(op, *(TensorType(shape, element) for element in elements))


def _pairs(shape: tuple[int, int, int], first: IntType, second: IntType, result: IntType) -> Site:
    rng = np.random.default_rng(first.levels)
    values = rng.choice(result.values(), size=(first.levels, second.levels))
    return _site(PairTable(values, result), shape, first, second)
