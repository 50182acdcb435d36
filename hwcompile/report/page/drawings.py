"""The pictures as specifications for Vega: areas and the graph, which Vega-Lite does not draw."""

from __future__ import annotations

from typing import Any

from hwcompile.build_directory.insight import Insight
from hwcompile.report.page.charts import LOAD, Spec
from hwcompile.report.page.figures import Report, resource_rows, stages_of

VEGA = "https://vega.github.io/schema/vega/v6.json"

_TOOLTIP = (
    "{stage: datum.id, LUT: datum.lut, 'flip-flops': datum.ff, 'memory bits': datum.memory_bits,"
    " multipliers: datum.multipliers}"
)


def treemap(report: Report) -> Spec:
    """Look-up tables of every stage as areas, as wide as the page."""
    rows: list[dict[str, Any]] = [{"id": "all", "parent": None, "lut": None}]
    rows += [{"id": row["stage"], "parent": "all", **row} for row in resource_rows(report)]
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
    resized = {"events": "window:resize", "update": "containerSize()[0]"}
    return {
        "$schema": VEGA,
        "description": "Look-up tables of every stage, as areas.",
        "width": 600,
        "height": 300,
        "padding": 0,
        "autosize": {"type": "none"},
        "signals": [{"name": "width", "init": "containerSize()[0]", "on": [resized]}],
        "data": [
            {"name": "tree", "values": rows, "transform": [stratify, layout]},
            {
                "name": "leaves",
                "source": "tree",
                "transform": [{"type": "filter", "expr": "datum.parent !== null"}],
            },
        ],
        "marks": [_areas(), _area_names()],
    }


def _areas() -> Spec:
    sides = {"x": "x0", "x2": "x1", "y": "y0", "y2": "y1"}
    return {
        "type": "rect",
        "from": {"data": "leaves"},
        "encode": {
            "enter": {"fill": {"value": "var(--area)"}, "tooltip": {"signal": _TOOLTIP}},
            "update": {side: {"field": field} for side, field in sides.items()},
        },
    }


def _area_names() -> Spec:
    """Names in the areas that have room for them; tooltips and the table have the others."""
    wide = "datum.x1 - datum.x0 > 7 * length(datum.id) + 8 && datum.y1 - datum.y0 > 32"
    return {
        "type": "text",
        "interactive": False,
        "from": {"data": "leaves"},
        "encode": {
            "enter": {"baseline": {"value": "top"}, "fill": {"value": "var(--on-area)"}},
            "update": {
                "x": {"field": "x0", "offset": 5},
                "y": {"field": "y0", "offset": 5},
                "text": {"signal": f"{wide} ? [datum.id, format(datum.lut, ',')] : ''"},
            },
        },
    }


def network_graph(report: Report, insight: Insight) -> Spec:
    """Stages and the FIFOs between them; the page's script lays it out and fills in places.

    `data[0]` are boxes (id, title, detail, busy), `data[1]` arrows (from, to, label). The layout
    adds x, y, width and height to boxes, and a path, the place of the label and of the head to
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
        "scales": [{"name": "load", "type": "linear", **LOAD}],
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
            "detail": f"{stage.nodes[0]['kernel']}  {stage.cycles:,} cycles",
            "busy": stage.cycles / interval,
            "folding": stage.folding,
            "lanes": stage.lanes,
        }
        for stage in stages
    ]
    known = {stage.name for stage in stages}
    ends = [(stream.source, "input") for stream in insight.streams if stream.source not in known]
    ends += [(stream.target, "output") for stream in insight.streams if stream.target not in known]
    boxes += [
        {"id": name, "title": name, "detail": kind, "busy": None, "folding": "", "lanes": 0}
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
    return f"{link['depth']:,} words of {link['width_bits']} bits"


def _box() -> Spec:
    tooltip = "{stage: datum.title, folding: datum.folding, lanes: datum.lanes}"
    return {
        "type": "rect",
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
                    {"scale": "load", "field": "busy"},
                ],
                "stroke": {"value": "var(--line)"},
                "tooltip": {"signal": tooltip},
            }
        },
    }


def _words(field: str, offset: int, weight: str) -> Spec:
    return {
        "type": "text",
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
                    {"test": "datum.busy > 0.5", "value": "var(--on-high)"},
                    {"value": "var(--text)"},
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
