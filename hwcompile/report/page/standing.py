"""Whether the design was shown to be right: the verdict, each level, and what is still open."""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.build_directory.insight import Insight
from hwcompile.report.missing import DIRECTORY
from hwcompile.report.page.figures import Report, counted
from hwcompile.report.page.section import Section, Table
from hwcompile.verify.levels import LEVELS

_BUILT = ("netlist", "bitstream")
"""Levels that need a board."""

_WHAT = {
    "reference": "the network on integers, which all others are compared with",
    "hls": "C++ for high-level synthesis",
    "rtl": "SystemVerilog, in a simulator",
    "netlist": "what synthesis made for a board",
    "bitstream": "what is loaded into the FPGA",
}


@dataclass(frozen=True)
class Standing:
    """Whether the design was shown to be right.

    Attributes:
        kind: good, bad or open.
        text: For a reader.
    """

    kind: str
    text: str


def standing_of(report: Report, insight: Insight) -> Standing:
    """What the last verification of each level found."""
    levels = report["design"]["levels"]
    wrong = [name for name, found in levels.items() if found["mismatches"]]
    if wrong:
        see = ": see the first mismatches" if insight.differing else ""
        return Standing("bad", f"Wrong at level {', '.join(wrong)}{see}")
    if insight.differing:
        return Standing("bad", "Right in every integer, but not in the predicted cycles")
    if not levels:
        return Standing("open", f"Not verified yet: hwcompile verify {DIRECTORY}")
    counts = ", ".join(f"{n} {counted(found['frames'], 'frame')}" for n, found in levels.items())
    return Standing("good", f"Equal to the reference in every integer: {counts}")


def levels_section(report: Report) -> Section:
    """What each level was found to be, or the command that finds it out."""
    said = (
        "The same frames run at several levels, each nearer to the FPGA than the one before; "
        f"all must give the same integers. {DIRECTORY} is the folder of this page."
    )
    design = report["design"]
    columns = {
        "level": LEVELS,
        "frames": [_found(design, level, "frames") for level in LEVELS],
        "integers wrong": [_found(design, level, "mismatches") for level in LEVELS],
        "accuracy": [_accuracy(design, level) for level in LEVELS],
        "what it is": [_WHAT[level] for level in LEVELS],
        "not compared yet": [_command(design, level) for level in LEVELS],
    }
    filled = {head: cells for head, cells in columns.items() if any(cells)}
    rows = list(zip(*filled.values(), strict=True))
    return Section("levels", "Verification", said, None, Table("Levels", tuple(filled), rows))


def _found(design: Report, level: str, kind: str) -> str:
    found = design["levels"].get(level)
    return f"{found[kind]:,}" if found else ""


def _accuracy(design: Report, level: str) -> str:
    found = design.get("accuracy", {}).get(level)
    if not found:
        return ""
    return f"{found['right'] / found['frames']:.2%} of {counted(found['frames'], 'frame')}"


def _command(design: Report, level: str) -> str:
    if level == "reference" or level in design["levels"]:
        return ""
    board = " --board NAME" if level in _BUILT else ""
    return f"hwcompile verify {DIRECTORY} --levels reference,{level}{board}"
