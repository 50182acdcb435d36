"""Sums of several terms, in an order that keeps adders narrow."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hwcompile.ir.types import bits_of
from hwcompile.ops.arithmetic.adders.draft import Draft, Sum
from hwcompile.ops.arithmetic.adders.graph import AdderGraph, Term


def reordered(graph: AdderGraph) -> AdderGraph:
    """The same outputs, with the order of additions of every sum that only one adder reads free.

    Adders that one other adder reads are a sum of several terms together with it. Its terms are
    added again, always the two whose adder is narrowest.
    """
    readers = Counter(term.node for adder in graph.adders for term in adder.terms)
    readers.update(term.node for term in graph.outputs if term is not None)
    leaving = {term.node for term in graph.outputs if term is not None}
    inputs = graph.inputs
    draft = Draft(graph.low, graph.high)
    made: dict[int, Sum] = {at: Term(at) for at in range(inputs)}
    levels: dict[int, int] = dict.fromkeys(range(inputs), 0)

    def inner(at: int) -> bool:
        plain = at >= inputs and graph.adders[at - inputs].drop == 0
        return plain and readers[at] == 1 and at not in leaving

    def terms_of(at: int) -> list[Term]:
        found = []
        for term in graph.adders[at - inputs].terms:
            parts = terms_of(term.node) if inner(term.node) else [Term(term.node)]
            found += [part.times(term.shift, minus=term.minus) for part in parts]
        return found

    for at in range(inputs, inputs + len(graph.adders)):
        if inner(at):
            continue
        terms = [_joined(made[term.node], term) for term in terms_of(at)]
        total = _total(draft, levels, [term for term in terms if term is not None])
        drop = graph.adders[at - inputs].drop
        made[at] = None if total is None else total.times(-drop)
    outputs = [None if term is None else _joined(made[term.node], term) for term in graph.outputs]
    return replace(draft.graph(outputs), constants=graph.constants)


def _joined(made: Sum, term: Term) -> Sum:
    return None if made is None else made.times(term.shift, minus=term.minus)


def _total(draft: Draft, levels: dict[int, int], terms: Sequence[Term]) -> Sum:
    """The sum of terms, pair by pair."""
    alive = dict(enumerate(terms))
    waiting = [
        (_price(draft, levels, one, other), i, j)
        for i, one in alive.items()
        for j, other in alive.items()
        if i < j
    ]
    heapq.heapify(waiting)
    count = len(alive)
    while len(alive) > 1:
        _, i, j = heapq.heappop(waiting)
        if i not in alive or j not in alive:
            continue
        first, second = alive.pop(i), alive.pop(j)
        total = draft.add(first, second)
        if total is None:
            continue
        later = 1 + max(levels[first.node], levels[second.node])
        levels[total.node] = min(later, levels.get(total.node, later))
        for k, other in alive.items():
            heapq.heappush(waiting, (_price(draft, levels, total, other), k, count))
        alive[count] = total
        count += 1
    return next(iter(alive.values()), None)


def _price(draft: Draft, levels: dict[int, int], first: Term, second: Term) -> tuple[int, int]:
    """Bits of the adder of two terms; of equal ones the earlier sum."""
    common = min(first.shift, second.shift)
    shift, behind = first.shift - common, second.shift - common
    both = first.minus and second.minus
    minus, other = first.minus and not both, second.minus and not both
    least, most = _signed(draft.interval(first.node), minus)
    low, high = _signed(draft.interval(second.node), other)
    passed = shift if not other else 0
    if behind and not minus:
        passed = behind
    later = max(levels[first.node], levels[second.node])
    bits = bits_of((least << shift) + (low << behind), (most << shift) + (high << behind))
    return bits - passed, later


def _signed(interval: tuple[int, int], minus: bool) -> tuple[int, int]:
    low, high = interval
    return (-high, -low) if minus else interval
