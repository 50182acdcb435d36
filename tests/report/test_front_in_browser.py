"""The page of an exploration as people see it: in Chromium, light, dark and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.browser import show
from hwcompile.explore.network.explore import Front
from hwcompile.explore.network.page import page_of
from hwcompile.explore.network.points import Point
from tests.report import looks
from tests.report.pages import WIDTHS
from tests.report.test_page_in_browser import chrome as chrome


def point(board: str, number: int) -> Point:
    return Point(
        way=0,
        board=board,
        clock_mhz=25.0,
        mhz=25.0,
        interval=100 * 3**number,
        latency=250 * 3**number,
        lanes=4096 >> number,
        lut=60_000 >> number,
        ff=9_000 >> number,
        bram=7 - number,
        dsp=156 >> number,
        schedule="",
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    points = [point(board, number) for board in ("ulx3s_85", "icebreaker") for number in range(7)]
    path = tmp_path_factory.mktemp("front") / "front.html"
    path.write_text(page_of(Front(points, 6000, 480), "a_network<b>"), encoding="utf-8")
    return path


@pytest.mark.parametrize("how", WIDTHS)
def test_the_page_is_whole_named_and_readable(chrome: Any, page: Path, how: str) -> None:
    from axe_core_python.selenium import Axe

    show(chrome, page, width=WIDTHS[how], dark=how == "dark")
    assert chrome.execute_script("return document.querySelectorAll('figure svg').length") == 2
    marks = "return document.querySelectorAll('figure svg .mark-symbol path').length"
    assert chrome.execute_script(marks) == 14
    checks = (looks.CUT, looks.OVERLAPPING, looks.OUTSIDE, looks.PALE, looks.UNNAMED)
    for script in (*checks, looks.OPEN, looks.CUT, looks.BROKEN, looks.REQUESTS):
        assert chrome.execute_script(script) == [], script
    found = Axe().run(chrome, options={"resultTypes": ["violations"]})
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found["violations"]] == []
    assert chrome.get_log("browser") == []
