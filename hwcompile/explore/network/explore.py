"""The front of a network: designs of which none is faster and smaller than another."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.engine.work import Job, Work, WorkEngine
from hwcompile.explore.network.points import Point
from hwcompile.explore.network.subject import Subject
from hwcompile.explore.network.tasks import Evolve, Finish, Found, Start, Task, key_of, perform
from hwcompile.explore.network.weigher import Genome
from hwcompile.ir.graph import Graph
from hwcompile.schedule.choose.folding import default_target
from hwcompile.technology.delays import delay_model

_TARGETS = 16
"""Intervals for which the planner's own choice is where the search begins."""

_STARTS = 4
"""Pieces of work that they are divided among."""

_ISLANDS = 4
"""Populations that develop apart for a while; a piece of work each."""

_ROUNDS = 3
"""After so many whiles the search ends; between them populations meet."""

_SIZE, _LEAST = 100, 8
"""Of a population, at most and at least."""

_GENERATIONS = 5
"""Of a while, at least, if populations can be smaller for that."""

_WAYS = (4, 24)
"""Designs of a folding that are planned, at most: more where a frame is short, and soon timed."""

_CYCLES = 1 << 16
"""Cycles that may be timed for the ways of a folding."""

_BATCH = 12
"""Foldings that are planned before it is looked at whether there are enough designs."""

_MULTIPLES = (1, 2, 4)
"""Clocks that are looked at where none is named, in terms of the board's."""


@dataclass(frozen=True)
class Effort:
    """How much is looked at.

    Attributes:
        designs: That are weighed, about, for each board.
        points: Designs of the front that are enough, for each board.
        seed: Of random numbers: the same effort gives the same front.
    """

    designs: int = 6000
    points: int = 200
    seed: int = 1


@dataclass
class Front:
    """What an exploration found.

    Attributes:
        points: Designs of which none beats another of the same board, fastest first.
        designs_tried: Designs that were weighed, those of results in the cache included.
        planned: Designs that were planned whole.
    """

    points: list[Point] = field(default_factory=list)
    designs_tried: int = 0
    planned: int = 0


def default_clocks(board: Board | None, mhz: float) -> tuple[float, ...]:
    """The clocks that are looked at where none is named: more only where delays are known."""
    known = board is not None and delay_model(board.device) is not None
    return tuple(mhz * factor for factor in _MULTIPLES) if known else (mhz,)


def explore_network(
    ways: Sequence[Graph],
    boards: Sequence[Board | None],
    clocks: Callable[[Board | None], tuple[float, ...]],
    effort: Effort,
    engine: WorkEngine,
    step: Callable[[str], None] = lambda text: None,
) -> Front:
    """Search the designs of a network, and plan the best of them.

    Args:
        ways: Graphs that compute the same (`hwcompile.compiler.lowered_ways`).
        boards: To build it on.
        clocks: In MHz, for a board.
        effort: How much is looked at.
        engine: What does it.
        step: Called with what is done next.

    Raises:
        CompileError: HW0401 when no kernel builds a node, HW0405 for a board without a resource
            model, HW0408 when nothing was found that fits, HW0805 without the optimizer.
    """
    check_installed()
    front = Front()
    for board in boards:
        mine = [
            _Exploration(Subject(way, board, clocks(board), number), effort, engine, step)
            for number, way in enumerate(ways)
        ]
        found: list[Point] = []
        for each in mine:
            found += each.run(len(mine))
            front.designs_tried += each.tried
            front.planned += each.planned
        front.points += best_of(found)
    if not front.points:
        names = ", ".join(board.id for board in boards if board)
        raise fail(
            "HW0408",
            f"no design was found that fits {names or 'anything'}",
            f"{front.designs_tried:,} designs were weighed",
            "a larger board, or more --designs",
        )
    return front


def best_of(points: Sequence[Point]) -> list[Point]:
    """Those that none beats, fastest first."""
    from hwcompile.explore.network.search import unbeaten

    kept = [points[index] for index in unbeaten([point.costs for point in points])]
    return sorted(kept, key=lambda point: point.costs)


def check_installed() -> None:
    """Refuse where the optimizer is missing.

    Raises:
        CompileError: HW0805 then.
    """
    try:
        import_module("hwcompile.explore.network.search")
    except ModuleNotFoundError as error:
        fix = 'pip install "hwcompile[explore]"'
        raise fail("HW0805", "pymoo is not installed", "the search needs it", fix) from error


class _Exploration:
    """Of one graph on one board."""

    def __init__(
        self, subject: Subject, effort: Effort, engine: WorkEngine, step: Callable[[str], None]
    ) -> None:
        self.subject = subject
        # What is wrong with a board is said before anything is begun.
        assert subject.model is not None
        self.effort = effort
        self.engine = engine
        self.step = step
        self.tried = 0
        self.planned = 0
        self._place = f" for {subject.board.id}" if subject.board else ""
        self._job = Job(pickle.loads, (subject.key, subject.packed), perform, Found)

    def run(self, shares: int) -> list[Point]:
        """The designs that were planned.

        Args:
            shares: Explorations among which the effort is shared.
        """
        designs = self._search(max(self.effort.designs // shares, 1))
        points: list[Point] = []
        wanted = -(-self.effort.points // shares)
        for batch in _batches(_spread(designs)):
            # The longest first, so that no worker waits for the last one.
            ordered = sorted(batch, key=lambda design: -designs[design][0])
            tasks = [Finish(design, self._most(design, designs[design])) for design in ordered]
            found = self._do(tasks, f"planning, {len(best_of(points))} of {wanted}")
            points += [point for each in found for point in each.points]
            self.planned += sum(len(each.points) for each in found)
            if len(best_of(points)) >= wanted:
                break
        return points

    def _most(self, design: Genome, costs: tuple[float, ...]) -> int:
        """How many ways of a folding are planned."""
        cycles = costs[0] * self.subject.clocks[design[0]]
        return int(min(max(_CYCLES / cycles, _WAYS[0]), _WAYS[1]))

    def _do(self, tasks: Sequence[Task], what: str) -> list[Found]:
        self.step(f"{what}{self._place}")
        works = [Work(key_of(self.subject, task), task) for task in tasks]
        found = self.engine.run(self._job, works)
        self.tried += sum(each.tried for each in found)
        return found

    def _search(self, designs: int) -> Mapping[Genome, tuple[float, ...]]:
        """Designs that fit and of which none beats another, with what they cost."""
        targets = self._targets()
        parts = [tuple(targets[i::_STARTS]) for i in range(_STARTS)]
        # What fits a board takes the longest to find, so it is begun first.
        parts.insert(0, (0,) if self.subject.board else ())
        found = self._do([Start(part) for part in parts if part], "choosing as the planner does")
        known = _costs(found)
        first = tuple(dict.fromkeys(design for each in found for design in each.designs))
        each = designs / (_ROUNDS * _ISLANDS)
        size = int(min(max(each / _GENERATIONS, _LEAST), _SIZE))
        generations = max(round(each / size), 1)
        for number in range(_ROUNDS):
            population = _population(known, size) or first
            if not population:
                return {}
            tasks = [
                Evolve(population, size, generations, self.effort.seed + 1000 * number + island)
                for island in range(_ISLANDS)
            ]
            known |= _costs(self._do(tasks, f"searching, {number + 1} of {_ROUNDS}"))
        return known

    def _targets(self) -> list[int]:
        """Intervals from what many lanes can do to the slowest."""
        steps = self.subject.space.steps
        if not steps:
            return [1]
        low, high = default_target(self.subject.space.options), steps[-1]
        ratio = (high / low) ** (1 / (_TARGETS - 1))
        wanted = [low * ratio**number for number in range(_TARGETS)]
        return sorted({min(steps, key=lambda s: abs(math.log(s / value))) for value in wanted})


def _costs(found: Sequence[Found]) -> dict[Genome, tuple[float, ...]]:
    """Of the designs that fit."""
    return {
        design: costs
        for each in found
        for design, costs, excess in zip(each.designs, each.costs, each.excess, strict=True)
        if excess <= 1
    }


def _population(known: Mapping[Genome, tuple[float, ...]], size: int) -> tuple[Genome, ...]:
    """Those that none beats; of too many as many as differ most in speed."""
    from hwcompile.explore.network.search import unbeaten

    designs = sorted(known, key=lambda design: (known[design], design))
    best = [designs[index] for index in unbeaten([known[design] for design in designs])]
    step = max(len(best) / size, 1.0)
    return tuple(best[int(number * step)] for number in range(int(len(best) / step)))


def _spread(known: Mapping[Genome, tuple[float, ...]]) -> list[Genome]:
    """Designs in the order in which they are planned: some of all speeds, then fast ones first.

    Of each speed the one counts that takes least of all cells together, as shares of the most that
    any takes; then the next. Frames of few cycles are soon timed.
    """
    if not known:
        return []
    most = [max(costs[kind] for costs in known.values()) or 1.0 for kind in (1, 2, 3)]

    def area(design: Genome) -> float:
        return sum(used / whole for used, whole in zip(known[design][1:], most, strict=True))

    speeds: dict[tuple[float, int], list[Genome]] = {}
    for design in sorted(known, key=lambda design: (area(design), design)):
        speeds.setdefault((known[design][0], design[0]), []).append(design)
    ranks = [
        [speeds[key][rank] for key in sorted(speeds) if rank < len(speeds[key])]
        for rank in range(max(map(len, speeds.values())))
    ]
    first = list(_evenly(ranks[0]))[:_BATCH]
    begun = set(first)
    return first + [design for rank in ranks for design in rank if design not in begun]


def _evenly(designs: Sequence[Genome]) -> Iterator[Genome]:
    """All of them, so that the first few are as far apart as can be: by halving."""
    done: set[int] = set()
    count, parts = len(designs), 1
    while len(done) < count:
        for number in range(parts + 1):
            index = round(number * (count - 1) / parts)
            if index not in done:
                done.add(index)
                yield designs[index]
        parts *= 2


def _batches(designs: Sequence[Genome]) -> Iterator[Sequence[Genome]]:
    for start in range(0, len(designs), _BATCH):
        yield designs[start : start + _BATCH]
