"""AMD Artix-7: projects for Vivado."""

from __future__ import annotations

from pathlib import Path

from hwcompile.families.family import FpgaFamily

FAMILY = FpgaFamily(title="Artix-7", folder=Path(__path__[0]), tools="vivado")
