"""Lattice ECP5."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.ecp5.blocks import BLOCKS
from hwcompile.families.ecp5.flow import FLOW, PRODUCTS
from hwcompile.families.ecp5.pll import EHXPLLL
from hwcompile.families.family import FpgaFamily
from hwcompile.families.memory import KBIT_18, MemoryRules

FAMILY = FpgaFamily(
    title="ECP5",
    folder=Path(__path__[0]),
    flow=FLOW,
    products=PRODUCTS,
    memory=MemoryRules(KBIT_18, block_cost=128, byte=9, small_cost=4),
    plls=(EHXPLLL,),
    blocks=BLOCKS,
)
