"""The report's page as people see it: in Chromium, light, dark and narrow, without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest

import hwcompile
from benchmarks.browser import browser, programs, show
from hwcompile.build_directory import read_insight
from tests.report import looks
from tests.report.pages import NETWORKS, WIDTHS, Pages

REQUIRED = "HWCOMPILE_BROWSER"
"""Set where a missing browser is a failure."""


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    if programs() is None:
        reason = "the programs chromium and chromedriver (Debian's chromium-driver) are absent"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages(tmp_path_factory.mktemp("pages"))


def look(chrome: Any, pages: Pages, name: str, how: str) -> None:
    show(chrome, pages[name], width=WIDTHS[how], dark=how == "dark")


@pytest.mark.parametrize("how", WIDTHS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_page_is_whole_named_and_readable(chrome: Any, pages: Pages, name: str, how: str) -> None:
    from axe_core_python.selenium import Axe

    look(chrome, pages, name, how)
    assert chrome.execute_script("return document.querySelectorAll('figure svg').length") == 8
    checks = (looks.CUT, looks.OVERLAPPING, looks.OUTSIDE, looks.PALE, looks.UNNAMED)
    for script in (*checks, looks.OPEN, looks.CUT, looks.BROKEN, looks.REQUESTS, looks.SHORTEN):
        assert chrome.execute_script(script) == [], script
    found = Axe().run(chrome, options={"resultTypes": ["violations"]})
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found["violations"]] == []
    assert len(found["passes"]) > 10
    assert chrome.get_log("browser") == []


@pytest.mark.parametrize("name", NETWORKS)
def test_a_page_says_what_its_report_has(pages: Pages, name: str) -> None:
    page = pages[name].read_text(encoding="utf-8").replace("<wbr>", "")
    design = hwcompile.load(pages[name].parent)
    insight = read_insight(design.directory)
    levels = design.report["design"]["levels"]
    wrong = any(found["mismatches"] for found in levels.values())
    assert ('class="verdict bad"' in page) == wrong == NETWORKS[name].broken
    assert f"<dd>{insight.bottleneck}<small>" in page
    assert page.count("hwcompile verify DIR --levels reference,") == 4 - len(levels)
    assert "hwcompile build DIR --board NAME" in page
    assert "Edit a copy of <code>schedule.toml</code>" in page
    for entry in design.host.inputs:
        assert f"Input {entry.source} is quantized" in page
    assert all(escape(note) in page for note in design.notes)
    assert len(page.encode()) < 2_000_000


SPOILT = {
    looks.CUT: "document.querySelector('#cycles svg text[text-anchor=start]').textContent ="
    " 'x'.repeat(200);",
    looks.OVERLAPPING: "const t = document.querySelectorAll('#fifos g.mark-text.role-mark text');"
    "t[1].setAttribute('transform', t[0].getAttribute('transform'));",
    looks.OUTSIDE: "document.querySelector('#network g.titles text').textContent = 'x'.repeat(40);",
    looks.PALE: "document.querySelector('#network g.stages path').style.fill = '#444444';",
    looks.UNNAMED: "document.querySelector('#resources g.words text').textContent = '';",
    looks.BROKEN: "document.querySelector('h1').textContent = 'x'.repeat(200);"
    "document.querySelector('h1').style.overflowWrap = 'anywhere';",
    looks.REQUESTS: "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}));"
    "return new Promise((done) => setTimeout(done, 300));",
}


def test_the_checks_see_what_is_wrong(chrome: Any, pages: Pages) -> None:
    for script, spoil in SPOILT.items():
        look(chrome, pages, "residual", "narrow")
        assert chrome.execute_script(script) == []
        chrome.execute_script(spoil)
        assert chrome.execute_script(script), script
    chrome.get_log("browser")  # the picture that is not there


@pytest.mark.parametrize(
    "name",
    [name if name == "failed" else pytest.param(name, marks=pytest.mark.slow) for name in NETWORKS],
)
def test_the_keyboard_reaches_everything_in_order(chrome: Any, pages: Pages, name: str) -> None:
    from selenium.webdriver import ActionChains, Keys

    look(chrome, pages, name, "narrow")
    chrome.execute_script(looks.OPEN)
    places = chrome.execute_script(looks.FOCUSABLE)
    assert len(places) > 30
    for place, words in enumerate(places):
        ActionChains(chrome).send_keys(Keys.TAB).perform()
        assert chrome.execute_script(looks.FOCUSED) == [place, True, True], words


def test_keys_and_buttons_work(chrome: Any, pages: Pages) -> None:
    from selenium.webdriver import ActionChains, Keys

    look(chrome, pages, "residual", "light")
    wide = "return document.querySelector('#network svg').getBoundingClientRect().width"
    before = chrome.execute_script(wide)
    chrome.execute_script("document.querySelector('[data-zoom=in]').click()")
    larger = chrome.execute_script(wide)
    assert larger == pytest.approx(1.25 * before, rel=0.01)  # pixels of a browser, not integers
    chrome.execute_script("document.querySelector('#network').focus()")
    ActionChains(chrome).send_keys("-", Keys.ARROW_DOWN).perform()
    assert chrome.execute_script(wide) == pytest.approx(before, rel=0.01)
    for part in ("#cycles ~ details summary", "nav a[href='#h-values']"):
        chrome.execute_script(f'document.querySelector("{part}").focus()')
        ActionChains(chrome).send_keys(Keys.ENTER).perform()
    assert chrome.execute_script("return document.querySelector('#cycles ~ details').open")
    assert chrome.execute_script("return location.hash") == "#h-values"


def test_the_button_changes_the_theme_for_good(chrome: Any, pages: Pages) -> None:
    look(chrome, pages, "residual", "light")
    chrome.find_element("id", "theme").click()
    for _ in range(100):
        if chrome.execute_script("return document.documentElement.dataset.drawn") == "dark":
            break
    assert chrome.execute_script("return document.documentElement.dataset.theme") == "dark"
    assert chrome.execute_script(looks.PALE) == []


def test_a_stage_that_differs_is_marked_and_in_sight(chrome: Any, pages: Pages) -> None:
    look(chrome, pages, "failed", "light")
    marked = chrome.execute_script("""
      const frame = document.querySelector("#network").getBoundingClientRect();
      const boxes = [...document.querySelectorAll("#network g.stages path")];
      const names = [...document.querySelectorAll("#network g.titles text")];
      return boxes.flatMap((box, i) => {
        const own = box.getBoundingClientRect();
        if (getComputedStyle(box).strokeWidth !== "4px") return [];
        return [[names[i].textContent, own.top > frame.top && own.bottom < frame.bottom]];
      });
    """)
    assert marked == [["pool", True], ["head", True]]
