"""What a report does not know yet, and the command that finds it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Report = dict[str, Any]

DIRECTORY = "DIR"
"""Stands for the build directory where a text may be read anywhere."""


@dataclass(frozen=True)
class Missing:
    """Something that a later command finds out.

    Attributes:
        what: It is.
        command: With the build directory.
    """

    what: str
    command: str


def missing_from(report: Report, directory: str = DIRECTORY) -> list[Missing]:
    """What the report leaves open, what matters most first.

    Args:
        report: `report.json`.
        directory: As the commands are to name it.
    """
    return list(_missing(report, directory))


def _missing(report: Report, directory: str) -> Iterator[Missing]:
    design = report["design"]
    verify = f"hwcompile verify {directory}"
    if not design["levels"]:
        what = "whether the hardware computes the model's integers, measured cycles, value ranges"
        yield Missing(what, verify)
    elif report["nodes"] and design["interval_cycles"]["measured"] is None:
        yield Missing("measured cycles per frame", verify + _longer(design))
    if not report["nodes"]:
        return
    if design["resources"] is None:
        what = "cells, clock and the stage that limits it on an FPGA, as its tools find them"
        yield Missing(what, f"hwcompile build {directory} --board NAME")


def _longer(design: Report) -> str:
    """More frames, where the last run of level rtl was too short to settle."""
    found = design["levels"].get("rtl")
    return f" --frames {2 * found['frames']}" if found else ""
