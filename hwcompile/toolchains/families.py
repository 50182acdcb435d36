"""The families by name."""

from __future__ import annotations

from hwcompile.boards import Board
from hwcompile.toolchains import ecp5, gowin, ice40
from hwcompile.toolchains.family import Family

_FAMILIES: dict[str, Family] = {
    family.name: family for family in (ice40.FAMILY, ecp5.FAMILY, gowin.FAMILY)
}


def family_of(board: Board) -> Family:
    """The flow for a board's FPGA."""
    return _FAMILIES[board.device.family]
