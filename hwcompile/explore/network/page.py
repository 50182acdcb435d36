"""The front as a page: a picture, and every design with its schedule's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hwcompile.explore.network.explore import Front
from hwcompile.explore.network.files import schedule_name
from hwcompile.explore.network.points import Point
from hwcompile.explore.power import AssumedPower
from hwcompile.rates import rate_text
from hwcompile.report.page.front import front_page
from hwcompile.report.page.roofline import VEGA, axis_marks
from hwcompile.report.page.section import Section, Spec, Table
from hwcompile.technology.energies import ASSUMED


def page_of(front: Front, name: str, powers: Sequence[AssumedPower | None] = ()) -> str:
    """The page.

    Args:
        front: What was found.
        name: Of the model.
        powers: What each design takes at an activity that is assumed; none are shown without.
    """
    takes = dict(enumerate(powers, start=1))
    boards = list(dict.fromkeys(point.board for point in front.points))
    numbered = list(enumerate(front.points, start=1))
    sections = []
    for board in boards:
        mine = [(number, point) for number, point in numbered if point.board == board]
        sections += _sections(board, mine, takes)
    fastest = max(point.frames_per_second for point in front.points)
    smallest = min(front.points, key=lambda point: point.lut)
    facts = [
        ("Designs", f"{len(front.points):,}", "none is faster and smaller than another"),
        ("Weighed", f"{front.designs_tried:,}", f"{front.planned:,} of them planned whole"),
        ("Fastest", f"{rate_text(fastest)} frames/s", "at the predicted clock"),
        (
            "Smallest",
            f"{smallest.lut:,} cells",
            f"{rate_text(smallest.frames_per_second)} frames/s",
        ),
    ]
    return front_page(f"{name}: designs", facts, sections)


def _sections(
    board: str, points: Sequence[tuple[int, Point]], takes: Mapping[int, AssumedPower | None]
) -> list[Section]:
    where = f" on {board}" if board else ""
    rows = [
        {
            "number": number,
            "rate": point.frames_per_second,
            "lut": max(point.lut, 1),
            "dsp": point.dsp,
            "bram": point.bram,
            "interval": point.interval,
            "mhz": round(point.mhz, 1),
            "schedule": schedule_name(number),
            "weights": point.recipe or "as they are",
            "accuracy": f"{point.accuracy:.2%}" if point.recipe else "not asked for",
        }
        for number, point in points
    ]
    said = (
        "Every point is a design; the stronger its colour, the more DSP blocks it takes. Point at "
        "one to see the name of its schedule."
    )
    anchor = board or "designs"
    return [
        Section(
            f"front-{anchor}", f"Speed and logic{where}", said, _chart(rows), _table(points, takes)
        )
    ]


def _table(points: Sequence[tuple[int, Point]], takes: Mapping[int, AssumedPower | None]) -> Table:
    judged = ("weights", "accuracy") if any(point.recipe for _, point in points) else ()
    heads = ("schedule", *judged, "planned for, MHz", "frames/s", "MHz", "interval", "latency")
    rows = [
        (
            schedule_name(number),
            *((point.recipe, f"{point.accuracy:.2%}") if judged else ()),
            f"{point.clock_mhz:g}",
            f"{point.frames_per_second:,.1f}",
            f"{point.mhz:.1f}",
            *(f"{value:,}" for value in (point.interval, point.latency)),
            *(f"{value:,}" for value in (point.lanes, point.lut, point.ff, point.bram, point.dsp)),
            *(_power(takes[number]) if takes else ()),
        )
        for number, point in points
    ]
    power = (f"nJ per frame, {ASSUMED:.1%} of bits changing", "mW") if takes else ()
    heads = (*heads, "lanes", "cells", "FF", "BRAM", "DSP", *power)
    return Table("The designs in numbers", heads, rows)


def _power(takes: AssumedPower | None) -> tuple[str, str]:
    if takes is None:
        return "-", "-"
    return f"{takes.nj_per_frame:,.1f}", f"{takes.dynamic_mw:,.2f}"


def _chart(rows: list[dict[str, object]]) -> Spec:
    """Logic cells against frames per second; the page's script gives the width."""
    across = axis_marks([float(str(row["rate"])) for row in rows])
    up = axis_marks([float(str(row["lut"])) for row in rows])
    most = max(int(str(row["dsp"])) for row in rows)
    tooltip = (
        "{schedule: datum.schedule, weights: datum.weights, accuracy: datum.accuracy,"
        " 'frames/s': format(datum.rate, ',.1f'), MHz: datum.mhz,"
        " interval: format(datum.interval, ','), 'logic cells': format(datum.lut, ','),"
        " 'block RAMs': datum.bram, 'DSP blocks': datum.dsp}"
    )
    return {
        "$schema": VEGA,
        "description": "Logic cells of every design against its frames per second.",
        "height": 380,
        "padding": {"left": 66, "right": 20, "top": 10, "bottom": 44},
        "autosize": {"type": "none"},
        "data": [{"name": "designs", "values": rows}],
        "scales": [
            _log("x", "width", across),
            _log("y", "height", up),
            {
                "name": "dsp",
                "type": "linear",
                "domain": [0, max(most, 1)],
                "range": ["var(--low)", "var(--high)"],
            },
        ],
        "axes": [
            _axis("x", "bottom", "frames/s", across),
            _axis("y", "left", "logic cells", up),
        ],
        "marks": [
            {
                "type": "symbol",
                "from": {"data": "designs"},
                "encode": {
                    "enter": {
                        "fill": {"scale": "dsp", "field": "dsp"},
                        "stroke": {"value": "var(--work)"},
                        "size": {"value": 60},
                        "tooltip": {"signal": tooltip},
                    },
                    "update": {
                        "x": {"scale": "x", "field": "rate"},
                        "y": {"scale": "y", "field": "lut"},
                    },
                },
            }
        ],
    }


def _log(name: str, side: str, marks: list[float]) -> Spec:
    return {"name": name, "type": "log", "domain": [marks[0], marks[-1]], "range": side}


def _axis(scale: str, orient: str, title: str, marks: list[float]) -> Spec:
    # Beyond so many only the powers of ten have room on a phone.
    shown = marks if len(marks) <= 7 else [mark for mark in marks if f"{mark:e}"[0] == "1"]
    return {
        "scale": scale,
        "orient": orient,
        "title": title,
        "values": shown or marks,
        "format": "~s",
        "grid": True,
    }
