"""Neurons as truth tables of what they read."""

from __future__ import annotations

from hwcompile.ops.contract.family import Family
from hwcompile.ops.truth_table.examples import examples
from hwcompile.ops.truth_table.lookup import Lookup
from hwcompile.ops.truth_table.op import TruthTable

FAMILY = Family(
    "truth_table",
    "neurons that read few bits, each by the table of its answers",
    (TruthTable,),
    (Lookup(),),
    examples,
)

__all__ = ["FAMILY", "TruthTable"]
