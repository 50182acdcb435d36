"""The search for designs of which none is beaten: NSGA-II, as pymoo has it.

K. Deb, A. Pratap, S. Agarwal, T. Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm:
NSGA-II", IEEE Trans. Evolutionary Computation 6(2), 2002; J. Blank, K. Deb, "pymoo: Multi-Objective
Optimization in Python", IEEE Access 8, 2020. What is to be small: microseconds per frame, logic
cells, block RAMs and DSP blocks. A design that does not fit the board is worse than any that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.mutation import Mutation
from pymoo.core.problem import Problem
from pymoo.operators.crossover.ux import UniformCrossover
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from hwcompile.explore.network.weigher import Genome, Weigher

_Ints = npt.NDArray[np.int64]

_WORST = 1e3
"""Excess of designs that can not be built."""

_SAME_WORDS = 0.4
"""Of changes to a folding, the share that keeps the words at its ends."""

_CHANGES = 2.0
"""Nodes that a child changes, on average, beside one."""


class _Designs(Problem):  # type: ignore[misc]
    """The designs of a subject, and what is to be small of them."""

    def __init__(self, weigher: Weigher) -> None:
        sizes = np.array(weigher.sizes)
        super().__init__(n_var=len(sizes), n_obj=4, n_ieq_constr=1, xl=0, xu=sizes - 1, vtype=int)
        self.weigher = weigher

    def _evaluate(self, x: _Ints, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        found = [self.weigher.of(tuple(row)) for row in x.tolist()]
        out["F"] = np.array([each.costs for each in found])
        out["G"] = np.array([[min(each.excess, _WORST) - 1.0] for each in found])


class _Changes(Mutation):  # type: ignore[misc]
    """Other foldings and ways of a few nodes; now and then another clock."""

    def __init__(self, weigher: Weigher) -> None:
        super().__init__(prob=1.0)
        self.weigher = weigher

    def _do(self, problem: Any, x: _Ints, *args: Any, random_state: Any, **kwargs: Any) -> _Ints:
        return np.array([self._changed(row.tolist(), random_state) for row in x])

    def _changed(self, row: list[int], random: np.random.Generator) -> list[int]:
        sizes, bases = self.weigher.sizes, self.weigher.bases(tuple(row))
        if sizes[0] > 1 and random.random() < 0.2:
            row[0] = int(random.integers(sizes[0]))
        for _ in range(1 + random.poisson(_CHANGES)):
            place = int(random.integers(len(bases)))
            first = 1 + 2 * place
            alike = self.weigher.parts.alike(place, bases[place])
            if random.random() < 0.5:
                row[first + 1] = int(random.integers(sizes[first + 1]))
            elif random.random() < _SAME_WORDS and not self.weigher.parts.pipes[place]:
                row[first] = int(random.choice(alike))
            else:
                row[first] = int(random.integers(sizes[first]))
        return row


def evolved(
    weigher: Weigher, population: Sequence[Genome], size: int, generations: int, seed: int
) -> list[Genome]:
    """A population some generations later.

    Args:
        weigher: Of the subject.
        population: At least one design.
        size: Of the population.
        generations: As many.
        seed: The same one gives the same designs.
    """
    first = list(dict.fromkeys(population))
    changes, random = _Changes(weigher), np.random.default_rng(seed)
    while len(first) < size:
        parent = first[len(first) % len(set(population))]
        first.append(tuple(changes._changed(list(parent), random)))
    algorithm = NSGA2(
        pop_size=size,
        sampling=np.array(first),
        crossover=UniformCrossover(prob=0.7),
        mutation=changes,
    )
    algorithm.setup(_Designs(weigher), termination=("n_gen", generations + 1), seed=seed)
    while algorithm.has_next():
        algorithm.next()
    return [tuple(row) for row in algorithm.pop.get("X").astype(np.int64).tolist()]


def unbeaten(costs: Sequence[Sequence[float]]) -> list[int]:
    """Which of several costs no other one is better than; of equal ones the first."""
    if not costs:
        return []
    every = np.array(costs, dtype=np.float64)
    _, first = np.unique(every, axis=0, return_index=True)
    kept = np.sort(first)
    front = NonDominatedSorting().do(every[kept], only_non_dominated_front=True)
    return sorted(kept[front].tolist())
