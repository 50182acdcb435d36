"""`report.html` as text, from what the files of a build directory say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from hwcompile.build_directory import REPORT_PAGE
from hwcompile.build_directory.insight import Insight
from hwcompile.emit.environment import render
from hwcompile.emit.licence import licensed
from hwcompile.rates import rate_text
from hwcompile.report.external import external_reads, loads
from hwcompile.report.missing import missing_from
from hwcompile.report.page.figures import BoardUse, Report, board_uses, counted
from hwcompile.report.page.section import Section, Spec, pieces_of
from hwcompile.report.page.sections import sections_of
from hwcompile.report.page.standing import standing_of
from hwcompile.report.target import target_notes
from hwcompile.resources import package_version, room

_LONG_PIECE = 11
"""Letters that half a phone has room for."""


@dataclass(frozen=True)
class Fact:
    """A figure at the top of the page.

    Attributes:
        name: What it is.
        value: With its unit.
        more: A smaller line below it.
        is_name: The value is a name, which may go on in the next line.
    """

    name: str
    value: str
    more: str = ""
    is_name: bool = False

    @property
    def is_long(self) -> bool:
        """Whether it is a name with a piece that is too wide for half a phone."""
        return self.is_name and max(map(len, pieces_of(self.value)), default=0) > _LONG_PIECE


def page_text(report: Report, insight: Insight, host: Mapping[str, Any], schedule: str) -> str:
    """The page.

    Args:
        report: `report.json`.
        insight: `insight.json`.
        host: `host.json`.
        schedule: `schedule.toml`.
    """
    sections = sections_of(report, insight)
    facts = list(_facts(report, insight))
    specs = {section.id: section.chart for section in sections if section.chart}
    text = render(
        "report/page.html.j2",
        title=report["design"]["name"],
        pieces_of=pieces_of,
        verdict=standing_of(report, insight),
        facts=facts,
        columns=_columns(len(facts)),
        missing=missing_from(report),
        differing=insight.differing,
        sections=[_shown(section) for section in sections],
        host=list(_host_lines(host)),
        schedule=schedule,
        target=[note[:1].upper() + note[1:] for note in target_notes(report)],
        version=package_version("hwcompile"),
        specs=embedded(specs),
        style=asset("style.css"),
        script=asset("page.js"),
        vega=asset("vega.js"),
        dagre=asset("dagre.js"),
    )
    return licensed(REPORT_PAGE, text)


def _throughput(design: Report) -> Fact:
    rate = design["frames_per_second"]
    if rate is None:
        return Fact("Throughput", "the link's", "no operator is hardware")
    return Fact("Throughput", f"{rate_text(rate)} frames/s", f"at {design['clock_mhz']:g} MHz")


def _weights(report: Report) -> Iterable[Fact]:
    read = external_reads(report)
    if read:
        frame = f"{read.bytes_per_frame:,} bytes per frame from external memory"
        yield Fact("Weights", f"{read.bytes_per_second / 1e6:,.1f} MB/s", frame)
    once = loads(report)
    if once:
        kinds = ", ".join(once.kinds)
        yield Fact("Loading", counted(once.cycles, "cycle"), f"{once.bytes:,} bytes once ({kinds})")


def _facts(report: Report, insight: Insight) -> Iterable[Fact]:
    design = report["design"]
    yield Fact("Interval", *_cycles(design["interval_cycles"]))
    yield Fact("Latency", *_cycles(design["latency_cycles"]))
    yield _throughput(design)
    bound = f"{counted(insight.bound_cycles, 'cycle')} per frame"
    yield Fact("Bottleneck", insight.bottleneck, bound, is_name=True)
    lanes = f"{counted(design['multipliers'], 'multiplier')} of 18 × 25 bits"  # noqa: RUF001
    yield Fact("Lanes", f"{design['lanes']:,}", lanes)
    cells = design["resources_predicted"]
    more = f"{cells['ff']:,} flip-flops, {cells['memory_bits']:,} bits of memory"
    yield Fact("Predicted", f"{cells['lut']:,} LUT", more)
    yield from _weights(report)
    yield from _fit(board_uses(insight))
    yield from _fifos(report)
    built = design["resources"]
    if built:
        more = f"{built['lut']:,} LUT, {built['bram']:,} block RAM, {built['dsp']:,} DSP"
        speed = f"{built['clock_mhz']:g} MHz, up to {built['fmax_mhz']:.1f}"
        yield Fact(f"On {built['board']}", speed, more)
        slowest = built.get("slowest")
        if slowest is not None:
            ends = "where the slowest path ends, after place and route"
            yield Fact("Limits the clock", slowest or "the link to the host", ends, is_name=True)


def _columns(facts: int) -> int:
    """As many columns as leave no gap in the last row, or the smallest."""
    return min((5, 4, 3), key=lambda columns: -facts % columns)


def _fit(uses: list[BoardUse]) -> Iterable[Fact]:
    """How many boards the design fits, and the fullest of them."""
    if not uses:
        return
    fit = [use for use in uses if use.share <= 1]
    closest = fit[-1] if fit else uses[0]
    name = "Fullest" if fit else "Nearest"
    more = f"{name}: {closest.board}, {closest.share:.0%} of its {closest.part}"
    yield Fact("Fits", f"{len(fit)} of {len(uses)} boards", more)


def _fifos(report: Report) -> Iterable[Fact]:
    """How much is held between stages."""
    if not report["links"]:
        return
    deepest = max(link["depth"] for link in report["links"])
    more = f"{counted(len(report['links']), 'FIFO')}, the deepest {counted(deepest, 'word')}"
    yield Fact("Between stages", f"{counted(report['design']['fifo_bits'], 'bit')}", more)


def _cycles(figure: Report) -> tuple[str, str]:
    measured = figure["measured"]
    more = "predicted, not measured yet" if measured is None else f"measured: {measured:,}"
    return f"{figure['predicted']:,} cycles", more


def _shown(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "said": section.said,
        "drawn": section.chart is not None,
        "table": section.table,
        "key": section.key,
    }


def _host_lines(host: Mapping[str, Any]) -> Iterable[str]:
    for entry in host["inputs"]:
        yield f"Input {entry['source']} is quantized to the integers {entry['value']}."
    for output in host["outputs"]:
        values = ", ".join(source["value"] for source in output["sources"])
        yield f"Output {output['name']} is made of the integers {values}."
    yield from host["notes"]


def embedded(specs: dict[str, Spec]) -> str:
    """JSON that can stand inside a script element: no `<` in it."""
    return json.dumps(specs, ensure_ascii=False).replace("<", "\\u003c")


@cache
def asset(name: str) -> str:
    """A file that pages hold whole."""
    return (room("templates") / "report" / name).read_text(encoding="utf-8").rstrip()
