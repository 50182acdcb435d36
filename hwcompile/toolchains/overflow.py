"""The finding for a design that is larger than the FPGA: how much, where, and what to try."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hwcompile.boards import Board
from hwcompile.build_directory import read_report
from hwcompile.diagnostics import CompileError, fail
from hwcompile.families import flow_of
from hwcompile.families.flow import Use
from hwcompile.families.programs import ToolError
from hwcompile.toolchains.synthesis import Synthesis

_NAMES = {
    "lut": "logic cells",
    "ff": "flip-flops",
    "bram": "memory blocks",
    "dsp": "DSP blocks",
    "large_ram": "large memories",
}
_USED = re.compile(r"Info:\s+(\S+):\s+(\d+)/\s*(\d+)\s+\d+%")
_FULL = re.compile(
    r"no BELs remaining|unable to find (a )?legal placement|utili[sz]ation limit"
    r"|unable to place cell|no .* left|failed to expand region",
    re.IGNORECASE,
)
"""What nextpnr says when a kind of cell has no place left, or none that suits its neighbours."""


@dataclass(frozen=True)
class Overflow:
    """Too much of something.

    Attributes:
        part: A field of `Use`, or "" when it is none of them.
        name: What people, or the tool, call it.
        used: How many the design needs.
        available: How many there are.
    """

    part: str
    name: str
    used: int
    available: int


def synthesized_overflow(board: Board, use: Use) -> Overflow | None:
    """The part of which synthesis needs most beyond what the FPGA has."""
    over = [
        Overflow(part, name, getattr(use, part), getattr(board.capacities, part))
        for part, name in _NAMES.items()
        if getattr(use, part) > getattr(board.capacities, part)
    ]
    return max(over, key=_ratio, default=None)


def placed_overflow(board: Board, log: str, line: str) -> Overflow | None:
    """The same from nextpnr's log and its error line; None when that is about something else.

    Cells may also find no place that suits their neighbours while a few are left; then what is
    fullest is meant.
    """
    parts = {name: part for part, names in flow_of(board).utilisation.items() for name in names}
    found = [
        Overflow(parts.get(m[1], ""), _NAMES.get(parts.get(m[1], ""), m[1]), int(m[2]), int(m[3]))
        for m in _USED.finditer(log)
        if int(m[3])
    ]
    over = [item for item in found if item.used > item.available]
    if over:
        return max(over, key=_ratio)
    known = [item for item in found if item.part]
    return max(known, key=_ratio, default=None) if _FULL.search(line) else None


def _ratio(item: Overflow) -> float:
    return item.used / max(item.available, 1)


FAR = 2.0
"""Estimates this many times what an FPGA has are not worth the minutes that synthesis takes."""


def check_far_too_large(report: Mapping[str, Any], board: Board) -> None:
    """Raise when a design's own estimate is far beyond the FPGA, before anything is run.

    Args:
        report: The design's `report.json`.
        board: The board, of an open flow.

    Raises:
        CompileError: HW0640 with the largest layers.
    """
    expected, have = report["design"]["resources_predicted"]["lut"], board.capacities.lut
    if not have or expected <= FAR * have:
        return
    sizes = {node["name"]: node["resources"]["predicted"]["lut"] for node in report["nodes"]}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:3]
    shares = ", ".join(f"'{name}' takes about {sizes[name]:,}" for name in largest)
    raise fail(
        "HW0640",
        f"the design needs about {expected:,} look-up tables and '{board.id}' has {have:,}",
        shares,
        f"compile with --board {board.id}, which folds it to fit, or build with --anyway",
    )


def does_not_fit(
    directory: Path,
    board: Board,
    over: Overflow,
    made: Synthesis,
    stages: Mapping[str, Use],
    error: ToolError | None = None,
) -> CompileError:
    """HW0804: how much of what is missing, which layers take most of it, what to try.

    Args:
        directory: The build directory.
        board: The board.
        over: What there is too little of.
        made: The synthesized design.
        stages: Stage name to its part of it.
        error: What place and route said, if it came so far.
    """
    part = over.part or "lut"
    total = max(getattr(made.use, part), 1)
    largest = sorted(stages, key=lambda name: -getattr(stages[name], part))[:3]
    shares = ", ".join(
        f"'{name}' takes {100 * getattr(stages[name], part) // total} %" for name in largest
    )
    line = error.line.rstrip(".") if error else ""
    quote = f"; {error.program} says: {line}" if error else ""
    return fail(
        "HW0804",
        f"the design does not fit '{board.id}': {over.used:,} of {over.available:,} {over.name}",
        f"{shares}{quote}",
        _advice(directory, over),
    )


def _advice(directory: Path, over: Overflow) -> str:
    """More cycles as long as there are lanes to give up; memory for weights stays what it is."""
    report = read_report(directory)
    interval = report["design"]["interval_cycles"]["predicted"]
    if all((node.get("lanes") or 0) <= 1 for node in report["nodes"]):
        return "a larger board: every layer has a single lane already"
    target = _round_up(round(1.5 * interval * max(_ratio(over), 1.2)))
    advice = f"compile with --target-cycles {target} (a frame takes {interval:,} now)"
    if over.part == "bram":
        return f"{advice}, if weights fit at all: their memory does not shrink; or a larger board"
    return f"{advice}, or a larger board"


def _round_up(number: int) -> int:
    """To two digits."""
    unit = int(10 ** max(len(str(number)) - 2, 0))
    return -(-number // unit) * unit
