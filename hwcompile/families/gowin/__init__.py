"""Gowin LittleBee and Arora."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily
from hwcompile.families.gowin.flow import FLOW, PRODUCTS
from hwcompile.families.gowin.pll import GW1N, GW2A
from hwcompile.families.memory import KBIT_18, MemoryRules

FAMILY = FpgaFamily(
    title="Gowin",
    folder=Path(__path__[0]),
    flow=FLOW,
    products=PRODUCTS,
    memory=MemoryRules(KBIT_18, block_cost=128, byte=9, small_cost=4, small_scaled=4),
    paired=True,
    plls=(GW1N, GW2A),
)
