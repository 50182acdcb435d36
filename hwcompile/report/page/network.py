"""The network as a graph: stages, and the FIFOs between them."""

from __future__ import annotations

from typing import Any

from hwcompile.build_directory.insight import Insight
from hwcompile.report.page.charts import LOAD
from hwcompile.report.page.figures import Report, counted, stages_of
from hwcompile.report.page.section import Spec

VEGA = "https://vega.github.io/schema/vega/v6.json"

LOAD_SCALE: Spec = {"name": "load", "type": "linear", "clamp": True, **LOAD}
"""From the share of the interval to a colour."""

SHARE: Spec = {"scale": "load", "field": "busy"}
"""The colour of what has a field `busy`."""


def on_load(busy: str) -> str:
    """Black or white, whichever is better read on the colour of a share.

    Args:
        busy: The share, as an expression of Vega.
    """
    # Black and white are equally far from a luminance of 0.18.
    return f"luminance(scale('load', {busy})) > 0.18 ? '#000000' : '#ffffff'"


def network_graph(report: Report, insight: Insight) -> Spec:
    """Stages and the FIFOs between them; the page's script lays it out and fills in places.

    `data[0]` are boxes (id, title, detail, busy, wrong), `data[1]` arrows (from, to, label). The
    layout adds x, y, width and height to boxes, and a path and the places of label and head to
    arrows.
    """
    edge: Spec = {
        "type": "path",
        "from": {"data": "arrows"},
        "encode": {
            "enter": {
                "path": {"field": "path"},
                "stroke": {"value": "var(--line)"},
                "strokeWidth": {"value": 1.5},
            }
        },
    }
    head: Spec = {
        "type": "symbol",
        "from": {"data": "arrows"},
        "encode": {
            "enter": {
                "shape": {"value": "triangle-down"},
                "size": {"value": 60},
                "x": {"field": "headX"},
                "y": {"field": "headY"},
                "fill": {"value": "var(--line)"},
            }
        },
    }
    return {
        "$schema": VEGA,
        "description": "The network: stages in the order of its streams, and their FIFOs.",
        "padding": 4,
        "autosize": {"type": "none"},
        "data": [
            {"name": "boxes", "values": _boxes(report, insight)},
            {"name": "arrows", "values": _arrows(report, insight)},
        ],
        "scales": [LOAD_SCALE],
        "marks": [
            edge,
            head,
            _box(),
            _words("title", -9, "bold"),
            _words("detail", 9, "normal"),
            _depths(),
        ],
    }


def _boxes(report: Report, insight: Insight) -> list[dict[str, Any]]:
    interval = max(report["design"]["interval_cycles"]["predicted"], 1)
    stages = stages_of(report)
    boxes = [
        {
            "id": stage.name,
            "title": stage.name,
            "detail": f"{stage.nodes[0]['kernel']}, {counted(stage.cycles, 'cycle')}",
            "busy": stage.cycles / interval,
            "wrong": any(f"'{stage.name}'" in line for line in insight.differing),
            "folding": stage.folding,
            "lanes": stage.lanes,
        }
        for stage in stages
    ]
    known = {stage.name for stage in stages}
    ends = [(stream.source, "input") for stream in insight.streams if stream.source not in known]
    ends += [(stream.target, "output") for stream in insight.streams if stream.target not in known]
    boxes += [
        {"id": name, "title": name, "detail": kind, "busy": None, "wrong": False}
        for name, kind in dict(ends).items()
    ]
    return boxes


def _arrows(report: Report, insight: Insight) -> list[dict[str, Any]]:
    links = {link["name"]: link for link in report["links"]}
    return [
        {
            "from": stream.source,
            "to": stream.target,
            "label": _size(links[stream.name]),
        }
        for stream in insight.streams
        if stream.name in links
    ]


def _size(link: Report) -> str:
    return f"{counted(link['depth'], 'word')} of {counted(link['width_bits'], 'bit')}"


def _box() -> Spec:
    tooltip = "datum.busy === null ? '' : {stage: datum.title, folding: datum.folding, "
    tooltip += "lanes: datum.lanes, 'share of the interval': format(datum.busy, '.0%')}"
    return {
        "type": "rect",
        "name": "stages",
        "from": {"data": "boxes"},
        "encode": {
            "enter": {
                "xc": {"field": "x"},
                "yc": {"field": "y"},
                "width": {"field": "width"},
                "height": {"field": "height"},
                "cornerRadius": {"value": 5},
                "fill": [
                    {"test": "datum.busy === null", "value": "var(--panel)"},
                    SHARE,
                ],
                "stroke": [
                    {"test": "datum.wrong", "value": "var(--bad)"},
                    {"value": "var(--line)"},
                ],
                "strokeWidth": [{"test": "datum.wrong", "value": 4}, {"value": 1}],
                "tooltip": {"signal": tooltip},
            }
        },
    }


def _words(field: str, offset: int, weight: str) -> Spec:
    return {
        "type": "text",
        "name": f"{field}s",
        "interactive": False,
        "from": {"data": "boxes"},
        "encode": {
            "enter": {
                "text": {"field": field},
                "x": {"field": "x"},
                "y": {"field": "y", "offset": offset},
                "align": {"value": "center"},
                "baseline": {"value": "middle"},
                "fontWeight": {"value": weight},
                "fontSize": {"value": 12},
                "fill": [
                    {"test": "datum.busy === null", "value": "var(--text)"},
                    {"signal": on_load("datum.busy")},
                ],
            }
        },
    }


def _depths() -> Spec:
    """Words and bits of each FIFO, beside its arrow."""
    return {
        "type": "text",
        "interactive": False,
        "from": {"data": "arrows"},
        "encode": {
            "enter": {
                "text": {"field": "label"},
                "x": {"field": "labelX"},
                "y": {"field": "labelY"},
                "align": {"value": "left"},
                "baseline": {"value": "middle"},
                "fontSize": {"value": 11},
                "fill": {"value": "var(--muted)"},
            }
        },
    }
