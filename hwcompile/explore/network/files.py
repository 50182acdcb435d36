"""What an exploration leaves: a table, a page, and the schedule of every design."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from hwcompile.explore.network.confirm import Confirmed
from hwcompile.explore.network.points import Point
from hwcompile.explore.power import AssumedPower

SCHEDULES = "schedules"
"""The folder of the schedules."""

_NAME = re.compile(r"\d{3,}\.toml")
_NUMBERS = ("clock_mhz", "mhz", "interval", "latency", "lanes", "lut", "ff", "bram", "dsp")
_POWER = ("nj_per_frame", "dynamic_mw")
_BUILT = ("lut", "ff", "bram", "dsp", "fmax_mhz", "problem")


def schedule_name(number: int) -> str:
    """Of a design's schedule."""
    return f"{number:03}.toml"


def listed(table: Path) -> set[str]:
    """Names of schedules that a table of an earlier exploration lists; none where there is none."""
    try:
        with table.open(encoding="utf-8", newline="") as text:
            names = [row.get("schedule") or "" for row in csv.DictReader(text)]
    except (OSError, ValueError, csv.Error):
        return set()
    return {name for name in names if _NAME.fullmatch(name)}


def csv_text(
    points: Sequence[Point],
    built: Sequence[Confirmed | None],
    powers: Sequence[AssumedPower | None],
) -> str:
    """The front as a table; what was built has columns of its own.

    Args:
        points: Designs in their order.
        built: What became of each, where it was built.
        powers: What each takes at an activity that is assumed, where energies are known.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    more = [f"built_{name}" for name in _BUILT] if any(built) else []
    judged = ["recipe", "accuracy"] if any(point.recipe for point in points) else []
    heads = ["schedule", "board", *judged, "frames_per_second", *_NUMBERS, *_POWER, *more]
    writer.writerow(heads)
    each = zip(points, built, powers, strict=True)
    for number, (point, made, takes) in enumerate(each, start=1):
        rate = f"{point.frames_per_second:.3f}"
        own = [getattr(point, name) for name in _NUMBERS]
        found = [getattr(made, name) if made else "" for name in _BUILT] if more else []
        name = [getattr(point, field) for field in judged]
        power = [getattr(takes, name) if takes else "" for name in _POWER]
        writer.writerow([schedule_name(number), point.board, *name, rate, *own, *power, *found])
    return text.getvalue()
