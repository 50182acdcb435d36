"""What is computed for an exploration: pieces of work that give the same result wherever they run.

A task and its result are plain data, so results are kept by the contents of subject and task, and a
piece that is lost with its process is computed again elsewhere with the same result.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from hwcompile.diagnostics import CompileError
from hwcompile.explore.network.points import Planner, Point
from hwcompile.explore.network.subject import Subject
from hwcompile.explore.network.weigher import Genome, Weigher
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.fit import Fitter
from hwcompile.schedule.choose.prices import generic_costs


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The planner's own choices for some intervals, to begin with.

    Attributes:
        targets: Cycles per frame; 0 for as few as fit.
    """

    targets: tuple[int, ...]


class Evolve(msgspec.Struct, frozen=True, tag="evolve"):
    """Some generations of a population.

    Attributes:
        population: To begin with.
        size: Of the population.
        generations: As many.
        seed: Of random numbers.
    """

    population: tuple[Genome, ...]
    size: int
    generations: int
    seed: int


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    """A folding that is planned whole, in its ways.

    Attributes:
        design: In one of them.
        most: Ways, at most.
    """

    design: Genome
    most: int


Task: TypeAlias = Start | Evolve | Finish


class Found(msgspec.Struct, frozen=True):
    """What became of a task.

    Attributes:
        designs: Of a start, or of a population; those of a population first that none beats.
        costs: Of the same: see `hwcompile.explore.network.weigher.Weighed.costs`.
        excess: Of the same.
        foldings: Names of the foldings of the same; equal ones have the same streams and cycles.
        tried: Designs that were weighed for it.
        points: Of a finish, without designs that can not be planned.
    """

    designs: tuple[Genome, ...] = ()
    costs: tuple[tuple[float, float, float, float], ...] = ()
    excess: tuple[float, ...] = ()
    foldings: tuple[str, ...] = ()
    tried: int = 0
    points: tuple[Point, ...] = ()


def key_of(subject: Subject, task: Task) -> str:
    """Of the contents of both."""
    state = hashlib.sha256(subject.key.encode())
    state.update(msgspec.json.encode(task))
    return state.hexdigest()[:32]


def perform(subject: Subject, task: Task) -> Found:
    """Do a piece of work."""
    match task:
        case Start():
            return _started(subject, task)
        case Evolve():
            return _evolved(subject, task)
        case Finish():
            return _finished(subject, task)


def _weigher(subject: Subject) -> Weigher:
    """The one of this process: what parts take is computed once."""
    known = subject.derived.get("weigher")
    if not isinstance(known, Weigher):
        known = subject.derived["weigher"] = Weigher(subject)
    return known


def _started(subject: Subject, task: Start) -> Found:
    weigher = _weigher(subject)
    fresh: list[Genome] = []
    for target in task.targets:
        try:
            choices = _chosen(subject, target)
        except CompileError:
            continue
        fresh.append(weigher.genome(0, choices))
    # What is nearest to a choice that is not among ours may be impossible, and infinity no JSON.
    able = [made for made in dict.fromkeys(fresh) if math.isfinite(weigher.of(made).excess)]
    return _described(weigher, able, len(task.targets))


def _chosen(subject: Subject, target: int) -> dict[str, Choice]:
    """What the planner takes for an interval."""
    if subject.board is not None:
        fitter = subject.derived.get("fitter")
        if not isinstance(fitter, Fitter):
            fitter = Fitter(subject.graph, {}, subject.board, subject.clocks[0])
            subject.derived["fitter"] = fitter
        made = fitter.attempt(target) if target else fitter.fastest()
        return dict(made.choices)
    space = subject.space.reaching(target)
    found = space.cheapest(target, generic_costs(subject.graph))
    return {name: option.choice for name, option in found.items()}


def _evolved(subject: Subject, task: Evolve) -> Found:
    # pymoo takes long to import, and is there only with an extra.
    from hwcompile.explore.network.search import evolved

    weigher = Weigher(subject, _weigher(subject).parts)
    found = evolved(weigher, task.population, task.size, task.generations, task.seed)
    every = sorted(set(found) | set(weigher.known))
    return _described(weigher, _best(weigher, every), len(weigher.known))


def _finished(subject: Subject, task: Finish) -> Found:
    from hwcompile.explore.network.ways import ways_of

    weigher = Weigher(subject, _weigher(subject).parts)
    planner = Planner(subject, weigher)
    designs = ways_of(weigher, task.design, task.most)
    points = [point for design in designs if (point := planner.point(design)) is not None]
    return Found(points=tuple(points), tried=len(weigher.known))


def _best(weigher: Weigher, every: Sequence[Genome]) -> list[Genome]:
    """All that fit and that none beats."""
    from hwcompile.explore.network.search import unbeaten

    fitting = [genome for genome in every if weigher.of(genome).excess <= 1]
    return [fitting[index] for index in unbeaten([weigher.of(g).costs for g in fitting])]


def _described(weigher: Weigher, designs: Sequence[Genome], tried: int) -> Found:
    weighed = [weigher.of(design) for design in designs]
    return Found(
        designs=tuple(designs),
        costs=tuple(each.costs for each in weighed),
        excess=tuple(each.excess for each in weighed),
        foldings=tuple(map(weigher.folding, designs)),
        tried=tried,
    )
