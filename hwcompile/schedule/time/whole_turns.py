"""What a follower asks about simulated frames, from the cycles of all firings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.critical import SimulatedFrames, steady_firings
from hwcompile.schedule.time.engine import NEVER, Run
from hwcompile.schedule.time.network import UNBOUNDED, Network
from hwcompile.schedule.time.sweeps import Sweeper


@dataclass(frozen=True)
class WholeTurns:
    """Frames that were simulated at once.

    Attributes:
        network: Whose frames they are.
        seen: Their cycles.
    """

    network: Network
    seen: SimulatedFrames

    @staticmethod
    def of(
        network: Network, found: Run, frames: int, offered: Mapping[str, IntArray]
    ) -> WholeTurns:
        """The cycles of all firings, from those of the tokens."""
        none = np.array([NEVER])
        started = {n: np.concatenate([none, t.started]) for n, t in found.channels.items()}
        freed = {n: np.concatenate([none, t.freed]) for n, t in found.channels.items()}
        sweepers = tuple(
            Sweeper(p, network, frames, offered.get(p.name)) for p in network.processes
        )
        firings = tuple(s.cycles(started, freed).reshape(frames, -1) for s in sweepers)
        return WholeTurns(network, SimulatedFrames(frames, sweepers, firings, started, freed))

    @property
    def count(self) -> int:
        """How many frames there are."""
        return self.seen.count

    def cycle(self, process: int, frame: int, phase: int) -> int:
        """When a process fires a phase of a frame."""
        return int(self.seen.firings[process][frame, phase])

    def steady(self, frames: int, period: int, outputs: list[tuple[int, int]]) -> int | None:
        """The pace of the slowest firings, if the outputs keep it for ever.

        Args:
            frames: What happens later follows from so many.
            period: Frames of a turn.
            outputs: Process and phase that end a frame.
        """
        found = steady_firings(self.network, self.seen, frames, period)
        if found is None:
            return None
        pace, kept = found
        ends = (kept[index].reshape(period, -1)[:, phase].all() for index, phase in outputs)
        return pace if all(ends) else None

    def shifts(self, frames: int, period: int) -> tuple[int, ...] | None:
        """Cycles that each process moved by per turn, if alike in all of the last frames."""
        shifts = []
        for cycles in self.seen.firings:
            moved = cycles[-frames:] - cycles[-frames - period : -period]
            if np.any(moved != moved[0, 0]):
                return None
            shifts.append(int(moved[0, 0]))
        return tuple(shifts)

    def holds(self, period: int, later: tuple[int, ...]) -> tuple[bool, int | None]:
        """Whether firings keep what they wait for, and for how many turns; None for ever.

        Args:
            period: Frames of a turn.
            later: Cycles that each process moves by per turn.
        """
        turns: int | None = None
        for index, sweeper in enumerate(self.seen.sweepers):
            last = period * self.seen.firings[index].shape[1]
            flat = self.seen.firings[index].ravel()
            limits = [(index, np.diff(flat - sweeper.elapsed)[-last:])]
            for read in sweeper.reads:
                ready = self.seen.started[read.channel] + read.delay
                other = self.network.writer(read.channel)
                limits.append((other, _slack(flat, ready, read.token, last)))
            for write in sweeper.writes:
                ready = self.seen.freed[write.channel] + 1
                other = self.network.reader(write.channel)
                limits.append((other, _slack(flat, ready, write.place, last)))
            kept = np.zeros(last, dtype=bool)
            for other, slack in limits:
                gain = later[other] - later[index]
                if gain == 0:
                    kept |= slack == 0
                elif gain > 0 and slack.min() < UNBOUNDED:
                    most = int(slack.min()) // gain
                    turns = most if turns is None else min(turns, most)
            if not kept.all():
                return False, None
        return True, turns

    def later(self, held: int, cycles: tuple[int, ...], frames: int) -> dict[str, IntArray]:
        """The last `held` frames as offers for the first of `frames`, by process; so much later."""
        found = {}
        for process, firings, later in zip(
            self.network.processes, self.seen.firings, cycles, strict=True
        ):
            offer = np.zeros((frames, firings.shape[1]), dtype=np.int64)
            offer[:held] = firings[-held:] + later
            found[process.name] = offer.ravel()
        return found


def _slack(cycles: IntArray, ready: IntArray, token: IntArray, last: int) -> IntArray:
    """Cycles from when each of the last firings could use its token to when it fires."""
    index = token[-last:]
    slack: IntArray = np.where(index > 0, cycles[-last:] - ready[index], UNBOUNDED)
    return slack
