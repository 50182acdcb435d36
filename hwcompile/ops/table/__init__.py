"""Arbitrary functions of one element, by table."""

from __future__ import annotations

from hwcompile.ops.contract.family import Family
from hwcompile.ops.table.examples import examples
from hwcompile.ops.table.op import Table
from hwcompile.ops.table.rom import Rom

FAMILY = Family(
    "table",
    "any function of one element, by table; one for all, per channel, or per element",
    (Table,),
    (Rom(),),
    examples,
)

__all__ = ["FAMILY", "Table"]
