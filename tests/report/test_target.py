"""What is said of a speed that nobody asked for, and what the report has of it.

Who wrote the expectations: the figures of the designs, by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hwcompile
from hwcompile.build_directory import SCHEDULE
from hwcompile.design import Design
from hwcompile.report.target import target_notes
from tests.models import ROOT

MODEL = ROOT / "examples" / "digits" / "digits_mlp_w1a1.onnx"
SLOW = {"nodes": {"fc2": {"kernel": "folded", "pe": 1, "simd": 5}}}
"""3,328 cycles."""
FIFO = {"links": {"fc2_sign__fc3": {"depth": 40}}}


def compiled(folder: Path, **options: Any) -> Design:
    return hwcompile.compile(MODEL, folder / "out", **options)


def interval(design: Design) -> int:
    return int(design.report["design"]["interval_cycles"]["predicted"])


@pytest.mark.parametrize(
    ("options", "source", "cycles"),
    [
        ({}, "default", 10_000),
        ({"clock_mhz": 30.0}, "default", 3_000),
        ({"schedule": {}}, "default", 10_000),
        ({"schedule": FIFO}, "default", 10_000),
        ({"schedule": SLOW}, "schedule", None),
        ({"schedule": SLOW, "target_cycles": 3_500}, "target_cycles", 3_500),
        ({"schedule": SLOW, "fastest": True}, "fastest", None),
        ({"target_fps": 50_000.0}, "target_fps", 2_000),
        ({"fastest": True}, "fastest", None),
        ({"board": "ulx3s_85"}, "board", None),
        ({"board": "ulx3s_85", "target_cycles": 4_000}, "target_cycles", 4_000),
    ],
)
def test_where_a_speed_comes_from(
    options: dict[str, Any], source: str, cycles: int | None, tmp_path: Path
) -> None:
    design = compiled(tmp_path, **options)
    assert design.report["design"]["target"] == {"source": source, "cycles": cycles}
    assert interval(design) <= (cycles or 3_328)
    assert len(target_notes(design.report)) == (source in ("default", "schedule"))


def test_the_default_is_the_smallest_design_with_so_many_frames(tmp_path: Path) -> None:
    design = compiled(tmp_path)
    wanted = compiled(tmp_path / "wanted", target_fps=10_000)
    assert (design.directory / SCHEDULE).read_text() == (wanted.directory / SCHEDULE).read_text()
    (note,) = design.notes
    assert "the smallest design found with at least 10,000 frames/s at 100 MHz" in note
    assert note.split("; ")[1].startswith("--target-fps, --target-cycles, --fastest or --board")
    assert note[1:] in (design.directory / "report.html").read_text()


def test_what_is_out_of_reach_is_as_fast_as_can_be(tmp_path: Path) -> None:
    """At 20 kHz a frame would have to take 2 cycles."""
    design = compiled(tmp_path, clock_mhz=0.02)
    fastest = compiled(tmp_path / "fastest", fastest=True)
    assert interval(design) == interval(fastest) == 7
    (note,) = design.notes
    assert "2,857 frames/s at 0.02 MHz is as fast as up to 4,096 lanes make this network" in note
    assert "below 10,000" in note


def test_what_a_schedule_leaves_out_keeps_pace(tmp_path: Path) -> None:
    design = compiled(tmp_path, schedule=SLOW)
    assert interval(design) == 3_328
    (note,) = design.notes
    assert "keeps pace with the slowest layer that it fixes" in note
    again = compiled(tmp_path / "again", schedule=design.directory / SCHEDULE)
    nodes = [d.report["nodes"] for d in (design, again)]
    assert nodes[0] == nodes[1]


def test_reports_of_versions_that_did_not_know_have_no_note(tmp_path: Path) -> None:
    report = compiled(tmp_path).report
    del report["design"]["target"]
    assert target_notes(report) == ()
