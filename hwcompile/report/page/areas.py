"""The stages as areas: the larger, the more look-up tables; each with its name or its number."""

from __future__ import annotations

from hwcompile.report.page.figures import Report, Row, resource_rows, stages_of
from hwcompile.report.page.network import LOAD_SCALE, SHARE, on_load
from hwcompile.report.page.section import KeyEntry, Spec

VEGA = "https://vega.github.io/schema/vega/v6.json"

LEAST = 0.006
"""The least share of all areas that is drawn by itself: on a phone there is room for a number."""

_FEW = 8
_HEIGHTS, _FEW_HEIGHTS = (320, 440), (200, 260)
"""Pixels on a wide and on a narrow screen, for many areas and for few."""

_TOOLTIP = (
    "{stage: datum.title, LUT: datum.lut, 'flip-flops': datum.ff, 'memory bits': datum.memory_bits,"
    " multipliers: datum.multipliers}"
)
_SIZE = "datum.x1 - datum.x0, datum.y1 - datum.y0"


def area_key(report: Report) -> list[KeyEntry]:
    """Every stage with its number, the largest first."""
    total = _total(report)
    return [
        KeyEntry(row["number"], row["stage"], f"{row['lut']:,} LUT, {row['lut'] / total:.1%}")
        for row in _numbered(report)
    ]


def area_rows(report: Report) -> list[Row]:
    """The areas: a stage each, and one for all that are too small to be seen.

    The last is left out where even together they are too small.
    """
    rows, total = _numbered(report), _total(report)
    drawn = [row for row in rows if row["lut"] >= LEAST * total]
    small = [row for row in rows if 0 < row["lut"] < LEAST * total]
    if sum(row["lut"] for row in small) >= LEAST * total:
        drawn.append(_together(small))
    return drawn


def _numbered(report: Report) -> list[Row]:
    busy = {stage.name: stage.cycles for stage in stages_of(report)}
    interval = max(report["design"]["interval_cycles"]["predicted"], 1)
    rows = sorted(resource_rows(report), key=lambda row: -int(row["lut"]))
    return [
        {**row, "number": place, "title": row["stage"], "busy": busy[row["stage"]] / interval}
        for place, row in enumerate(rows, 1)
    ]


def _total(report: Report) -> int:
    return max(sum(int(row["lut"]) for row in resource_rows(report)), 1)


def _together(rows: list[Row]) -> Row:
    """Small stages as one area."""
    kinds = ("lut", "ff", "memory_bits", "multipliers")
    first, last = rows[0]["number"], rows[-1]["number"]
    return {
        "title": f"{len(rows)} small stages",
        "number": f"{first}-{last}" if last > first else first,
        "busy": max(row["busy"] for row in rows),
        **{kind: sum(row[kind] for row in rows) for kind in kinds},
    }


def treemap(report: Report) -> Spec:
    """Look-up tables of every stage as areas.

    The page's script gives the width, and the functions `areaNamed` and `areaWords`: whether a name
    fits in an area, and what stands in it.
    """
    areas = area_rows(report)
    wide, narrow = _HEIGHTS if len(areas) > _FEW else _FEW_HEIGHTS
    rows: list[Row] = [{"id": "all", "parent": None, "lut": None}]
    rows += [{"id": str(row["number"]), "parent": "all", **row} for row in areas]
    layout = {
        "type": "treemap",
        "field": "lut",
        "sort": {"field": "value", "order": "descending"},
        "round": True,
        "method": "squarify",
        "paddingInner": 2,
        "size": [{"signal": "width"}, {"signal": "height"}],
    }
    stratify = {"type": "stratify", "key": "id", "parentKey": "parent"}
    leaves = {"type": "filter", "expr": "datum.parent !== null"}
    return {
        "$schema": VEGA,
        "description": "Look-up tables of every stage, as areas.",
        "padding": 0,
        "autosize": {"type": "none"},
        "signals": [{"name": "height", "update": f"width < 500 ? {narrow} : {wide}"}],
        "data": [
            {"name": "tree", "values": rows, "transform": [stratify, layout]},
            {"name": "leaves", "source": "tree", "transform": [leaves]},
        ],
        "scales": [LOAD_SCALE],
        "marks": [_areas(), _area_words()],
    }


def _areas() -> Spec:
    sides = {"x": "x0", "x2": "x1", "y": "y0", "y2": "y1"}
    return {
        "type": "rect",
        "name": "areas",
        "from": {"data": "leaves"},
        "encode": {
            "enter": {"fill": SHARE, "cornerRadius": {"value": 3}, "tooltip": {"signal": _TOOLTIP}},
            "update": {side: {"field": field} for side, field in sides.items()},
        },
    }


def _area_words() -> Spec:
    """Names and figures where they fit, else numbers, which the key explains."""
    words = f"areaWords(datum.title, datum.number, datum.lut, {_SIZE})"
    named = f"areaNamed(datum.title, datum.lut, {_SIZE})"
    return {
        "type": "text",
        "name": "words",
        "interactive": False,
        "from": {"data": "leaves"},
        "encode": {
            "enter": {"baseline": {"value": "top"}, "fill": {"signal": on_load("datum.busy")}},
            "update": {
                "x": {"signal": f"{named} ? datum.x0 + 6 : (datum.x0 + datum.x1) / 2"},
                "y": {"signal": f"{named} ? datum.y0 + 6 : (datum.y0 + datum.y1) / 2 - 6"},
                "align": {"signal": f"{named} ? 'left' : 'center'"},
                "fontSize": {"signal": f"{named} ? 12 : 11"},
                "lineHeight": {"value": 15},
                "text": {"signal": words},
            },
        },
    }
