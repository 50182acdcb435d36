"""Predicted use of a board's FPGA, for reports and remarks."""

from __future__ import annotations

from typing import Any

from hwcompile.boards import Board
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.schedule.choose.pace import slowest_of
from hwcompile.schedule.plan import Plan
from hwcompile.technology.delays import delay_model
from hwcompile.technology.design import ALL_PARTS, FILL, PARTS, TRAFFIC, DeviceBudget
from hwcompile.technology.model import Need, technology
from hwcompile.technology.rules import rules_of


def fit_report(plan: Plan, board: Board, traffic: float = 0.0) -> dict[str, Any]:
    """What a plan takes of a board's FPGA, by part and by stage.

    Args:
        plan: For the board.
        board: Its FPGA.
        traffic: Bytes per cycle that memory beside it brings; 0 where nobody said.

    Raises:
        CompileError: HW0405 when the family has no resource model.
    """
    budget = DeviceBudget(board.capacities, rules_of(board.device.family), traffic)
    found = estimate(plan, technology(board.device.family))

    def figures(need: Need) -> dict[str, int]:
        return {part: round(value) for part, value in budget.figures(need).items()}

    limit = _clock(plan, board)
    return {
        "board": board.id,
        "predicted": figures(budget.settle(found.total)),
        "capacities": {part: getattr(board.capacities, part) for part in PARTS},
        "stages": {name: figures(need) for name, need in found.stages.items()},
        "around": figures(found.around),
        **({"clock": limit} if limit else {}),
        **({"traffic": _traffic(found.total, traffic)} if traffic else {}),
    }


def _traffic(need: Need, stated: float) -> dict[str, float]:
    """Bytes per cycle from external memory."""
    return {"predicted": need.traffic, "stated": round(stated, 6)}


def _clock(plan: Plan, board: Board) -> dict[str, Any] | None:
    """What limits the clock, where delays of the board's FPGA are known."""
    model = delay_model(board.device)
    slowest = slowest_of(plan, model) if model else None
    if slowest is None:
        return None
    return {
        "stage": slowest.stage,
        "path": slowest.path,
        "delay_ns": round(slowest.delay, 2),
        "mhz": round(1000.0 / slowest.delay, 1),
    }


def fit_notes(fit: dict[str, Any] | None) -> tuple[str, ...]:
    """A remark when a design will hardly fit."""
    if fit is None:
        return ()
    short = [
        f"{fit['predicted'][part]:,} of {have:,} {PARTS[part]}"
        for part, have in fit["capacities"].items()
        if fit["predicted"][part] > FILL[part] * have
    ]
    memory = fit.get("traffic")
    if memory and memory["predicted"] > memory["stated"]:
        short.append(f"{memory['predicted']:,g} of {memory['stated']:,g} {ALL_PARTS[TRAFFIC]}")
    if not short:
        return ()
    what = f"this folding may not fit '{fit['board']}': it takes about {' and '.join(short)}"
    return (f"{what}; without a target the fastest folding that fits is chosen, or the smallest",)
