"""Sums, products, extrema and tables of one or two feature maps, element by element."""

from __future__ import annotations

from hwcompile.ops.contract.family import Family
from hwcompile.ops.elementwise.examples import examples
from hwcompile.ops.elementwise.extremum import ExtremumLanes
from hwcompile.ops.elementwise.fraction import DividerLanes, RootLanes
from hwcompile.ops.elementwise.linear import LinearSum
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile.ops.elementwise.pair_table import PairRom
from hwcompile.ops.elementwise.product import ProductLanes
from hwcompile.ops.elementwise.ratios import Fraction, SquareRoot

FAMILY = Family(
    "elementwise",
    "sum with constant coefficients, product, quotient, extremum, root, or table, by element",
    (Linear, Product, Extremum, PairTable, Fraction, SquareRoot),
    (
        *(LinearSum(), ProductLanes(), ExtremumLanes(), PairRom()),
        *(DividerLanes(), RootLanes()),
    ),
    examples,
)

__all__ = ["FAMILY", "Extremum", "Fraction", "Linear", "PairTable", "Product", "SquareRoot"]
