"""The roofline: what stages compute for each byte that moves, beside what their lanes could."""

from __future__ import annotations

from hwcompile.build_directory.insight import Insight
from hwcompile.report.page.figures import Report, Row, short_figure, stages_of
from hwcompile.report.page.section import KeyEntry, Spec

VEGA = "https://vega.github.io/schema/vega/v6.json"

_BITS_PER_BYTE = 8
_OPERATIONS_PER_LANE = 2

_MARKS = (1, 2, 5)
"""Where the axes have lines, in every decade."""


def roofline_rows(report: Report, insight: Insight) -> list[Row]:
    """Operations per second and per byte of every stage that has lanes.

    A lane does two operations a cycle (a product and a sum). Bytes are those of the streams into
    and out of the stage; weights stay inside.
    """
    design = report["design"]
    interval, clock = design["interval_cycles"]["predicted"], design["clock_mhz"] * 1e6
    bits = _stream_bits(report, insight)
    rows: list[Row] = []
    for stage in stages_of(report):
        if not stage.lanes or not bits.get(stage.name):
            continue
        operations = _OPERATIONS_PER_LANE * stage.lanes * stage.cycles
        rows.append(
            {
                "number": len(rows) + 1,
                "stage": stage.name,
                "lanes": stage.lanes,
                "intensity": operations / (bits[stage.name] / _BITS_PER_BYTE),
                "operations": operations * clock / max(interval, 1) / 1e9,
                "roof": _OPERATIONS_PER_LANE * stage.lanes * clock / 1e9,
            }
        )
    return rows


def _stream_bits(report: Report, insight: Insight) -> dict[str, float]:
    """Bits per frame of the streams into and out of every stage."""
    widths = {link["name"]: link["width_bits"] for link in report["links"]}
    bits: dict[str, float] = {}
    for stream in insight.streams:
        moved = stream.words * widths.get(stream.name, 0)
        for end in {stream.source, stream.target}:
            bits[end] = bits.get(end, 0) + moved
    return bits


def roofline_key(rows: list[Row]) -> list[KeyEntry]:
    """Every point with its number and its place."""
    return [KeyEntry(row["number"], row["stage"], _place(row)) for row in rows]


def _place(row: Row) -> str:
    of_roof = f"{short_figure(row['operations'])} of {short_figure(row['roof'])}"
    return f"{of_roof} · 10⁹ operations/s, {short_figure(row['intensity'])} per byte"


def axis_marks(values: list[float]) -> list[float]:
    """Round numbers of a logarithmic axis, from below the least value to above the largest."""
    marks = [m * 10.0**power for power in range(-12, 16) for m in _MARKS]
    low = max(mark for mark in marks if mark < min(values))
    high = min(mark for mark in marks if mark > max(values))
    return [float(f"{mark:.3g}") for mark in marks if low <= mark <= high]


def roofline_chart(rows: list[Row]) -> Spec | None:
    """Operations per second against operations per byte; None without lanes.

    The page's script gives the width.
    """
    if not rows:
        return None
    across = axis_marks([row["intensity"] for row in rows])
    up = axis_marks([row[kind] for row in rows for kind in ("operations", "roof")])
    return {
        "$schema": VEGA,
        "description": "Operations per second of every stage, and what its lanes could do.",
        "height": 300,
        # Fixed: with a fitted size, labels that are not placed yet would count.
        "padding": {"left": 66, "right": 20, "top": 10, "bottom": 44},
        "autosize": {"type": "none"},
        "data": [{"name": "stages", "values": rows}],
        "scales": [_scale("x", "width", across), _scale("y", "height", up)],
        "axes": [
            _axis("x", "bottom", "operations per byte of streams", across),
            _axis("y", "left", "10⁹ operations/s", up),
        ],
        "marks": [_ways(), _roofs(), _points(), _point_names(), _point_numbers()],
    }


def _scale(name: str, side: str, marks: list[float]) -> Spec:
    ends = [marks[0], marks[-1]]
    return {"name": name, "type": "log", "domain": ends, "range": side}


def _axis(scale: str, orient: str, title: str, marks: list[float]) -> Spec:
    return {
        "scale": scale,
        "orient": orient,
        "title": title,
        "values": marks,
        "format": "~g",
        "grid": True,
    }


def _ways() -> Spec:
    """From what is computed to what could be."""
    return {
        "type": "rule",
        "from": {"data": "stages"},
        "encode": {
            "enter": {"stroke": {"value": "var(--line)"}, "strokeWidth": {"value": 1}},
            "update": {
                "x": {"scale": "x", "field": "intensity"},
                "y": {"scale": "y", "field": "operations"},
                "y2": {"scale": "y", "field": "roof"},
            },
        },
    }


def _roofs() -> Spec:
    return {
        "type": "rule",
        "name": "roofs",
        "from": {"data": "stages"},
        "encode": {
            "enter": {"stroke": {"value": "var(--muted)"}, "strokeWidth": {"value": 3}},
            "update": {
                "x": {"scale": "x", "field": "intensity", "offset": -9},
                "x2": {"scale": "x", "field": "intensity", "offset": 9},
                "y": {"scale": "y", "field": "roof"},
            },
        },
    }


def _points() -> Spec:
    tooltip = (
        "{stage: datum.stage, lanes: datum.lanes, '10⁹ operations/s': datum.operations,"
        " 'with lanes always busy': datum.roof, 'operations per byte': datum.intensity}"
    )
    return {
        "type": "symbol",
        "name": "points",
        "from": {"data": "stages"},
        "encode": {
            "enter": {
                "fill": {"value": "var(--work)"},
                "size": {"value": 80},
                "tooltip": {"signal": tooltip},
            },
            "update": {
                "x": {"scale": "x", "field": "intensity"},
                "y": {"scale": "y", "field": "operations"},
            },
        },
    }


def _point_names() -> Spec:
    """Names where they fit without lying on a point, a roof or another name."""
    return _labels("names", {"field": "datum.stage"}, ["roofs", "points"])


def _point_numbers() -> Spec:
    """Numbers, which the key explains; the page's script hides those of points with names."""
    return _labels("numbers", {"signal": "'' + datum.datum.number"}, ["roofs", "points", "names"])


def _labels(name: str, text: Spec, avoided: list[str]) -> Spec:
    return {
        "type": "text",
        "name": name,
        "interactive": False,
        "from": {"data": "points"},
        "encode": {
            "enter": {"fill": {"value": "var(--text)"}, "fontSize": {"value": 12}},
            "update": {"text": text},
        },
        "transform": [
            {
                "type": "label",
                "size": {"signal": "[width, height]"},
                "anchor": ["right", "left", "bottom", "top", "bottom-right", "bottom-left"],
                "offset": [5],
                "padding": 0,
                "avoidMarks": avoided,
            }
        ],
    }
