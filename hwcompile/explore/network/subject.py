"""What is explored: a graph, the FPGA that it is built on, and the clocks that are asked for."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from functools import cached_property

from hwcompile.boards import Board
from hwcompile.engine.version import compiler_key
from hwcompile.engine.work import contents_key
from hwcompile.ir.graph import Graph
from hwcompile.ir.text import to_text
from hwcompile.schedule.choose.folding import Space
from hwcompile.schedule.choose.options import Reserve
from hwcompile.technology.delays import DelayModel, delay_model
from hwcompile.technology.design import DeviceBudget, usable
from hwcompile.technology.model import Need, Technology, generic, technology
from hwcompile.technology.rules import rules_of

KINDS = ("lut", "ff", "bram", "dsp")
"""What an FPGA holds, by field of `Capacities`."""


@dataclass(frozen=True)
class Subject:
    """A graph on a device. What is derived from it is not sent to other processes.

    Attributes:
        graph: Lowered.
        board: Whose FPGA it is; None for a 7-series FPGA without an end.
        clocks: In MHz, that kernels may take registers for.
        way: Number of the graph among those that compute the same.
        derived: What this process has found out about it.
    """

    graph: Graph
    board: Board | None
    clocks: tuple[float, ...]
    way: int = 0
    derived: dict[str, object] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def key(self) -> str:
        """Of its contents, those of the compiler included: what is found depends on both."""
        contents = (to_text(self.graph), repr(self.board), repr(self.clocks), str(self.way))
        return contents_key(compiler_key(), *contents)

    @cached_property
    def packed(self) -> bytes:
        """For another process."""
        return pickle.dumps(Subject(self.graph, self.board, self.clocks, self.way))

    @cached_property
    def space(self) -> Space:
        """Everything that nodes can be built of, word by word."""
        return Space.of(self.graph, {}, Reserve.KERNELS)

    @cached_property
    def model(self) -> Technology:
        """Of the FPGA family."""
        return technology(self.board.device.family) if self.board else generic()

    @cached_property
    def delays(self) -> DelayModel | None:
        """Of the device, where they are known."""
        return delay_model(self.board.device) if self.board else None

    @cached_property
    def budget(self) -> DeviceBudget | None:
        """What the board's FPGA holds."""
        if self.board is None:
            return None
        return DeviceBudget(self.board.capacities, rules_of(self.board.device.family))

    def figures(self, need: Need) -> tuple[float, float, float, float]:
        """Logic cells, flip-flops, block RAMs and DSP blocks of a whole design."""
        if self.budget is None:
            return need.lut, need.ff, need.bram, need.dsp
        found = self.budget.figures(self.budget.settle(need))
        return found["lut"], found["ff"], found["bram"], found["dsp"]

    def excess(self, need: Need) -> float:
        """Use of what is shortest, relative to what may be used; a design fits when at most 1."""
        if self.budget is None:
            return 0.0
        shares = self.budget.shares(need)
        return max(shares[part] / usable(part) for part in shares)

    def fits(self, need: Need) -> bool:
        """Whether the planner would take it."""
        return self.excess(need) <= 1
