"""Lattice MachXO2, which has no multiplier blocks."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily
from hwcompile.families.machxo2.flow import FLOW

FAMILY = FpgaFamily(
    title="MachXO2",
    folder=Path(__path__[0]),
    flow=FLOW,
)
