"""`insight.json`: what the pictures of `report.html` show beyond the figures of the report."""

from __future__ import annotations

from collections.abc import Iterator

from hwcompile.boards import board_names, load_board
from hwcompile.build_directory.insight import (
    INSIGHT_SCHEMA,
    ActivityInsight,
    BoardInsight,
    Insight,
    StreamInsight,
    TimelineInsight,
)
from hwcompile.build_directory.reported import Parts
from hwcompile.schedule.choose.estimate import Estimate, estimate
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.network import Network, build_network
from hwcompile.schedule.time.prediction import Prediction
from hwcompile.schedule.time.timeline import Timeline, timeline
from hwcompile.technology.design import PARTS, DeviceBudget
from hwcompile.technology.model import technology
from hwcompile.technology.rules import modelled, rules_of


def build_insight(plan: Plan, prediction: Prediction) -> Insight:
    """The insight of a fresh build: nothing is verified yet.

    Args:
        plan: Kernels, foldings, FIFOs.
        prediction: Of the plan: says how many frames are under way at a time.
    """
    network = build_network(plan)
    seen = timeline(network, 2 + prediction.latency // prediction.interval)
    return Insight(
        schema=INSIGHT_SCHEMA,
        bottleneck=network.bottleneck,
        bound_cycles=network.bound,
        streams=list(_streams(plan, network, seen)),
        timeline=None if seen is None else _timeline(seen),
        boards=list(_boards(plan)),
    )


def _streams(plan: Plan, network: Network, seen: Timeline | None) -> Iterator[StreamInsight]:
    for link in plan.links:
        sink = network.processes[network.reader(link.name)].name
        yield StreamInsight(
            name=link.name,
            value=link.value,
            source=link.value,
            target=sink if link.consumer is None else link.consumer,
            words=link.format.words,
            held=None if seen is None else seen.held[link.name],
        )


def _timeline(seen: Timeline) -> TimelineInsight:
    processes = [
        ActivityInsight(
            process=one.process,
            first=one.first,
            last=one.last,
            work=list(one.work),
            starved=list(one.starved),
            blocked=list(one.blocked),
        )
        for one in seen.activities
    ]
    return TimelineInsight(list(seen.edges), processes)


def _boards(plan: Plan) -> Iterator[BoardInsight]:
    """Every board whose family has a resource model; a family is estimated once."""
    found: dict[str, Estimate] = {}
    for board in map(load_board, board_names()):
        family = board.device.family
        if family not in modelled():
            continue
        if family not in found:
            found[family] = estimate(plan, technology(family))
        budget = DeviceBudget(board.capacities, rules_of(family))
        used = budget.figures(budget.settle(found[family].total))
        have = {part: getattr(board.capacities, part) for part in PARTS}
        takes = Parts(**{part: round(value) for part, value in used.items()})
        yield BoardInsight(board.id, takes, Parts(**have))
