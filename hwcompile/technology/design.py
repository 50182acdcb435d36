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

FILL: Mapping[str, float] = {"lut": 0.85, "ff": 0.85, "bram": 1.0, "dsp": 1.0}
"""Share of the FPGA that a fit may use.

Logic: nextpnr has placed and routed these designs at more than nine tenths of an iCE40, and whole
designs take what is predicted within about one tenth (`hwcompile build` prints both). Blocks are
counted by rules, not fitted, and a full column of them does not hinder routing.
"""

PACKED = 0.75
"""Share of the DSP blocks that is counted on when not all products find one: a product takes one
block or several, and which products stay in logic is known after synthesis only."""


@dataclass(frozen=True)
class DeviceBudget:
    """What an FPGA holds, and how its cells are counted."""

    capacities: Capacities
    rules: Rules

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

    def figures(self, need: Need) -> dict[str, float]:
        """Use by field of `Capacities`; flip-flops that are alone take logic cells ("lut")."""
        cells = need.lut + (need.loose if self.rules.paired else 0.0)
        return {"lut": cells, "ff": need.ff, "bram": need.bram, "dsp": need.dsp}

    def shares(self, need: Need) -> dict[str, float]:
        """Use as a share of what there is; huge where there is none."""
        return {
            part: (
                used / have if (have := getattr(self.capacities, part)) else float(used > 0) * 1e9
            )
            for part, used in self.figures(self.settle(need)).items()
        }

    def fits(self, need: Need) -> bool:
        """True when a whole design stays below `FILL`."""
        return all(share <= FILL[part] for part, share in self.shares(need).items())
