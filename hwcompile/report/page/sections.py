"""The sections of the page: a heading, a sentence, a picture, and the same as a table."""

from __future__ import annotations

from hwcompile.build_directory.insight import Insight
from hwcompile.report.page.areas import area_key, treemap
from hwcompile.report.page.charts import (
    activity_chart,
    boards_chart,
    cycles_chart,
    fifos_chart,
    values_chart,
)
from hwcompile.report.page.figures import (
    NEARLY,
    Report,
    board_uses,
    fifo_rows,
    resource_rows,
    short_figure,
    stages_of,
)
from hwcompile.report.page.network import network_graph
from hwcompile.report.page.power import power_sections
from hwcompile.report.page.roofline import roofline_chart, roofline_key, roofline_rows
from hwcompile.report.page.section import Section, Table
from hwcompile.report.page.standing import levels_section


def sections_of(report: Report, insight: Insight) -> list[Section]:
    """All sections; those without hardware to tell about are left out."""
    if not report["nodes"]:
        return [levels_section(report)]
    return [
        _network(report, insight),
        _cycles(report, insight),
        _activity(insight),
        _resources(report),
        _boards(insight),
        _fifos(report, insight),
        _roofline(report, insight),
        _values(insight),
        *power_sections(report),
        levels_section(report),
    ]


def _network(report: Report, insight: Insight) -> Section:
    said = (
        "Stages in the order of their streams; the stronger the colour, the larger the "
        "share of the interval in which a stage is busy. "
        "Beside each arrow: words and width of its FIFO."
    )
    heads = ("stage", "kernels", "folding", "lanes", "arithmetic")
    rows = [
        (s.name, s.kernels, s.folding, f"{s.lanes:,}", s.nodes[0]["arithmetic"])
        for s in stages_of(report)
    ]
    chart = network_graph(report, insight)
    return Section("network", "Network", said, chart, Table("All stages", heads, rows))


def _cycles(report: Report, insight: Insight) -> Section:
    interval = report["design"]["interval_cycles"]["predicted"]
    said = (
        f"The dashed line is the interval, {interval:,} cycles; {insight.bottleneck} sets it. Give "
        "a stage that reaches the line more lanes to be faster, one that ends early fewer."
    )
    rows = [
        (s.name, f"{s.cycles:,}", f"{s.cycles / max(interval, 1):.0%}") for s in stages_of(report)
    ]
    table = Table("Cycles of all stages", ("stage", "cycles", "busy"), rows)
    return Section("cycles", "Cycles per frame", said, cycles_chart(report), table)


def _activity(insight: Insight) -> Section:
    chart = activity_chart(insight)
    if insight.timeline is None:
        said = "Not drawn: a frame of this network has too many words to follow each of them here."
        return Section("activity", "One frame in time", said, None, None)
    said = (
        "From the first word in to the last word out of frame 0, as predicted: a stage works, "
        "waits for words, or stalls because a FIFO is full; paler where it does so only now and "
        "then. Later frames follow at once."
    )
    rows = [
        (
            p.process,
            f"{p.first:,}",
            f"{p.last:,}",
            f"{sum(p.work):,}",
            f"{sum(p.starved):,}",
            f"{sum(p.blocked):,}",
        )
        for p in insight.timeline.processes
    ]
    heads = ("process", "first cycle", "last cycle", "works", "waits", "stalls")
    return Section("activity", "One frame in time", said, chart, Table("In cycles", heads, rows))


def _resources(report: Report) -> Section:
    said = (
        "Look-up tables of every stage, as predicted for the 7 series; the colour is the share "
        "of the interval in which it is busy. Large and pale is what could be folded further."
    )
    rows = [
        (str(r["stage"]), *(f"{r[k]:,}" for k in ("lut", "ff", "memory_bits", "multipliers")))
        for r in resource_rows(report)
    ]
    heads = ("stage", "LUT", "flip-flops", "memory bits", "multipliers")
    table = Table("Cells of all stages", heads, rows)
    return Section("resources", "Resources", said, treemap(report), table, area_key(report))


def _boards(insight: Insight) -> Section:
    uses = board_uses(insight)
    near = [use for use in uses if use.share <= NEARLY]
    far = [use.board for use in uses if use.share > NEARLY]
    said = (
        "Share of the part that is scarcest, as predicted with the link to a host; the dashed "
        "line is all that the FPGA has. hwcompile compile chooses a folding that fits, when a "
        "board is named."
    )
    if far:
        said += f" Too small for this folding: {', '.join(far)}."
    rows = [(u.board, u.verdict, u.part, f"{u.used:,}", f"{u.have:,}") for u in uses]
    table = Table("All boards", ("board", "verdict", "scarcest", "takes", "has"), rows)
    return Section("boards", "Boards", said, boards_chart(near) if near else None, table)


def _fifos(report: Report, insight: Insight) -> Section:
    said = (
        "How deep each FIFO is, and the most words that it held while the first frames passed. "
        "Depths are the least that were found to keep the interval."
    )
    rows = [
        (str(r["fifo"]), f"{r['depth']:,}", _count(r["held"]), f"{r['bits']:,}")
        for r in fifo_rows(report, insight)
    ]
    table = Table("All FIFOs", ("FIFO", "depth", "held", "bits"), rows)
    return Section("fifos", "FIFOs", said, fifos_chart(report, insight), table)


def _count(held: int | None) -> str:
    return "" if held is None else f"{held:,}"


def _roofline(report: Report, insight: Insight) -> Section:
    said = (
        "Points are what stages compute at the design's clock and interval, ticks what their lanes "
        "could if they were always busy; to the right, more is computed for each byte that moves."
    )
    points = roofline_rows(report, insight)
    rows = [
        (
            str(r["stage"]),
            f"{r['lanes']:,}",
            short_figure(r["operations"]),
            short_figure(r["roof"]),
            short_figure(r["intensity"]),
        )
        for r in points
    ]
    heads = ("stage", "lanes", "10⁹ operations/s", "always busy", "operations per byte")
    table = Table("All stages with lanes", heads, rows) if rows else None
    chart = roofline_chart(points)
    return Section("roofline", "Roofline", said, chart, table, roofline_key(points))


def _values(insight: Insight) -> Section:
    said = "Which integers occur, each tensor within the range of its type. "
    if not insight.values:
        return Section("values", "Values", said + "hwcompile verify DIR fills this in.", None, None)
    said += "From frames of the last verification, at level reference."
    rows = [
        (t.value, f"{t.least:,}", f"{t.largest:,}", f"{t.low:,}", f"{t.high:,}")
        for t in insight.values
    ]
    heads = ("tensor", "least", "largest", "type from", "to")
    table = Table("All tensors", heads, list(rows))
    return Section("values", "Values", said, values_chart(insight), table)
