"""Designs are weighed as the planner counts them, and planned as the compiler does."""

from __future__ import annotations

import math
import tomllib
from dataclasses import astuple
from itertools import product
from pathlib import Path

import msgspec
import pytest

from hwcompile.boards import load_board
from hwcompile.compiler import planned_network
from hwcompile.explore.network.points import Planner
from hwcompile.explore.network.search import evolved, unbeaten
from hwcompile.explore.network.subject import Subject
from hwcompile.explore.network.tasks import Found, Start, perform
from hwcompile.explore.network.ways import ways_of
from hwcompile.explore.network.weigher import Weigher
from hwcompile.frontends.load import load_model
from hwcompile.options import CompileOptions
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.report.fit import fit_report
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.schedule.choose.fit import Fitter
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.technology.model import Need
from tests.cli.small import save
from tests.explore.network.subjects import CNN, random_genome, subject


def counted(found: Subject, weigher: Weigher, genome: tuple[int, ...]) -> Need:
    """What the planner's own estimate says, with FIFOs as deep as it expects them."""
    plan = build_stages(found.graph, weigher.choices(genome))
    registers = {stage.name: stage.registers for stage in plan.stages}
    return estimate(plan, found.model, lambda link: 2 + registers.get(link.value, 0)).total


@pytest.mark.parametrize("board", ["ulx3s_85", "icebreaker", ""])
def test_a_design_takes_what_the_planner_counts(board: str) -> None:
    found = subject(board)
    weigher = Weigher(found)
    begun = perform(found, Start((640, 9216))).designs
    evolved(weigher, begun, 30, 1, seed=3)
    possible = {g: w for g, w in weigher.known.items() if w.excess != float("inf")}
    assert len(possible) > 20
    for genome, weighed in possible.items():
        need = counted(found, weigher, genome)
        assert weighed.figures == pytest.approx(found.figures(need), rel=1e-12)
        stages = build_stages(found.graph, weigher.choices(genome)).stages
        intervals = [part.built.interval for stage in stages for part in stage.parts]
        assert weighed.interval == max(intervals)


def test_the_planners_own_choices_are_among_the_designs() -> None:
    found = subject()
    assert found.board is not None
    fitter = Fitter(found.graph, {}, found.board, found.clocks[0])
    weigher = Weigher(found)
    for target in (128, 1024, 9216):
        attempt = fitter.attempt(target)
        genome = weigher.genome(0, attempt.choices)
        assert weigher.choices(genome) == attempt.choices
        assert astuple(counted(found, weigher, genome)) == pytest.approx(
            astuple(attempt.found.total), rel=1e-12
        )


def test_a_point_is_what_the_compiler_makes_of_its_schedule() -> None:
    found = subject()
    weigher = Weigher(found)
    begun = perform(found, Start((640, 2304)))
    planner = Planner(found, weigher)
    compared = 0
    for design in begun.designs:
        for way in ways_of(weigher, design, 4):
            point = planner.point(way)
            if point is None:
                continue
            options = CompileOptions(
                schedule=tomllib.loads(point.schedule),
                board="ulx3s_85",
                clock_mhz=point.clock_mhz,
            )
            plan, prediction, _ = planned_network(CNN, options)
            assert (prediction.interval, prediction.latency) == (point.interval, point.latency)
            fit = fit_report(plan, load_board("ulx3s_85"))["predicted"]
            assert fit == {kind: getattr(point, kind) for kind in ("lut", "ff", "bram", "dsp")}
            compared += 1
    assert compared >= 5


def test_what_is_near_a_choice_and_can_not_be_joined_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = subject("")
    weigher = Weigher(found)
    genomes = (random_genome(weigher.sizes, seed) for seed in range(200))
    impossible = next(each for each in genomes if not math.isfinite(weigher.of(each).excess))
    monkeypatch.setattr(Weigher, "genome", lambda self, clock, choices: impossible)
    made = perform(found, Start((640,)))
    assert made.designs == ()
    assert msgspec.json.decode(msgspec.json.encode(made), type=Found) == made


def test_ways_are_the_best_of_all(tmp_path: Path) -> None:
    graph = run_passes(load_model(save(tmp_path)).graph, LOWERING)
    found = Subject(graph, load_board("icebreaker"), (12.0,))
    weigher = Weigher(found)
    design = perform(found, Start((4,))).designs[0]
    bases = weigher.bases(design)
    parts = weigher.parts
    genes = [
        [
            (number, way)
            for other, number in parts.neighbours(place, base, design[1 + 2 * place])
            for way in range(len(parts.variants(place, other)))
            if parts.at(place, other, way, 0).interval == parts.at(place, base, 0, 0).interval
        ]
        for place, base in enumerate(bases)
    ]
    every = [
        (0, *(number for gene in combination for number in gene)) for combination in product(*genes)
    ]
    assert len(every) > 8
    fitting = [weigher.of(genome).costs for genome in every if weigher.of(genome).excess <= 1]
    best = {fitting[index] for index in unbeaten(fitting)}
    assert {weigher.of(genome).costs for genome in ways_of(weigher, design, 1000)} == best


def test_unbeaten_is_what_its_name_says() -> None:
    costs = [tuple(float(v) for v in random_genome((5, 5, 5), seed)) for seed in range(80)]

    def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
        return one != other and all(a <= b for a, b in zip(one, other, strict=True))

    kept = [i for i, c in enumerate(costs) if not any(beats(o, c) for o in costs)]
    wanted = [i for i in kept if costs[i] not in costs[:i]]
    assert unbeaten(costs) == wanted
    assert unbeaten([]) == []
