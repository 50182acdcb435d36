"""What an engine does in a time step, in figures."""

from __future__ import annotations

from dataclasses import dataclass


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
