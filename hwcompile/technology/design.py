"""What a whole design takes, compared with what a board's FPGA holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hwcompile.board_file import Capacities
from hwcompile.technology.model import Need
from hwcompile.technology.rules import Rules

PARTS: Mapping[str, str] = {
    "lut": "logic cells",
    "ff": "flip-flops",
    "bram": "block RAMs",
    "dsp": "DSP blocks",
}
"""Names of what an FPGA holds, by field of `Capacities`."""

TRAFFIC = "traffic"
"""Beside them, what comes from external memory: bytes per cycle."""

ALL_PARTS = {**PARTS, TRAFFIC: "bytes per cycle from external memory"}
"""Names of what may run short."""

FILL: Mapping[str, float] = {"lut": 0.85, "ff": 0.85, "bram": 1.0, "dsp": 1.0}
"""Share of the FPGA that a fit may use.

Logic: nextpnr has placed and routed these designs at more than nine tenths of an iCE40, and whole
designs take what is predicted within about one tenth (`hwcompile build` prints both). Blocks are
counted by rules, not fitted, and a full column of them does not hinder routing.
"""

PACKED = 0.75
"""Share of the DSP blocks that is counted on when not all products find one: a product takes one
block or several, and which products stay in logic is known after synthesis only."""


def usable(part: str) -> float:
    """Share of a part, or of traffic, that a fit may use."""
    return FILL.get(part, 1.0)


@dataclass(frozen=True)
class DeviceBudget:
    """What an FPGA holds, how its cells are counted, and what memory beside it brings.

    Attributes:
        capacities: Of the FPGA.
        rules: Of its family.
        traffic: Bytes per cycle that external memory brings; 0 where the planner uses none.
    """

    capacities: Capacities
    rules: Rules
    traffic: float = 0.0

    def settle(self, need: Need) -> Need:
        """A whole design's need, with the products that find no DSP block in logic."""
        moved = self.moved(need)
        if not moved:
            return need
        return replace(
            need,
            lut=need.lut + need.soft * moved,
            dsp=float(self.capacities.dsp),
            soft=need.soft * (1.0 - moved),
        )

    def moved(self, need: Need) -> float:
        """Share of a whole design's products that stay in logic for want of DSP blocks."""
        if need.dsp <= self.capacities.dsp:
            return 0.0
        return 1.0 - PACKED * self.capacities.dsp / need.dsp

    def have(self, part: str) -> float:
        """What there is of a part, or of traffic."""
        return self.traffic if part == TRAFFIC else float(getattr(self.capacities, part))

    def figures(self, need: Need) -> dict[str, float]:
        """Use by field of `Capacities`; flip-flops that are alone take logic cells ("lut")."""
        cells = need.lut + (need.loose if self.rules.paired else 0.0)
        return {"lut": cells, "ff": need.ff, "bram": need.bram, "dsp": need.dsp}

    def shares(self, need: Need) -> dict[str, float]:
        """Use as a share of what there is; huge where there is none.

        Traffic counts where a planner may use external memory. Readers all work in the same cycle
        in the worst case, and for that the memory has to be enough: then nothing ever waits for it.
        """
        return {
            part: amount / have if (have := self.have(part)) else float(amount > 0) * 1e9
            for part, amount in self.used(self.settle(need)).items()
        }

    def used(self, need: Need) -> dict[str, float]:
        """Use by part (`figures`), with traffic where a planner may use external memory."""
        return {**self.figures(need), **({TRAFFIC: need.traffic} if self.traffic else {})}

    def fits(self, need: Need) -> bool:
        """True when a whole design stays below `FILL`."""
        return all(share <= usable(part) for part, share in self.shares(need).items())
