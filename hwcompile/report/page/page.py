"""`report.html` as text, from what the files of a build directory say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from hwcompile.build_directory import REPORT_PAGE
from hwcompile.build_directory.insight import Insight
from hwcompile.emit.environment import render
from hwcompile.emit.licence import licensed
from hwcompile.rates import rate_text
from hwcompile.report.page.charts import Spec
from hwcompile.report.page.figures import BoardUse, Report, board_uses
from hwcompile.report.page.sections import Section, sections_of
from hwcompile.resources import room


@dataclass(frozen=True)
class Fact:
    """A figure at the top of the page.

    Attributes:
        name: What it is.
        value: With its unit.
        more: A smaller line below it.
    """

    name: str
    value: str
    more: str = ""


@dataclass(frozen=True)
class Standing:
    """Whether the design was shown to be right.

    Attributes:
        kind: good, bad or open.
        text: For a reader.
    """

    kind: str
    text: str


def page_text(report: Report, insight: Insight, host: Mapping[str, Any], schedule: str) -> str:
    """The page.

    Args:
        report: `report.json`.
        insight: `insight.json`.
        host: `host.json`.
        schedule: `schedule.toml`.
    """
    sections = sections_of(report, insight)
    specs = {section.id: section.chart for section in sections if section.chart}
    text = render(
        "report/page.html.j2",
        title=report["design"]["name"],
        verdict=standing_of(report),
        facts=list(_facts(report, insight)),
        differing=insight.differing,
        sections=[_shown(section) for section in sections],
        host=list(_host_lines(host)),
        schedule=schedule,
        version=version("hwcompile"),
        specs=_embedded(specs),
        style=_asset("style.css"),
        script=_asset("page.js"),
        vega=_asset("vega.js"),
        dagre=_asset("dagre.js"),
    )
    return licensed(REPORT_PAGE, text)


def standing_of(report: Report) -> Standing:
    """What the last verification of each level found."""
    levels = report["design"]["levels"]
    wrong = [name for name, found in levels.items() if found["mismatches"]]
    if wrong:
        return Standing("bad", f"Wrong at level {', '.join(wrong)}: see the first mismatches")
    if not levels:
        return Standing("open", "Not verified yet: hwcompile verify")
    counts = ", ".join(f"{name} {found['frames']:,} frames" for name, found in levels.items())
    return Standing("good", f"Equal to the reference in every integer: {counts}")


def _facts(report: Report, insight: Insight) -> Iterable[Fact]:
    design = report["design"]
    yield Fact("Interval", *_cycles(design["interval_cycles"]))
    yield Fact("Latency", *_cycles(design["latency_cycles"]))
    rate = rate_text(design["frames_per_second"])
    yield Fact("Throughput", f"{rate} frames/s", f"at {design['clock_mhz']:g} MHz")
    yield Fact("Bottleneck", insight.bottleneck, f"{insight.bound_cycles:,} cycles per frame")
    many = "multiplier" if design["multipliers"] == 1 else "multipliers"
    lanes = f"{design['multipliers']:,} {many} of 18 × 25 bits"  # noqa: RUF001
    yield Fact("Lanes", f"{design['lanes']:,}", lanes)
    cells = design["resources_predicted"]
    more = f"{cells['ff']:,} flip-flops, {cells['memory_bits']:,} bits of memory"
    yield Fact("Predicted", f"{cells['lut']:,} LUT", more)
    yield from _fit(board_uses(insight))
    built = design["resources"]
    if built:
        more = f"{built['lut']:,} LUT, {built['bram']:,} block RAM, {built['dsp']:,} DSP"
        speed = f"{built['clock_mhz']:g} MHz, up to {built['fmax_mhz']:.1f}"
        yield Fact(f"On {built['board']}", speed, more)


def _fit(uses: list[BoardUse]) -> Iterable[Fact]:
    """How many boards the design fits, and the fullest of them."""
    if not uses:
        return
    fit = [use for use in uses if use.share <= 1]
    closest = fit[-1] if fit else uses[0]
    name = "Fullest" if fit else "Nearest"
    more = f"{name}: {closest.board}, {closest.share:.0%} of its {closest.part}"
    yield Fact("Fits", f"{len(fit)} of {len(uses)} boards", more)


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
    }


def _host_lines(host: Mapping[str, Any]) -> Iterable[str]:
    for entry in host["inputs"]:
        yield f"Input {entry['source']} is quantized to the integers {entry['value']}."
    for output in host["outputs"]:
        values = ", ".join(source["value"] for source in output["sources"])
        yield f"Output {output['name']} is made of the integers {values}."
    yield from host["notes"]


def _embedded(specs: dict[str, Spec]) -> str:
    """JSON that can stand inside a script element: no `<` in it."""
    return json.dumps(specs, ensure_ascii=False).replace("<", "\\u003c")


@cache
def _asset(name: str) -> str:
    return (room("templates") / "report" / name).read_text(encoding="utf-8").rstrip()
