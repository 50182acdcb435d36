"""Lattice iCE40."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily
from hwcompile.families.ice40.bits.decode import decode_packed
from hwcompile.families.ice40.blocks import BLOCKS
from hwcompile.families.ice40.flow import FLOW, PRODUCTS
from hwcompile.families.ice40.pll import CORE, PAD
from hwcompile.families.memory import MemoryRules

FAMILY = FpgaFamily(
    title="iCE40",
    folder=Path(__path__[0]),
    flow=FLOW,
    products=PRODUCTS,
    memory=MemoryRules(
        ((2048, 2), (1024, 4), (512, 8), (256, 16)),
        block_cost=64,
        byte=1,
        small_cost=None,
    ),
    paired=True,
    plls=(CORE, PAD),
    blocks=BLOCKS,
    decode=decode_packed,
)
