"""The kernel of recurrent ops: engines whose every time step follows one static schedule."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from hwcompile.ir.types import BIPOLAR
from hwcompile.ops.contract.kernel import Kernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.contract.weights_port import PARAMETERS, why_not
from hwcompile.ops.recurrent.cell import Cell
from hwcompile.ops.recurrent.images import widths
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.op import R

MAX_PES = 4096

_NAMES = ("pes", "lanes", *PARAMETERS)


class Static(Kernel[R]):
    """Processing elements that follow a program, one weight per cycle each, in groups (lanes).

    The PEs of a lane share a collector of finished rows and an element-wise pipeline. Only
    non-zero weights are stored and worked on; all of them are dealt out so that every PE has
    equally many. See `simulation.py` for the schedule. Channels share the schedule and every read
    of a weight; each has multipliers, vectors and element-wise pipelines of its own.

    Weights that are powers of two, or sums of them, are stored as such and shift; those of -1, 0
    and 1 add and subtract; others multiply. Where few different ones occur, programs store places
    in a code book.

    Parameters:
        pes: Multipliers of a channel, a multiple of `lanes`.
        lanes: A power of two.
        weights: "on_chip", or "external": the PEs' programs stand in external memory. Then the
            timing is that of a memory that keeps up; the design counts the cycles it does not.
        prefetch: Rows of the programs read ahead from external memory.
    """

    name = "static"
    external = True

    @abstractmethod
    def cell(self, op: R) -> Cell:
        """The op as the engine sees it; the same object for the same op."""

    def unable(self, site: Site[R]) -> str | None:
        """Only single bits that mean -1 and +1."""
        if any(kind.element == BIPOLAR for kind in site.inputs):
            return "its inputs are bipolar"
        return None

    def space(self, site: Site[R]) -> Iterable[Parameters]:
        """Numbers of PEs in powers of two, with enough lanes to collect their sums."""
        cell = self.cell(site.op)
        rows, entries = cell.rows, cell.entries
        pes = 1
        while pes == 1 or (pes <= min(rows, 1024) and 2 * pes <= entries):
            lanes = 1
            while 2 * rows * pes > entries * lanes and 2 * lanes <= min(pes, _most_lanes(cell)):
                lanes *= 2
            yield {"pes": pes, "lanes": lanes}
            pes *= 2

    def check(self, site: Site[R], parameters: Parameters) -> str | None:
        """Why the parameters are not legal; None when they are."""
        cell = self.cell(site.op)
        unknown = sorted(set(parameters) - set(_NAMES))
        if unknown:
            return f"there is no parameter '{unknown[0]}'; there are {', '.join(_NAMES)}"
        pes, lanes = parameters.get("pes"), parameters.get("lanes")
        if not isinstance(pes, int) or not isinstance(lanes, int):
            return f"pes and lanes must be numbers, not {pes!r} and {lanes!r}"
        if lanes < 1 or lanes & (lanes - 1):
            return f"lanes is {lanes}, which is not a power of two"
        if lanes > _most_lanes(cell):
            return f"there are {lanes} lanes for {_most_lanes(cell)} cell units or outputs"
        if not 1 <= pes <= MAX_PES or pes % lanes:
            return f"pes is {pes}, which is not a multiple of the {lanes} lanes up to {MAX_PES}"
        if pes > cell.rows:
            return f"there are {pes} PEs for {cell.rows} rows of weights"
        return why_not(parameters, lambda: pes * widths(EngineLayout(cell, pes, lanes)).entry)


def _most_lanes(cell: Cell) -> int:
    """A lane has at least one cell unit and one output."""
    return min(cell.units, cell.outputs)
