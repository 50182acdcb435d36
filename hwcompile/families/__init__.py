"""FPGA families, one folder each: the folder's name is the family's, its `FAMILY` says the rest.

Board files name a family; whoever needs a fact of it asks the object. Nothing but a new folder (and
a board that names it) is needed for another family.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from hwcompile.board_file import Board
from hwcompile.diagnostics import fail
from hwcompile.families.family import FpgaFamily
from hwcompile.families.flow import Flow


@cache
def family_names() -> tuple[str, ...]:
    """The families that boards may name: those with an open flow first, sorted."""
    found = (entry.name for entry in pkgutil.iter_modules(__path__) if entry.ispkg)
    return tuple(sorted(found, key=lambda name: (fpga_family(name).flow is None, name)))


@cache
def fpga_family(name: str) -> FpgaFamily:
    """The family of that name, one of `family_names()`."""
    module = import_module(f"{__name__}.{name}")
    found: FpgaFamily = module.FAMILY
    return found


def family_of(board: Board) -> FpgaFamily:
    """The family of a board's FPGA."""
    return fpga_family(board.device.family)


def flow_of(board: Board) -> Flow:
    """The open flow for a board's FPGA.

    Raises:
        CompileError: HW0851 when only its vendor's tool knows the FPGA.
    """
    found = family_of(board)
    if found.flow is None:
        open_ones = [name for name in family_names() if fpga_family(name).flow]
        raise fail(
            "HW0851",
            f"the FPGA of '{board.id}' has no open flow",
            f"{board.device.family} is built with {found.tools}",
            f"hwcompile build writes a {found.tools} project; for this step choose a board of "
            f"family {', '.join(open_ones)}",
        )
    return found.flow
