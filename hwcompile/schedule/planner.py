"""The planner: from a lowered graph to a plan with exactly predicted cycles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hwcompile.boards import Board
from hwcompile.diagnostics import fail
from hwcompile.ir.graph import Graph
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.fit import Fitter
from hwcompile.schedule.choose.folding import choose
from hwcompile.schedule.choose.schedule_file import Schedule, check_links, read_schedule
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.depths import size_links
from hwcompile.schedule.time.network import build_network
from hwcompile.schedule.time.prediction import Prediction, predict

__all__ = ["Prediction", "plan"]


def plan(
    graph: Graph,
    *,
    target_cycles: int | None = None,
    schedule: Path | Mapping[str, Any] | None = None,
    board: Board | None = None,
) -> tuple[Plan, Prediction]:
    """Choose kernels, foldings and FIFO depths, and predict the cycles of the result.

    Args:
        graph: Lowered: every node's family has kernels or is free.
        target_cycles: Cycles per frame to reach at the lowest cost; None for the fastest folding
            that fits the board, or without one for what
            `hwcompile.schedule.choose.folding.DEFAULT_LANES` lanes can reach.
        schedule: A `schedule.toml`, or the same as nested mappings; it may be partial.
        board: Whose FPGA sets the prices of what kernels take.

    Raises:
        CompileError: HW0401 when the target can not be met, HW0402 when the schedule does not fit
            the graph, HW0403 when the stages would wait for each other for ever, HW0404 when the
            graph does not fit the board, HW0405 when its family has no resource model.
    """
    wanted = Schedule() if schedule is None else read_schedule(schedule, graph)
    if board is None:
        sized = _sized(graph, choose(graph, target_cycles, wanted.choices), wanted)
    else:
        sized = _fitted(Fitter(graph, wanted.choices, board), target_cycles, wanted)
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


def _sized(graph: Graph, choices: Mapping[str, Choice], wanted: Schedule) -> Plan:
    staged = build_stages(graph, choices)
    check_links(staged, wanted.depths)
    return size_links(staged, wanted.depths)


def _fitted(fitter: Fitter, target_cycles: int | None, wanted: Schedule) -> Plan:
    """The fastest folding that fits, or the target's; FIFOs larger than expected are set aside."""
    if target_cycles is not None:
        return _sized(fitter.graph, fitter.attempt(target_cycles).choices, wanted)
    while True:
        attempt = fitter.fastest()
        sized = _sized(fitter.graph, attempt.choices, wanted)
        final = fitter.measure(sized)
        if final.excess <= 1 or attempt.excess > 1:
            return sized
        fitter.set_aside(final.found.total, attempt.found.total)
