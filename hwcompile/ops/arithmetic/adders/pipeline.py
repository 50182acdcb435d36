"""Which cycle adds what: adder graphs as pipelines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hwcompile.ops.arithmetic.adders.graph import AdderGraph


@dataclass(frozen=True, eq=False)
class AdderPipeline:
    """An adder graph with registers behind every few adders, and behind what leaves.

    Attributes:
        graph: The adders.
        per_cycle: Adders one after the other in a cycle, at most.
        in_bits: Of an input's code.
        out_bits: Of an output.
    """

    graph: AdderGraph
    per_cycle: int
    in_bits: int
    out_bits: int

    @property
    def stages(self) -> int:
        """Cycles from an input to the outputs."""
        return max(-(-self.graph.depth // self.per_cycle), 1)

    @cached_property
    def cycles(self) -> tuple[int, ...]:
        """The cycle in which every node is added, 0 for inputs; with the fewest registers of two.

        Either every sum is made as early as it can be, or as late as it is wanted.
        """
        early = tuple(self._cycle(level) for level in self.graph.levels)
        late = tuple(self._cycle(level) for level in self._late)
        return min(early, late, key=self._register_bits)

    @cached_property
    def last(self) -> tuple[int, ...]:
        """The last cycle in which every node is read; `stages` where it leaves as it is."""
        return self._last(self.cycles)

    @property
    def register_bits(self) -> int:
        """Flip-flops of sums and inputs, without that of the valid bit."""
        return self._register_bits(self.cycles)

    @property
    def longest(self) -> tuple[tuple[int, ...], ...]:
        """For every cycle, bits of the adders on the way with most of them, then with most bits."""
        graph, cycles = self.graph, self.cycles
        ways: list[tuple[int, ...]] = [()] * graph.inputs
        found: list[tuple[int, ...]] = [()] * self.stages

        def enter(cycle: int, way: tuple[int, ...]) -> None:
            found[cycle] = max(found[cycle], way, key=lambda one: (len(one), sum(one)))

        for at, adder in enumerate(graph.adders, graph.inputs):
            before = [ways[t.node] for t in adder.terms if cycles[t.node] == cycles[at]]
            longest = max(before, key=lambda way: (len(way), sum(way)), default=())
            ways.append((*longest, graph.adder_bits[at - graph.inputs]))
            enter(cycles[at], ways[at])
        for end, more in zip(graph.outputs, graph.finished, strict=True):
            if end is not None and more:
                here = ways[end.node] if cycles[end.node] == self.stages - 1 else ()
                enter(self.stages - 1, (*here, self.out_bits))
        return tuple(found)

    def _cycle(self, level: int) -> int:
        return max(level - 1, 0) // self.per_cycle

    @property
    def _late(self) -> list[int]:
        """The level at which every node is wanted, at the latest."""
        graph = self.graph
        ends = self.stages * self.per_cycle
        found = [ends] * len(graph.levels)
        for end, more in zip(graph.outputs, graph.finished, strict=True):
            if end is not None:
                found[end.node] = min(found[end.node], ends - more)
        for at in reversed(range(graph.inputs, len(found))):
            for term in graph.adders[at - graph.inputs].terms:
                found[term.node] = min(found[term.node], found[at] - 1)
        return [0] * graph.inputs + found[graph.inputs :]

    def _last(self, cycles: Sequence[int]) -> tuple[int, ...]:
        graph = self.graph
        found = list(cycles)
        for at, adder in enumerate(graph.adders, graph.inputs):
            for term in adder.terms:
                found[term.node] = max(found[term.node], cycles[at])
        for end, more in zip(graph.outputs, graph.finished, strict=True):
            if end is not None:
                found[end.node] = max(found[end.node], self.stages - more)
        return tuple(found)

    def _register_bits(self, cycles: Sequence[int]) -> int:
        last = self._last(cycles)
        held = zip(self.graph.bits, cycles, last, strict=True)
        return sum(bits * (end - begin) for bits, begin, end in held) + sum(
            self.out_bits for more in self.graph.finished if more
        )
