"""The report's page as people see it: in Chromium, light, dark and narrow, without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hwcompile
from benchmarks.browser import browser, programs, show
from tests.models import ROOT

MODEL = ROOT / "examples" / "digits" / "digits_cnn_w3a3.onnx"

CUT = """
const cut = [];
for (const frame of document.querySelectorAll("figure.chart")) {
  const box = frame.querySelector("svg").getBoundingClientRect();
  for (const text of frame.querySelectorAll("svg text")) {
    const own = text.getBoundingClientRect();
    if (own.width && (own.left < box.left - 1 || own.right > box.right + 1))
      cut.push([frame.id, text.textContent]);
  }
}
return cut;
"""
"""Texts of pictures that reach out of them."""

OVERLAPPING = """
const found = [];
for (const frame of document.querySelectorAll("figure.chart")) {
  const texts = [...frame.querySelectorAll("svg text")]
    .filter((text) => getComputedStyle(text).opacity !== "0" && text.textContent)
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 4) found.push([frame.id, one, other]);
  }));
}
return found;
"""
"""Pairs of texts in one picture that lie on each other."""


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
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    design = hwcompile.compile(MODEL, tmp_path_factory.mktemp("page") / "out", target_cycles=2000)
    design.verify(levels=("reference", "rtl"), frames=2)
    return design.directory / "report.html"


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (1200, True), (360, False)])
def test_nothing_is_cut_and_nothing_overlaps(
    chrome: Any, page: Path, width: int, dark: bool
) -> None:
    show(chrome, page, width=width, dark=dark)
    assert chrome.get_log("browser") == []
    assert chrome.execute_script(CUT) == []
    assert chrome.execute_script(OVERLAPPING) == []
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width
    drawn = chrome.execute_script("return document.querySelectorAll('figure svg').length")
    assert drawn == 8


def test_the_checks_see_text_that_is_cut_or_overlaps(chrome: Any, page: Path) -> None:
    show(chrome, page, width=360, dark=False)
    chrome.execute_script(
        "const text = document.querySelector('#cycles svg text[text-anchor=start]');"
        "text.textContent = 'x'.repeat(200);"
    )
    assert chrome.execute_script(CUT)
    chrome.execute_script(
        "const texts = document.querySelectorAll('#fifos svg text[text-anchor=start]');"
        "texts[1].setAttribute('transform', texts[0].getAttribute('transform'));"
    )
    assert chrome.execute_script(OVERLAPPING)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_violations(chrome: Any, page: Path, dark: bool) -> None:
    from axe_core_python.selenium import Axe

    show(chrome, page, width=900, dark=dark)
    chrome.execute_script("for (const fold of document.querySelectorAll('details')) fold.open = 1;")
    found = Axe().run(chrome)
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found["violations"]] == []
    assert len(found["passes"]) > 10


def test_keys_and_buttons_work(chrome: Any, page: Path) -> None:
    show(chrome, page, width=900, dark=False)
    wide = "return document.querySelector('#network svg').getBoundingClientRect().width"
    before = chrome.execute_script(wide)
    chrome.execute_script("document.querySelector('[data-zoom=in]').click()")
    larger = chrome.execute_script(wide)
    assert larger == pytest.approx(1.25 * before, rel=0.01)  # pixels of a browser, not integers
    press = "document.querySelector('#network').dispatchEvent(new KeyboardEvent('keydown', {key}))"
    chrome.execute_script(f"const key = '-'; {press}")
    assert chrome.execute_script(wide) == pytest.approx(before, rel=0.01)
    chrome.find_element("id", "theme").click()
    for _ in range(100):
        if chrome.execute_script("return document.documentElement.dataset.drawn") == "dark":
            break
    assert chrome.execute_script("return document.documentElement.dataset.theme") == "dark"
