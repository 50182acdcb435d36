"""What an engine does in a time step, in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.ops.recurrent.images import widths
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.simulation import StepSchedule


@dataclass(frozen=True)
class Description:
    """What an engine does in a time step.

    Attributes:
        cycles: Cycles per step in steady state.
        gates_cycles: Cycles until the last PE leaves the first phase: the gates' rows, or those in
            front of the reset state.
        projection_cycles: The others.
        gates_entries: Non-zero weights of the first phase, over all PEs.
        projection_entries: Those of the second: the projection, or the candidate's rows.
        fillers: Entries of weight 0 that bridge long distances between columns.
        tail: Cycles in which the lanes finish a step while the PEs do the next one.
        weight_bits: Size of the PEs' programs: weights, columns, ends of rows.
        entry_bits: Of these, per entry.
        control_bits: Size of the lanes' programs.
        pes: Multipliers of a channel.
        channels: Sequences in step.
    """

    cycles: int
    gates_cycles: int
    projection_cycles: int
    gates_entries: int
    projection_entries: int
    fillers: int
    tail: int
    weight_bits: int
    entry_bits: int
    control_bits: int
    pes: int
    channels: int

    @staticmethod
    def of(layout: EngineLayout, schedule: StepSchedule) -> Description:
        """That of an engine with a layout and a schedule."""
        width = widths(layout)
        last = [max(lane.takes) for lane in schedule.lanes]
        segments = [done.segment for lane in schedule.lanes for done in lane.done]
        total = sum(part.places.size for part in segments)
        gates, projection = (
            sum(int(np.count_nonzero(part.weights)) for part in segments if part.second == second)
            for second in (False, True)
        )
        return Description(
            cycles=schedule.cycles,
            gates_cycles=schedule.gates_end,
            projection_cycles=schedule.cycles - schedule.gates_end,
            gates_entries=gates,
            projection_entries=projection,
            fillers=total - gates - projection,
            tail=max(max(last) + 1 - schedule.cycles, 0),
            weight_bits=schedule.cycles * layout.pes * width.entry,
            entry_bits=width.entry,
            control_bits=schedule.cycles * control_bits(layout),
            pes=layout.pes,
            channels=layout.cell.channels,
        )

    @property
    def multipliers(self) -> int:
        """Multipliers of all PEs."""
        return self.pes * self.channels

    @property
    def read_bits(self) -> int:
        """Bits of the PEs' programs that a step of all channels reads: each once."""
        return self.weight_bits

    @property
    def utilisation(self) -> float:
        """Share of the multipliers' cycles that do a non-zero weight."""
        return (self.gates_entries + self.projection_entries) / (self.pes * self.cycles)

    @property
    def gates_utilisation(self) -> float:
        """The same in the first phase."""
        return self.gates_entries / (self.pes * self.gates_cycles)

    @property
    def projection_utilisation(self) -> float:
        """The same in the second phase."""
        return self.projection_entries / (self.pes * max(self.projection_cycles, 1))


def control_bits(layout: EngineLayout) -> int:
    """Bits of a row of the lanes' programs."""
    width = widths(layout)
    return layout.lanes * (8 + width.pe + width.thing)
