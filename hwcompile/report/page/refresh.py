"""Writes the page again when a later command has found something out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from hwcompile.build_directory import (
    INSIGHT,
    REPORT_PAGE,
    SCHEDULE,
    insight_text,
    read_host,
    read_insight,
    read_text,
    update_report,
)
from hwcompile.build_directory.insight import Insight
from hwcompile.report.page.page import page_text

Report = dict[str, Any]


def refresh_page(
    directory: Path,
    record: Callable[[Report], None] = lambda report: None,
    found: Callable[[Insight], Insight] = lambda insight: insight,
) -> None:
    """Write report, insight and page, all three or none.

    Args:
        directory: The build directory.
        record: Fills in what was found into the plain data of `report.json`.
        found: The insight with what was found.

    Raises:
        CompileError: HW0510, HW0511, HW0516 when a file can not be written.
    """

    def also(report: Report) -> dict[str, str]:
        if not (directory / INSIGHT).is_file():  # made before there were pages
            return {}
        insight = found(read_insight(directory))
        host, schedule = to_builtins(read_host(directory)), read_text(directory, SCHEDULE)
        page = page_text(report, insight, host, schedule)
        return {INSIGHT: insight_text(insight), REPORT_PAGE: page}

    update_report(directory, record, also)
