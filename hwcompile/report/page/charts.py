"""The pictures as specifications for Vega-Lite.

Colours are properties of the page's style (`var(--work)`): its script puts in their values, and
does so again when the theme changes.

Names stand above their bars and not on an axis, so that long ones are whole on a narrow screen;
at the other end of the line are the figures.
"""

from __future__ import annotations

from typing import Any

from hwcompile.build_directory.insight import Insight
from hwcompile.report.page.figures import (
    BoardUse,
    Report,
    Row,
    activity_rows,
    cycle_rows,
    fifo_rows,
    histogram_rows,
    process_labels,
    value_labels,
)
from hwcompile.report.page.section import Spec

VEGA_LITE = "https://vega.github.io/schema/vega-lite/v6.json"

LOAD = {"domain": [0, 1], "range": ["var(--low)", "var(--high)"]}
"""Colours from idle to always busy."""

_STEP = 34
"""Height of a row in pixels: a line of text and a bar."""

_BAR = 12

RULE: Spec = {"type": "rule", "strokeDash": [4, 3]}
"""A dashed line across all rows."""


def _rows_chart(rows: list[Row], field: str, layers: list[Spec], description: str) -> Spec:
    """A chart with a row for each value of a field, in the order in which they come.

    The page's script gives the width, and the height that names in several lines need.
    """
    return {
        "$schema": VEGA_LITE,
        "description": description,
        "height": _STEP * len({row[field] for row in rows}),
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": rows},
        "layer": [_placed(layer, field) for layer in layers],
        "usermeta": {"rows": field},
    }


def _placed(layer: Spec, field: str) -> Spec:
    """A layer with its marks in the rows; a rule crosses all of them."""
    if layer["mark"] == RULE:
        return layer
    y: Spec = {"field": field, "type": "nominal", "sort": None, "axis": None}
    if layer["mark"]["type"] == "text":
        y["bandPosition"] = 0
    return {**layer, "encoding": {"y": y, **layer["encoding"]}}


def _rule(at: float) -> Spec:
    return {"mark": RULE, "encoding": {"x": {"datum": at}}}


def _names(labels: list[Row] | None = None) -> list[Spec]:
    """The line above the bars: the name, and its figures at the right end.

    The page's script breaks names into lines, and puts the figures below where a line is short.
    """
    own: Spec = {} if labels is None else {"data": {"values": labels}}
    mark = {"type": "text", "baseline": "top", "lineHeight": 15}
    left, right = {**mark, "align": "left", "dx": 1}, {**mark, "align": "right", "dx": -7}
    return [
        {**own, "mark": left, "encoding": {"x": {"value": 0}, "text": {"field": "label"}}},
        {
            **own,
            "mark": {**right, "color": "var(--muted)"},
            "encoding": {"x": {"value": "width"}, "text": {"field": "figures"}},
        },
    ]


def _bars(x: Spec, **more: Any) -> Spec:
    return {
        "mark": {"type": "bar", "height": _BAR, "yOffset": 7, "cornerRadius": 1},
        "encoding": {"x": x, **more},
    }


def _tooltip(*fields: tuple[str, str]) -> list[Spec]:
    return [{"field": field, "title": title} for field, title in fields]


def cycles_chart(report: Report) -> Spec:
    """Cycles per frame of every stage; a rule marks the interval."""
    interval = report["design"]["interval_cycles"]["predicted"]
    axis = {"field": "cycles", "type": "quantitative", "title": "cycles per frame"}
    bars = _bars(
        axis,
        color={"field": "busy", "type": "quantitative", "legend": None, "scale": LOAD},
        tooltip=_tooltip(("stage", "stage"), ("cycles", "cycles per frame")),
    )
    return _rows_chart(
        cycle_rows(report),
        "stage",
        [bars, _rule(interval), *_names()],
        f"Cycles per frame of every stage; the interval is {interval} cycles.",
    )


def activity_chart(insight: Insight) -> Spec | None:
    """What every process does while frame 0 passes; None without a timeline."""
    rows = activity_rows(insight)
    if not rows:
        return None
    bars = _bars(
        {"field": "begin", "type": "quantitative", "title": "cycle", "scale": {"nice": False}},
        x2={"field": "end"},
        color={
            "field": "state",
            "type": "nominal",
            "title": None,
            "scale": {
                "domain": ["works", "waits", "stalls"],
                "range": ["var(--work)", "var(--wait)", "var(--stall)"],
            },
            "legend": {"orient": "top"},
        },
        opacity={
            "field": "share",
            "type": "quantitative",
            "legend": None,
            "scale": {"domain": [0, 1], "range": [0.25, 1]},
        },
        tooltip=_tooltip(
            ("process", "process"),
            ("state", "mostly"),
            ("cycles", "cycles of it"),
            ("begin", "from cycle"),
            ("end", "to cycle"),
        ),
    )
    what = "What every stage does from the first word in to the last word out of frame 0."
    return _rows_chart(rows, "process", [bars, *_names(process_labels(insight))], what)


def boards_chart(uses: list[BoardUse]) -> Spec:
    """Share of the scarcest part of every board that fits or nearly fits."""
    rows = [
        {
            "board": use.board,
            "share": use.share,
            "label": use.board,
            "figures": use.text,
            "verdict": use.verdict,
        }
        for use in uses
    ]
    axis = {
        "field": "share",
        "type": "quantitative",
        "title": "share of the scarcest part",
        "axis": {"format": "%"},
    }
    bars = _bars(
        axis,
        color={
            "field": "verdict",
            "type": "nominal",
            "legend": None,
            "scale": {"domain": ["fits", "nearly fits"], "range": ["var(--work)", "var(--wait)"]},
        },
        tooltip=_tooltip(("board", "board"), ("share", "share"), ("verdict", "verdict")),
    )
    what = "Share of the scarcest part of every board that the design fits or nearly fits."
    return _rows_chart(rows, "board", [bars, _rule(1), *_names()], what)


def fifos_chart(report: Report, insight: Insight) -> Spec:
    """Depth of every FIFO, and how far it fills."""
    rows = fifo_rows(report, insight)
    scale = {"type": "symlog"}
    most = max((int(row["depth"]) for row in rows), default=1)
    marks = [0, *(2**power for power in range(most.bit_length()))]
    words: Spec = {"field": "depth", "type": "quantitative", "title": "words", "scale": scale}
    depth = _bars({**words, "axis": {"values": marks}})
    depth["mark"]["color"] = "var(--capacity)"
    held = _bars(
        {"field": "held", "type": "quantitative", "scale": scale},
        tooltip=_tooltip(
            ("fifo", "FIFO"), ("held", "most words"), ("depth", "depth"), ("bits", "bits")
        ),
    )
    what = "Depth of every FIFO, and the most words that it held."
    return _rows_chart(rows, "fifo", [depth, held, *_names()], what)


def values_chart(insight: Insight) -> Spec | None:
    """Histogram of every tensor within its type; None before a verification."""
    rows = histogram_rows(insight)
    if not rows:
        return None
    bars = _bars(
        {
            "field": "begin",
            "type": "quantitative",
            "title": "place within the type",
            "scale": {"domain": [0, 1]},
            "axis": {"format": "%"},
        },
        x2={"field": "end"},
        opacity={
            "field": "share",
            "type": "quantitative",
            "legend": None,
            "scale": {"type": "sqrt", "domain": [0, 1], "range": [0.1, 1]},
        },
        tooltip=_tooltip(("tensor", "tensor"), ("from", "from"), ("to", "to"), ("count", "count")),
    )
    whole: Spec = {
        "data": {"values": value_labels(insight)},
        "mark": {"type": "bar", "height": _BAR, "yOffset": 7, "color": "var(--capacity)"},
        "encoding": {"x": {"datum": 0, "type": "quantitative"}, "x2": {"datum": 1}},
    }
    names = _names(value_labels(insight))
    what = "Histograms of every tensor's integers, each within the range of its type."
    return _rows_chart(rows, "tensor", [whole, bars, *names], what)
