"""The ways to build one folding: what multiplies, stores and compares, node by node.

Foldings decide streams and cycles, and planning one takes a while; ways decide which cells are used
for it. What nodes take adds up, so sets of ways that none beats are made node by node; of too many
some are left out, evenly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hwcompile.explore.network.search import unbeaten
from hwcompile.explore.network.weigher import Genome, Weigher

_KEPT = 96
"""Sets that are gone on with behind each node."""

_Costs = tuple[float, float, float]
_Way = tuple[int, int, _Costs]


def ways_of(weigher: Weigher, genome: Genome, most: int) -> list[Genome]:
    """Designs with the foldings of one, that fit and none of which beats another.

    Args:
        weigher: Of the subject.
        genome: The design; it is the first of them if none beats it.
        most: So many at most.
    """
    bases = weigher.bases(genome)
    found: list[tuple[Genome, _Costs]] = [((genome[0],), (0.0, 0.0, 0.0))]
    for place, base in enumerate(bases):
        ways = list(_ways(weigher, place, base, genome[1 + 2 * place], genome[0]))
        longer = [
            ((*head, number, way), _added(cost, own))
            for head, cost in found
            for number, way, own in ways
        ]
        kept = unbeaten([cost for _, cost in longer])
        found = [
            longer[index] for index in _thinned(sorted(kept, key=lambda i: longer[i][1]), _KEPT)
        ]
    weighed = [(made, weigher.of(made)) for made in (genome, *(made for made, _ in found))]
    fitting = [(made, each) for made, each in weighed if each.excess <= 1]
    kept = unbeaten([each.costs for _, each in fitting])
    ordered = sorted(kept, key=lambda index: fitting[index][1].costs[1:])
    return [fitting[index][0] for index in _thinned(ordered, most)]


def _ways(weigher: Weigher, place: int, base: int, number: int, clock: int) -> Iterator[_Way]:
    """What may build a node in its folding, none of which takes more of everything."""
    parts = weigher.parts
    interval = parts.at(place, base, 0, clock).interval
    found: list[_Way] = []
    for other, gene in parts.neighbours(place, base, number):
        for way in range(len(parts.variants(place, other))):
            part = parts.at(place, other, way, clock)
            if part.interval == interval:
                need = part.need
                found.append((gene, way, (need.lut + need.loose, need.bram, need.dsp)))
    for index in unbeaten([costs for _, _, costs in found]):
        yield found[index]


def _added(one: _Costs, other: _Costs) -> _Costs:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _thinned(ordered: Sequence[int], most: int) -> list[int]:
    """At most so many, with both ends and the same distance between others."""
    if len(ordered) <= most:
        return list(ordered)
    step = (len(ordered) - 1) / max(most - 1, 1)
    return [ordered[round(number * step)] for number in range(most)]
