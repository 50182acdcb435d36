"""The page of an exploration, in the looks of a design's page."""

from __future__ import annotations

from collections.abc import Sequence

from hwcompile.emit.environment import render
from hwcompile.emit.licence import licensed
from hwcompile.report.page.page import asset, embedded
from hwcompile.report.page.section import Section, pieces_of
from hwcompile.resources import package_version

PAGE = "front.html"
"""The page's file."""


def front_page(
    title: str, facts: Sequence[tuple[str, str, str]], sections: Sequence[Section]
) -> str:
    """The page.

    Args:
        title: Of the page.
        facts: What is at the top: what a figure is, its value, and a smaller line below it.
        sections: With a picture and a table each.
    """
    text = render(
        "report/front.html.j2",
        title=title,
        pieces_of=pieces_of,
        facts=facts,
        sections=sections,
        version=package_version("hwcompile"),
        specs=embedded({section.id: section.chart for section in sections if section.chart}),
        style=asset("style.css"),
        script=asset("page.js"),
        vega=asset("vega.js"),
    )
    return licensed(PAGE, text)
