"""Adder graphs in the making: equal sums, up to a sign and a shift, are made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.arithmetic.adders.graph import Adder, AdderGraph, Term, reachable

Sum = Term | None
"""None is zero."""


class Draft:
    """Adders so far."""

    def __init__(self, low: IntArray, high: IntArray) -> None:
        self.low, self.high = low, high
        self.inputs = int(low.size)
        self.adders: list[Adder] = []
        self._vectors = list(np.eye(self.inputs, dtype=np.int64))
        self._known: dict[bytes, tuple[int, bool]] = {}
        self._intervals: list[tuple[int, int]] = []
        for at, vector in enumerate(self._vectors):
            self._enter(at, vector, *_key(vector))

    def vector(self, term: Term) -> IntArray:
        """Weights of the inputs in a term, int64 [inputs]."""
        shifted: IntArray = self._vectors[term.node] << term.shift
        return -shifted if term.minus else shifted

    def interval(self, node: int) -> tuple[int, int]:
        """Least and greatest value of a node."""
        return self._intervals[node]

    def add(self, first: Sum, second: Sum) -> Sum:
        """The sum of two terms: of an adder that is there already, or of a new one."""
        if first is None or second is None:
            return first or second
        common = min(first.shift, second.shift)
        first, second = first.times(-common), second.times(-common)
        vector = self.vector(first) + self.vector(second)
        if not vector.any():
            return None
        drop = zeros_below(vector)
        vector = vector >> drop
        key, minus = _key(vector)
        known = self._known.get(key)
        if known is not None:
            return Term(known[0], common + drop, minus != known[1])
        both = first.minus and second.minus
        if both:
            first, second, vector = first.times(0, minus=True), second.times(0, minus=True), -vector
        at = len(self._vectors)
        self.adders.append(Adder(first, second, drop))
        self._vectors.append(vector)
        self._enter(at, vector, key, minus != both)
        return Term(at, common + drop, both)

    def graph(self, outputs: Sequence[Sum]) -> AdderGraph:
        """The adders that outputs need."""
        return without_unused(AdderGraph(self.low, self.high, tuple(self.adders), tuple(outputs)))

    def _enter(self, at: int, vector: IntArray, key: bytes, minus: bool) -> None:
        low, high = reachable(vector[None], self.low, self.high)
        self._intervals.append((int(low[0]), int(high[0])))
        self._known[key] = at, minus


def zeros_below(vector: IntArray) -> int:
    """How many of the lowest bits are zero in all weights, of which one is not zero."""
    every = int(np.bitwise_or.reduce(vector))
    return (every & -every).bit_length() - 1


def without_unused(graph: AdderGraph) -> AdderGraph:
    """The same without adders that no output depends on."""
    inputs = graph.inputs
    used = [True] * inputs + [False] * len(graph.adders)
    for term in graph.outputs:
        if term is not None:
            used[term.node] = True
    for at in reversed(range(inputs, len(used))):
        if used[at]:
            adder = graph.adders[at - inputs]
            used[adder.left.node] = used[adder.right.node] = True
    places = list(accumulate(used, initial=0))

    def moved(term: Term) -> Term:
        at = places[term.node]
        return term if at == term.node else Term(at, term.shift, term.minus)

    adders = [
        Adder(moved(adder.left), moved(adder.right), adder.drop)
        for adder, keep in zip(graph.adders, used[inputs:], strict=True)
        if keep
    ]
    outputs = tuple(None if term is None else moved(term) for term in graph.outputs)
    return replace(graph, adders=tuple(adders), outputs=outputs)


def _key(vector: IntArray) -> tuple[bytes, bool]:
    """Equal for vectors that differ in sign alone; and whether this one is the negative one."""
    minus = bool(vector[(vector != 0).argmax()] < 0)
    return (-vector if minus else vector).tobytes(), minus
