"""What a design takes and how fast it is, from what is known of its parts: thousands in a second.

Cycles are those of the slowest kernel or gearbox, which the planned design keeps unless buffers
inside its kernels are too small. What it takes is what `hwcompile.schedule.choose.fit` counts:
every node, gearbox, controller and link, with FIFOs of the depths that keep pipelines full. A
design that is kept is planned whole (`hwcompile.explore.network.points`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from hwcompile.explore.network.joining import Joiner
from hwcompile.explore.network.parts import NodeChoices, WeighedNode
from hwcompile.explore.network.subject import Subject
from hwcompile.schedule.choose.choice import Choice, stream_sources
from hwcompile.schedule.choose.pace import LINK_PATHS, SPARE

Genome = tuple[int, ...]
"""The number of a clock, then two numbers for every node, in graph order."""

_WAYS = 16
"""Numbers of ways; where a folding has fewer they begin again, so that each is met as often."""


@dataclass(frozen=True)
class Weighed:
    """What is known of a design before it is planned.

    Attributes:
        interval: Cycles per frame of its slowest part.
        mhz: Its clock, as predicted: at most the one that it has registers for.
        figures: Logic cells, flip-flops, block RAMs and DSP blocks.
        excess: Use of what is shortest; more than 1 does not fit, infinite can not be built.
    """

    interval: int
    mhz: float
    figures: tuple[float, float, float, float]
    excess: float

    @property
    def costs(self) -> tuple[float, float, float, float]:
        """What is to be small: microseconds per frame, logic cells, block RAMs, DSP blocks."""
        lut, _, bram, dsp = self.figures
        return self.interval / self.mhz, lut, bram, dsp


IMPOSSIBLE = Weighed(1 << 60, 1.0, (1e12, 1e12, 1e12, 1e12), float("inf"))
"""What can not be joined: elements would come in an order that their reader does not take."""


class Weigher:
    """Weighs designs of a subject; every design once."""

    def __init__(self, subject: Subject, parts: NodeChoices | None = None) -> None:
        """Start.

        Args:
            subject: Whose designs are weighed.
            parts: Those of another one; parts are what takes long to find out.
        """
        self.subject = subject
        self.parts = parts or NodeChoices(subject)
        self.known: dict[Genome, Weighed] = {}
        self._joiner = Joiner(subject, self.parts)
        origin = stream_sources(subject.graph)
        places = {node.outputs[0]: place for place, node in enumerate(self.parts.nodes)}
        self._before = [
            places.get(origin[node.inputs[0]], -1) if node.inputs else -1
            for node in self.parts.nodes
        ]
        delays = subject.delays
        self._least_delay = delays.slowest(LINK_PATHS)[1] if delays else 0.0

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers there are for each place of a genome; of ways, more begin again."""
        each = [size for options in self.parts.options for size in (len(options), _WAYS)]
        return (len(self.subject.clocks), *each)

    def of(self, genome: Genome) -> Weighed:
        """A design."""
        if genome not in self.known:
            self.known[genome] = self._weighed(genome)
        return self.known[genome]

    def bases(self, genome: Genome) -> list[int]:
        """The foldings that a design's numbers mean."""
        return [base for base, _ in self._walk(genome)]

    def folding(self, genome: Genome) -> str:
        """What designs share whose streams and cycles are the same, in whatever ways."""
        ports = [
            (part.rigid or part.choice.kernel, part.interval, part.inputs, part.output)
            for _, part in self._walk(genome)
        ]
        return hashlib.sha256(repr(ports).encode()).hexdigest()[:16]

    def choices(self, genome: Genome) -> dict[str, Choice]:
        """How a design builds every node, as the planner names it."""
        pairs = zip(self.parts.nodes, self._walk(genome), strict=True)
        return {node.name: part.choice for node, (_, part) in pairs}

    def genome(self, clock: int, choices: Mapping[str, Choice]) -> Genome:
        """The numbers of the planner's choices, as far as they are among ours."""
        found: list[WeighedNode] = []
        numbers = [clock]
        for place, before in enumerate(self._before):
            have = found[before].output if before >= 0 else None
            choice = choices[self.parts.nodes[place].name]
            first, second = self.parts.gene_of(place, choice, have)
            numbers += [first, second]
            found.append(
                self.parts.at(place, self.parts.base_of(place, first, have), second, clock)
            )
        return tuple(numbers)

    def _walk(self, genome: Genome) -> list[tuple[int, WeighedNode]]:
        """The folding and the part of every node."""
        found: list[tuple[int, WeighedNode]] = []
        for place, before in enumerate(self._before):
            have = found[before][1].output if before >= 0 else None
            base = self.parts.base_of(place, genome[1 + 2 * place], have)
            found.append((base, self.parts.at(place, base, genome[2 + 2 * place], genome[0])))
        return found

    def _weighed(self, genome: Genome) -> Weighed:
        joined = self._joiner.join([part for _, part in self._walk(genome)])
        if joined is None:
            return IMPOSSIBLE
        need, every = joined
        interval = max((part.interval for part in every), default=1)
        delay = max([self._least_delay, *(part.delay for part in every)])
        clock = self.subject.clocks[genome[0]]
        mhz = min(clock, SPARE * 1000.0 / delay) if delay else clock
        return Weighed(interval, mhz, self.subject.figures(need), self.subject.excess(need))
