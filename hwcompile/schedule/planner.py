"""The planner: from a lowered graph to a plan with exactly predicted cycles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.ir.graph import Graph
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.fit import Fitter
from hwcompile.schedule.choose.folding import Space, choose, default_target
from hwcompile.schedule.choose.pace import with_paced_links
from hwcompile.schedule.choose.prices import Costs, generic_costs
from hwcompile.schedule.choose.schedule_file import Schedule, check_links, read_schedule
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.schedule.choose.stand_ins import with_stand_ins
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.depths import size_links
from hwcompile.schedule.time.network import Network, build_network
from hwcompile.schedule.time.prediction import Prediction, predict
from hwcompile.technology.delays import DelayModel

__all__ = ["Prediction", "plan", "plan_again", "plan_choices", "plan_enough", "wanted_schedule"]

_TRIES = 4
"""So many shorter intervals are tried where stages that are fast enough delay each other."""


def plan(
    graph: Graph,
    *,
    target_cycles: int | None = None,
    schedule: Path | Mapping[str, Any] | Schedule | None = None,
    board: Board | None = None,
    clock_mhz: float | None = None,
    traffic: float = 0.0,
) -> tuple[Plan, Prediction]:
    """Choose kernels, foldings and FIFO depths, and predict the cycles of the result.

    Args:
        graph: Lowered: every node's family has kernels or is free.
        target_cycles: Cycles per frame to reach at the lowest cost; None for the fastest folding
            that fits the board, or without one for what
            `hwcompile.schedule.choose.folding.DEFAULT_LANES` lanes can reach.
        schedule: A `schedule.toml`, the same as nested mappings, or what `wanted_schedule` made of
            either; it may be partial.
        board: Whose FPGA sets the prices of what kernels take.
        clock_mhz: What decides how many registers kernels take, as far as the board's FPGA is
            known; None for as few as there can be.
        traffic: Bytes per cycle that memory beside the board's FPGA brings: weights may stand there
            where the FPGA has too few block RAMs. Nothing of it is used without need.

    Raises:
        CompileError: HW0401 when the target can not be met, HW0402 when the schedule does not fit
            the graph, HW0403 when the stages would wait for each other for ever, HW0404 when the
            graph does not fit the board, HW0405 when its family has no resource model.
    """
    wanted = wanted_schedule(schedule, graph)
    if board is None:
        sized = _folded(graph, target_cycles, wanted)
    else:
        fitter = Fitter(graph, wanted.choices, board, clock_mhz, traffic)
        sized = _fitted(fitter, target_cycles, wanted)
    prediction = predict(build_network(sized))
    if target_cycles is not None and prediction.interval > target_cycles:
        why = (
            "the FIFO depths in the schedule are too small"
            if wanted.depths
            else f"the buffers inside the kernels are too small, not '{prediction.bottleneck}'"
        )
        raise fail(
            "HW0401",
            f"a frame would take {prediction.interval} cycles instead of {target_cycles}",
            why,
            "larger depths" if wanted.depths else "a smaller target, which leaves slack",
        )
    return sized, prediction


def plan_again(graph: Graph, schedule: Path) -> Plan:
    """The plan that wrote a whole `schedule.toml`, whose cycles are known.

    Args:
        graph: The one that was planned.
        schedule: With every node and every depth.

    Raises:
        CompileError: HW0402 when it does not fit the graph.
    """
    return _folded(graph, None, wanted_schedule(schedule, graph))


def plan_enough(
    graph: Graph,
    enough_cycles: int,
    schedule: Path | Mapping[str, Any] | Schedule | None = None,
) -> tuple[Plan, Prediction]:
    """The smallest design that is fast enough; where none is, what `plan` makes without a target.

    Args:
        graph: As for `plan`.
        enough_cycles: Cycles per frame that need not be beaten.
        schedule: As for `plan`; best without nodes, which may well be slower.

    Raises:
        CompileError: Those of `plan` without a target and a board.
    """
    wanted = wanted_schedule(schedule, graph)
    space = Space.of(graph, wanted.choices)
    steps = [step for step in space.steps if step < enough_cycles]
    target = max(enough_cycles, default_target(space.options))
    costs = generic_costs(graph)
    found = _cheapest(space, costs, target, wanted)
    best = found
    # Stages that wait for each other may take longer together than any of them does alone.
    for _ in range(_TRIES):
        if found[1].interval <= target or not steps or wanted.depths:
            break
        found = _cheapest(space, costs, steps.pop(), wanted)
        best = min(best, found, key=lambda made: made[1].interval)
    return best


def _cheapest(space: Space, costs: Costs, target: int, wanted: Schedule) -> tuple[Plan, Prediction]:
    options = space.cheapest(target, costs)
    choices = {name: option.choice for name, option in options.items()}
    choices = with_stand_ins(space.graph, choices, space.fixed)
    sized = _sized(space.graph, choices, wanted)
    return sized, predict(build_network(sized))


def wanted_schedule(schedule: Path | Mapping[str, Any] | Schedule | None, graph: Graph) -> Schedule:
    """What a user prescribes, validated; nothing for None.

    Raises:
        CompileError: Those of `read_schedule`.
    """
    if schedule is None:
        return Schedule()
    return schedule if isinstance(schedule, Schedule) else read_schedule(schedule, graph)


def _folded(graph: Graph, target_cycles: int | None, wanted: Schedule) -> Plan:
    return _sized(graph, choose(graph, target_cycles, wanted.choices), wanted)


def _sized(graph: Graph, choices: Mapping[str, Choice], wanted: Schedule) -> Plan:
    staged = build_stages(graph, choices)
    check_links(staged, wanted.depths)
    return size_links(staged, wanted.depths)


def _paced(fitter: Fitter, choices: Mapping[str, Choice], wanted: Schedule) -> Plan:
    return _with_pace(fitter.graph, choices, wanted, fitter.delays, fitter.clock_mhz)


def plan_choices(
    graph: Graph,
    choices: Mapping[str, Choice],
    depths: Mapping[str, int],
    delays: DelayModel | None,
    clock_mhz: float,
    predicts: Callable[[Network], Prediction] = predict,
) -> tuple[Plan, Prediction]:
    """The plan in which every node is built as it is said; only FIFOs are chosen.

    Args:
        graph: Lowered.
        choices: Of every node that is hardware, by name; legal ones.
        depths: Of FIFOs that are known, by the names of their links.
        delays: Of the device, where they are known.
        clock_mhz: What decides which FIFOs are read into registers.
        predicts: `predict`, or what remembers its answers.

    Raises:
        CompileError: HW0402 for a link that the plan does not have, HW0403 when the stages would
            wait for each other for ever.
    """
    sized = _with_pace(graph, choices, Schedule({}, depths), delays, clock_mhz)
    return sized, predicts(build_network(sized))


def _with_pace(
    graph: Graph,
    choices: Mapping[str, Choice],
    wanted: Schedule,
    model: DelayModel | None,
    clock: float | None,
) -> Plan:
    """`_sized`, with FIFOs that are read into registers where the clock needs it."""
    sized = _sized(graph, choices, wanted)
    while model and clock:
        paced = with_paced_links(sized, model, clock)
        if paced is sized:
            break
        # A register holds a word longer, so depths may grow, and others become slow.
        sized = size_links(paced, wanted.depths)
    return sized


def _fitted(fitter: Fitter, target_cycles: int | None, wanted: Schedule) -> Plan:
    """The fastest folding that fits, or the target's; FIFOs larger than expected are set aside."""
    if target_cycles is not None:
        return _paced(fitter, fitter.attempt(target_cycles).choices, wanted)
    while True:
        attempt = fitter.fastest()
        sized = _paced(fitter, attempt.choices, wanted)
        final = fitter.measure(sized)
        if final.excess <= 1 or attempt.excess > 1:
            return sized
        fitter.set_aside(final.found.total, attempt.found.total)
