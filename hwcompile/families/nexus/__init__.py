"""Lattice Nexus (CrossLink-NX, Certus-NX)."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily
from hwcompile.families.nexus.flow import FLOW, PRODUCTS

FAMILY = FpgaFamily(
    title="Nexus",
    folder=Path(__path__[0]),
    flow=FLOW,
    products=PRODUCTS,
)
