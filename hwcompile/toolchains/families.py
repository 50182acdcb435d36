"""The families by name."""

from __future__ import annotations

from hwcompile.boards import FAMILIES, Board
from hwcompile.diagnostics import fail
from hwcompile.toolchains import ecp5, gatemate, gowin, ice40, machxo2, nexus
from hwcompile.toolchains.family import Family

_FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY for module in (ice40, ecp5, gowin, gatemate, nexus, machxo2)
}


def family_of(board: Board) -> Family:
    """The flow for a board's FPGA.

    Raises:
        CompileError: HW0851 when only its vendor's tool knows the FPGA.
    """
    if board.flow != "open":
        raise fail(
            "HW0851",
            f"the FPGA of '{board.id}' has no open flow",
            f"{board.device.family} is built with {board.flow}",
            f"hwcompile build writes a {board.flow} project; for this step choose a board of "
            f"family {', '.join(FAMILIES)}",
        )
    return _FAMILIES[board.device.family]
