"""Cologne Chip GateMate, which has no multiplier blocks."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily
from hwcompile.families.gatemate.flow import FLOW
from hwcompile.families.gatemate.pll import CC_PLL

FAMILY = FpgaFamily(
    title="GateMate",
    folder=Path(__path__[0]),
    flow=FLOW,
    plls=(CC_PLL,),
)
