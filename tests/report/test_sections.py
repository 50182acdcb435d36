"""The page's sections as data: names for every mark, levels, and what is still open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import hwcompile
from hwcompile.build_directory import read_insight
from hwcompile.build_directory.insight import Insight
from hwcompile.report.missing import missing_from
from hwcompile.report.page.areas import LEAST, area_key, area_rows
from hwcompile.report.page.figures import short_figure
from hwcompile.report.page.page import page_text
from hwcompile.report.page.roofline import axis_marks, roofline_key, roofline_rows
from hwcompile.report.page.section import Table, pieces_of
from hwcompile.report.page.standing import levels_section, standing_of
from tests.models import ROOT

MODEL = ROOT / "examples" / "digits" / "digits_cnn_w3a3.onnx"

BUILT = {
    "board": "ecpix5",
    "clock_mhz": 50.0,
    "fmax_mhz": 61.25,
    "frames_per_second": 5.0,
    "lut": 7,
    "bram": 8,
    "dsp": 9,
    "slowest": "block1_quant",
}
HOST: dict[str, Any] = {"inputs": [], "outputs": [], "notes": ["The host takes the logarithm."]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> hwcompile.Design:
    folder = tmp_path_factory.mktemp("sections")
    return hwcompile.compile(MODEL, folder / "out", target_cycles=2000)


@pytest.fixture
def report(made: hwcompile.Design) -> dict[str, Any]:
    return made.report


@pytest.fixture
def insight(made: hwcompile.Design) -> Insight:
    return read_insight(made.directory)


def stages(report: dict[str, Any]) -> set[str]:
    return {node["stage"] for node in report["nodes"]}


def test_every_stage_has_an_area_or_stands_in_the_key(report: dict[str, Any]) -> None:
    key, areas = area_key(report), area_rows(report)
    assert {entry.name for entry in key} == stages(report)
    assert [entry.number for entry in key] == list(range(1, len(key) + 1))
    total = report["design"]["resources_predicted"]["lut"]
    assert all(area["lut"] >= LEAST * total for area in areas)
    assert sum(area["lut"] for area in areas) == total
    (together,) = [area for area in areas if area["title"] not in stages(report)]
    alone = len(areas) - 1
    assert together["number"] == f"{alone + 1}-{len(key)}"
    assert together["title"] == f"{len(key) - alone} small stages"


def test_stages_that_no_area_could_show_are_in_the_key_alone(report: dict[str, Any]) -> None:
    for node in report["nodes"]:
        node["resources"]["predicted"]["lut"] = 1 if node["stage"] == "pool" else 10_000
    assert {area["title"] for area in area_rows(report)} == stages(report) - {"pool"}
    assert area_key(report)[-1].name == "pool"
    for node in report["nodes"]:
        node["resources"]["predicted"]["lut"] = 0
    assert area_rows(report) == []
    assert {entry.figures for entry in area_key(report)} == {"0 LUT, 0.0%"}


def test_every_point_of_the_roofline_has_a_number_and_a_name(
    report: dict[str, Any], insight: Insight
) -> None:
    rows = roofline_rows(report, insight)
    with_lanes = {node["stage"] for node in report["nodes"] if node["lanes"]}
    assert {row["stage"] for row in rows} == with_lanes
    key = roofline_key(rows)
    assert [(entry.number, entry.name) for entry in key] == [
        (place, row["stage"]) for place, row in enumerate(rows, 1)
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.001234, "0.00123"), (1.5, "1.5"), (74.26, "74.3"), (999.4, "999"), (4119.6, "4,120")],
)
def test_figures_are_short_and_plain(value: float, text: str) -> None:
    assert short_figure(value) == text


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        ([3.0], [2, 5]),
        ([1.0, 10.0], [0.5, 1, 2, 5, 10, 20]),
        ([0.03, 0.3], [0.02, 0.05, 0.1, 0.2, 0.5]),
    ],
)
def test_axes_end_at_round_numbers_beyond_all_points(
    values: list[float], marks: list[float]
) -> None:
    assert axis_marks(values) == marks


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("stem_quant", ["stem_", "quant"]),
        ("/model/conv1/Conv", ["/", "model/", "conv1/", "Conv"]),
        ("a__b:1", ["a__", "b:", "1"]),
        ("lstm.step", ["lstm.", "step"]),
        ("out_QuantizeLinear", ["out_", "Quantize", "Linear"]),
        ("ReLU", ["ReLU"]),
        ("", []),
    ],
)
def test_names_break_where_people_would_break_them(name: str, pieces: list[str]) -> None:
    assert pieces_of(name) == pieces
    assert "".join(pieces_of(name)) == name


def test_columns_know_numbers_from_words() -> None:
    rows = [("a", "1,200", "0.5", "", "hwcompile verify DIR"), ("b", "-7", "12%", "pe=2", "")]
    assert Table("", ("", "", "", "", ""), rows).kinds == ("w", "n", "n", "w", "c")
    assert Table("", ("", ""), []).kinds == ("n", "n")


def test_levels_say_what_was_found_or_how_to_find_it(report: dict[str, Any]) -> None:
    design = report["design"]
    design["levels"] = {"rtl": {"frames": 1200, "mismatches": 3}}
    design["accuracy"] = {"reference": {"frames": 360, "right": 351}}
    table = levels_section(report).table
    assert table
    rows = {row[0]: dict(zip(table.heads, row, strict=True)) for row in table.rows}
    assert rows["rtl"]["frames"] == "1,200"
    assert rows["rtl"]["integers wrong"] == "3"
    assert rows["rtl"]["not compared yet"] == rows["reference"]["not compared yet"] == ""
    assert rows["reference"]["accuracy"] == "97.50% of 360 frames"
    assert rows["hls"]["not compared yet"] == "hwcompile verify DIR --levels reference,hls"
    needs_board = "hwcompile verify DIR --levels reference,netlist --board NAME"
    assert rows["netlist"]["not compared yet"] == needs_board


def test_a_verdict_is_bad_for_integers_and_for_cycles(
    report: dict[str, Any], insight: Insight
) -> None:
    levels = report["design"]["levels"]
    assert standing_of(report, insight).kind == "open"
    levels["rtl"] = {"frames": 1, "mismatches": 0}
    assert standing_of(report, insight).text.endswith("integer: rtl 1 frame")
    late = replace(insight, differing=["rtl: frame 0 ended in cycle 9, not in the predicted 8"])
    assert "not in the predicted cycles" in standing_of(report, late).text
    levels["hls"] = {"frames": 4, "mismatches": 2}
    assert standing_of(report, insight).text == "Wrong at level hls"
    assert standing_of(report, late).kind == "bad"


def test_what_is_missing_is_named_with_its_command(report: dict[str, Any]) -> None:
    design = report["design"]
    assert [one.command for one in missing_from(report, "out")] == [
        "hwcompile verify out",
        "hwcompile build out --board NAME",
    ]
    design["levels"]["rtl"] = {"frames": 4, "mismatches": 0}
    assert missing_from(report)[0].command == "hwcompile verify DIR --frames 8"
    design["levels"] = {"hls": {"frames": 4, "mismatches": 0}}
    assert missing_from(report)[0].command == "hwcompile verify DIR"
    design["interval_cycles"]["measured"], design["resources"] = 1792, BUILT
    assert missing_from(report) == []


def test_the_page_says_what_is_missing_and_what_limits_the_clock(
    report: dict[str, Any], insight: Insight
) -> None:
    page = page_text(report, insight, HOST, "# schedule")
    assert "<code>hwcompile verify DIR</code>" in page
    assert "<code>hwcompile build DIR --board NAME</code>" in page
    assert "Limits the clock" not in page
    report["design"]["resources"] = BUILT
    page = page_text(report, insight, HOST, "# schedule")
    assert "hwcompile build DIR" not in page
    limits = "<dt>Limits the clock</dt><dd>block1_<wbr>quant<small>where the slowest path ends"
    assert limits in page
    report["design"]["resources"] = {**BUILT, "slowest": ""}
    assert "the link to the host" in page_text(report, insight, HOST, "# schedule")
    del report["design"]["resources"]["slowest"]  # built by an earlier version
    assert "Limits the clock" not in page_text(report, insight, HOST, "# schedule")
    assert "The host takes the logarithm." in page


def test_report_names_what_is_missing(made: hwcompile.Design, capsys: Any) -> None:
    from hwcompile.cli.report import report_command

    report_command(made.directory)
    said = capsys.readouterr().out
    assert "Not known yet:" in said
    assert f"hwcompile verify {made.directory}\n" in said
    assert f"hwcompile build {made.directory} --board NAME\n" in said


def test_a_page_without_hardware_is_complete(tmp_path: Path) -> None:
    design = hwcompile.compile(MODEL, tmp_path / "out", target_cycles=2000)
    report = {**design.report, "nodes": [], "links": []}
    page = page_text(report, read_insight(design.directory), HOST, "")
    assert "hwcompile build DIR" not in page
    assert "hwcompile verify DIR" in page
