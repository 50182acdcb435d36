"""Everything that the compiler may ask of an FPGA family, as one object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hwcompile.board_file import Board
from hwcompile.families.blocks import BlockText
from hwcompile.families.decoded import Decoded
from hwcompile.families.flow import Flow
from hwcompile.families.memory import MemoryRules
from hwcompile.families.pll import PllKind
from hwcompile.families.processor import Processor
from hwcompile.families.products import NO_BLOCKS, Products

OPEN = "open"
"""The tools of a family with an open flow."""

GENERIC = "artix7"
"""The family whose prices hold where no board is named: look-up tables of six inputs."""

CALIBRATION, CELLS, MAP, PLL_CELLS = "calibration.json", "cells.v", "map.v", "pll_cells.sv"
DELAYS, ENERGIES = "delays.json", "energies.json"
"""Files beside a family's code, each where there is one: coefficients of the resource model, models
of cells that Yosys knows by their ports only, techmap rules of our own, models of the PLL cells in
the wrappers `hw_pll_*.sv`; delays of the speed grades."""


@dataclass(frozen=True)
class FpgaFamily:
    """One FPGA family.

    Attributes:
        title: For people.
        folder: The family's folder; board files name the family like it.
        tools: What builds for it: `OPEN`, or the vendor's tool.
        flow: The open flow; None where only the vendor's tool knows the family.
        products: Which products go to DSP blocks; asked by the flow and by the resource model.
        memory: How the flow maps memories; None where there is no resource model.
        like: Name of the family with the same logic, whose coefficients hold; "" for its own.
        paired: A flip-flop stands behind a look-up table and can be fed by that one only, so one
            without it takes a logic cell of its own.
        plls: PLLs, the usual one of a device first.
        blocks: How routed designs state the contents of memory blocks; None where nobody
            documented it.
        decode: Reads a packed bitstream back to cells, (file, board); None where nobody can.
        processor: The processor system on the chip, which feeds the design through DMA and gives
            it its clock; (frequency of that in MHz).
        remark: What a vendor's project leaves to the user, with `{top}` for the wrapper's name.
    """

    title: str
    folder: Path
    tools: str = OPEN
    flow: Flow | None = None
    products: Products = NO_BLOCKS
    memory: MemoryRules | None = None
    like: str = ""
    paired: bool = False
    plls: tuple[PllKind, ...] = ()
    blocks: BlockText | None = None
    decode: Callable[[Path, Board], Decoded] | None = None
    processor: Callable[[float], Processor] | None = None
    remark: str = ""

    @property
    def name(self) -> str:
        """As in board files."""
        return self.folder.name

    def file(self, name: str) -> Path | None:
        """A file beside the family's code, None where it has none of that name."""
        path = self.folder / name
        return path if path.is_file() else None
