"""The report's page and its data: what is written when, and that it needs nothing else."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

import hwcompile
from hwcompile.build_directory import check_build_directory, read_insight
from hwcompile.build_directory.insight import BoardInsight, Insight
from hwcompile.build_directory.reported import Parts
from hwcompile.ir.types import IntType
from hwcompile.report.page.figures import board_uses
from hwcompile.report.page.page import page_text
from hwcompile.verify.histograms import MOST_BINS, histogram
from tests.models import ROOT

MODEL = ROOT / "examples" / "digits" / "digits_mlp_w1a1.onnx"


class Reader(HTMLParser):
    """Elements, addresses and scripts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.text: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.addresses += [values[name] for name in ("src", "href") if name in values]
        if tag not in ("meta", "link", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> hwcompile.Design:
    return hwcompile.compile(MODEL, tmp_path_factory.mktemp("page") / "out", target_cycles=200)


def page_of(design: hwcompile.Design) -> str:
    return (design.directory / "report.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_needs_nothing_else(design: hwcompile.Design) -> None:
    reader = Reader(page_of(design))
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)
    inside = {f"#{name}" for name in reader.ids} | {"data:,"}
    assert set(reader.addresses) <= inside
    assert len(page_of(design)) < 5_000_000


def test_every_colour_and_every_picture_has_its_place(design: hwcompile.Design) -> None:
    page = page_of(design)
    specs = re.search(r'<script type="application/json" id="specs">(.*?)</script>', page, re.S)
    assert specs
    found = json.loads(specs[1])
    assert set(found) <= set(Reader(page).ids)
    style = Reader(page).text["style"]
    defined = set(re.findall(r"(--[\w-]+):", style))
    assert set(re.findall(r"var\((--[\w-]+)\)", specs[1])) <= defined
    for theme in ("color-scheme: light", "color-scheme: dark"):
        block = style.split(theme)[1].split("}")[0]
        assert set(re.findall(r"(--[\w-]+):", block)) == defined, theme


def test_verification_and_doctor_agree_with_the_page(tmp_path: Path) -> None:
    design = hwcompile.compile(MODEL, tmp_path / "out", target_cycles=200)
    assert "Not verified yet" in page_of(design)
    design.verify(levels=("reference", "rtl"), frames=3)
    assert "Equal to the reference in every integer: rtl 3 frames" in page_of(design)
    insight = read_insight(design.directory)
    assert {entry.value for entry in insight.values} == set(design.graph.types)
    assert insight.differing == []
    assert check_build_directory(design.directory) == []


def test_a_name_is_text_and_never_a_part_of_the_page(tmp_path: Path) -> None:
    hwcompile.compile(MODEL, tmp_path / "out", target_cycles=200)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    report["design"]["name"] = "</script><script>alert(1)</script>"
    report["nodes"][0]["stage"] = "<b>&"
    host = {"inputs": [], "outputs": [], "notes": ["<i>"]}
    page = page_text(report, read_insight(tmp_path / "out"), host, "</pre>")
    reader = Reader(page)
    assert reader.open == []
    assert "alert(1)" not in reader.text["script"]
    assert "b" not in reader.text


def test_histograms_count_every_integer() -> None:
    values = np.random.default_rng(5).integers(-700, 900, size=(3, 5, 7, 11))
    found = histogram("x", IntType(-1000, 1000), values)
    assert len(found.counts) <= MOST_BINS
    assert sum(found.counts) == values.size
    assert (found.least, found.largest) == (values.min(), values.max())
    assert found.edges[0] == found.least
    assert found.edges[-2] <= found.largest < found.edges[-1]
    counted, _ = np.histogram(values, bins=np.array(found.edges))
    assert found.counts == counted.tolist()  # numpy's bins; the last end is beyond all values


def test_boards_are_judged_by_what_is_scarcest() -> None:
    boards = [
        BoardInsight("large", Parts(10, 5, 1, 0), Parts(100, 100, 10, 4)),
        BoardInsight("close", Parts(10, 5, 6, 0), Parts(100, 100, 4, 4)),
        BoardInsight("no_dsp", Parts(10, 5, 1, 1), Parts(100, 100, 10, 0)),
    ]
    uses = board_uses(Insight(1, "x", 1, [], None, boards))
    assert [(use.board, use.verdict, use.part) for use in uses] == [
        ("large", "fits", "logic cells"),
        ("close", "nearly fits", "block RAMs"),
        ("no_dsp", "does not fit", "DSP blocks"),
    ]


def test_the_heading_says_how_many_boards_it_fits(design: hwcompile.Design) -> None:
    uses = board_uses(read_insight(design.directory))
    fit = [use for use in uses if use.used <= use.have]
    text = page_of(design)
    assert 0 < len(fit) < len(uses)
    assert f"{len(fit)} of {len(uses)} boards" in text
    assert f"Fullest: {fit[-1].board}, " in text


def test_the_heading_names_the_nearest_board_where_none_fits(design: hwcompile.Design) -> None:
    boards = [
        BoardInsight("near", Parts(12, 5, 1, 0), Parts(10, 100, 10, 4)),
        BoardInsight("far", Parts(13, 5, 1, 0), Parts(10, 100, 10, 4)),
    ]
    insight = replace(read_insight(design.directory), boards=boards)
    text = page_text(design.report, insight, {"inputs": [], "outputs": [], "notes": []}, "")
    assert "0 of 2 boards" in text
    assert "Nearest: near, 120% of its logic cells" in text
