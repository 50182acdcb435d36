"""AMD Artix-7: projects for Vivado, and the resource model of all the 7 series."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily
from hwcompile.families.memory import KBIT_18, MemoryRules
from hwcompile.families.products import Multiplier, Products

PRODUCTS = Products((Multiplier(25, 18, 2, 2),), least=9, widest=64, absorb=True)
"""What `synth_xilinx -family xc7` does with signed factors."""

MEMORY = MemoryRules(
    KBIT_18,
    block_cost=129,
    byte=9,
    small_cost=8,
    small_scaled=7,
    small=((32, 6), (64, 3)),
    rom_rows=64,
    parts=2,
)
"""Halves of a block of 36 kbit, and four look-up tables as memory (RAM32M, RAM64M)."""

FAMILY = FpgaFamily(
    title="Artix-7",
    folder=Path(__path__[0]),
    tools="vivado",
    products=PRODUCTS,
    memory=MEMORY,
)
