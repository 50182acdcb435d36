"""Which sums are kept with the other sign, so that fewer bits are added."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hwcompile.ir.types import IntType
from hwcompile.ops.arithmetic.adders.graph import Adder, AdderGraph, Term

_ROUNDS = 4


@dataclass
class _Signs:
    """Nodes with or without the other sign, and what the adders take then."""

    graph: AdderGraph
    other: list[bool] = field(init=False)
    readers: list[list[int]] = field(init=False)
    wanted: list[list[bool]] = field(init=False)
    bits: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        graph = self.graph
        nodes = graph.inputs + len(graph.adders)
        self.other = [False] * nodes
        self.readers = [[] for _ in range(nodes)]
        self.wanted = [[] for _ in range(nodes)]
        for at, adder in enumerate(graph.adders, graph.inputs):
            for node in {term.node for term in adder.terms}:
                self.readers[node].append(at)
        for term in graph.outputs:
            if term is not None:
                self.wanted[term.node].append(term.minus)
        self.bits = [(t.bits, IntType(-t.high, -t.low).bits) for t in graph.types]

    def adder(self, at: int) -> Adder:
        """As it is with the signs that are chosen."""
        found = self.graph.adders[at - self.graph.inputs]
        flip = self.other[at]
        left, right = (t.times(0, minus=self.other[t.node] != flip) for t in found.terms)
        return Adder(left, right, found.drop)

    def illegal(self, at: int) -> bool:
        """Whether both operands would be subtracted."""
        return all(term.minus for term in self.adder(at).terms)

    def cost(self, at: int) -> int:
        """Bits of an adder, and of negations of outputs behind it."""
        adder, bits = self.adder(at), self.bits[at][self.other[at]]
        negated = sum(minus != self.other[at] for minus in self.wanted[at])
        return max(bits + adder.drop - adder.passed, 0) + negated * (bits + 1)

    def touched(self, nodes: set[int]) -> set[int]:
        """Adders whose cost depends on the signs of some nodes."""
        return nodes.union(*(self.readers[node] for node in nodes))

    def flipped(self, at: int) -> set[int] | None:
        """Flip a node and all that must be flipped with it; None where that is an input."""
        done: set[int] = set()
        waiting = [at]
        while waiting:
            node = waiting.pop()
            if node in done:
                continue
            done.add(node)
            self.other[node] = not self.other[node]
            candidates = [node, *self.readers[node]]
            waiting += [n for n in candidates if n not in done and self.illegal(n)]
            if self.illegal(node):
                free = [t.node for t in self.adder(node).terms if t.node >= self.graph.inputs]
                free = [n for n in free if n not in done]
                if not free:
                    self.undo(done)
                    return None
                waiting.append(free[0])
        if any(self.illegal(node) for node in self.touched(done) if node >= self.graph.inputs):
            self.undo(done)
            return None
        return done

    def undo(self, nodes: set[int]) -> None:
        """Flip nodes back."""
        for node in nodes:
            self.other[node] = not self.other[node]


def with_best_signs(graph: AdderGraph) -> AdderGraph:
    """The same outputs; flips of single sums, with those they force, while they save bits."""
    signs = _Signs(graph)
    places = range(graph.inputs, graph.inputs + len(graph.adders))
    for _ in range(_ROUNDS):
        saved = 0
        for at in places:
            saved += _try(signs, at)
        if not saved:
            break
    adders = tuple(signs.adder(at) for at in places)
    outputs = tuple(
        None if term is None else Term(term.node, term.shift, term.minus != signs.other[term.node])
        for term in graph.outputs
    )
    return replace(graph, adders=adders, outputs=outputs)


def _try(signs: _Signs, at: int) -> int:
    """Bits that flipping a node saves; it stays as it was where that is none."""
    nodes = signs.flipped(at)
    if nodes is None:
        return 0
    touched = [node for node in signs.touched(nodes) if node >= signs.graph.inputs]
    after = sum(map(signs.cost, touched))
    signs.undo(nodes)
    saved = sum(map(signs.cost, touched)) - after
    if saved <= 0:
        return 0
    signs.undo(nodes)
    return saved
