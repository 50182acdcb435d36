"""Sums, products, extrema and tables of one or two feature maps, element by element."""

from __future__ import annotations

from hwcompile.ops.contract.family import Family
from hwcompile.ops.elementwise.examples import examples
from hwcompile.ops.elementwise.extremum import ExtremumLanes
from hwcompile.ops.elementwise.linear import LinearSum
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile.ops.elementwise.pair_table import PairRom
from hwcompile.ops.elementwise.product import ProductLanes

FAMILY = Family(
    "elementwise",
    "sum with constant coefficients, product, maximum, minimum, or table, element by element",
    (Linear, Product, Extremum, PairTable),
    (LinearSum(), ProductLanes(), ExtremumLanes(), PairRom()),
    examples,
)

__all__ = ["FAMILY", "Extremum", "Linear", "PairTable", "Product"]
