"""Simulates a network in the way that probably takes least time; all ways give the same cycles.

Whole processes at once (`sweeps`) are fast where FIFOs hold every stream at its full rate. Piece by
piece (`walks`) is fast where small FIFOs slow a stream down, too, and does not hold all phases of a
frame in memory. Word by word (`engine`) always comes to an end, and says of a deadlock who waits
for whom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.engine import ChannelTrace, Run, Wait, run
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.offers import Offer, as_cycles
from hwcompile.schedule.time.sweeps import run_sweeps
from hwcompile.schedule.time.tracks import PieceTrace
from hwcompile.schedule.time.walks import Walked, run_walks

WHOLE = 1 << 22
"""Firings up to which whole processes are tried before pieces."""

FEW = 1 << 18
"""Firings up to which word by word takes a moment, and ends even where nothing else does."""

PATIENCE = 8
"""How often a piece may be computed where word by word would take seconds rather than minutes."""

TOGETHER = 0.5
"""Firings of pieces that may be taken together, of all: each takes as long as word by word, and
where the network gets stuck there is no end to them."""

WORD_BY_WORD = 12
"""What a firing costs by itself, next to one of many that are simulated at once."""


@dataclass(frozen=True)
class Simulated:
    """What happened.

    Attributes:
        found: All cycles.
        effort: What it took, in firings that are simulated many at once.
    """

    found: Run | Walked
    effort: int

    @property
    def waits(self) -> tuple[Wait, ...]:
        """Who waits for whom, where the network got stuck."""
        return self.found.waits if isinstance(self.found, Run) else ()

    @property
    def channels(self) -> Mapping[str, ChannelTrace | PieceTrace]:
        """When the tokens of each channel were written and freed."""
        return self.found.channels if isinstance(self.found, Run) else self.found.traces()


def run_network(
    network: Network, frames: int, offers: Mapping[str, Offer] | None = None
) -> Simulated:
    """Simulate `frames` frames; every process fires as early as it may.

    Args:
        network: What to simulate.
        frames: At least 1.
        offers: For some processes (usually sources) the earliest cycle of every firing.
    """
    offers = offers or {}
    firings = frames * sum(process.phases for process in network.processes)
    for found in _many_at_once(network, frames, offers, firings):
        if found is not None:
            return Simulated(found, firings)
    return Simulated(run(network, frames, _cycles(offers, frames)), firings * WORD_BY_WORD)


def _many_at_once(
    network: Network, frames: int, offers: Mapping[str, Offer], firings: int
) -> Iterator[Run | Walked | None]:
    """The ways that may give up, the one that is probably faster first."""
    if firings > WHOLE:
        yield run_walks(network, frames, offers)
    yield run_sweeps(network, frames, _cycles(offers, frames))
    if FEW < firings <= WHOLE:
        yield run_walks(network, frames, offers, PATIENCE, firings * TOGETHER)


def _cycles(offers: Mapping[str, Offer], frames: int) -> dict[str, IntArray]:
    return {name: as_cycles(offer, frames) for name, offer in offers.items()}
