"""What is said of a design that does not fit, from what the tools say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.families.flow import Use
from hwcompile.families.programs import ToolError
from hwcompile.toolchains.overflow import does_not_fit, placed_overflow, synthesized_overflow
from hwcompile.toolchains.synthesis import Synthesis
from tests.cli import small

LOG = """Info: Device utilisation:
Info: \t         ICESTORM_LC:    {cells}/   5280   115%
Info: \t        ICESTORM_RAM:      30/     30   100%
Info: \t               SB_IO:       6/     96     6%
Info: \t         ICESTORM_PLL:      0/      1     0%

"""


def folder(tmp_path: Path, *lanes: int) -> Path:
    """A folder without a manifest, whose report tells of nodes with so many lanes."""
    report = hwcompile.compile(small.save(tmp_path), tmp_path / "build", fastest=True).report
    report["design"]["interval_cycles"]["predicted"] = 20_000
    report["nodes"] = [{**report["nodes"][0], "lanes": count} for count in lanes]
    (tmp_path / "report.json").write_text(json.dumps(report))
    return tmp_path


def test_the_tools_line_the_layers_and_the_advice_are_given(tmp_path: Path) -> None:
    board = load_board("icebreaker")
    line = "Unable to place cell 'a', no BELs remaining to implement cell type 'ICESTORM_LC'"
    over = placed_overflow(board, LOG.format(cells=6120), line)
    assert over is not None
    assert (over.part, over.used, over.available) == ("lut", 6120, 5280)
    stages = {"conv1": Use(lut=1000), "conv2": Use(lut=2100), "head": Use(lut=100)}
    made = Synthesis(tmp_path, Use(lut=5120), {}, ())
    error = ToolError("nextpnr-ice40", line, tmp_path / "log")
    message = str(does_not_fit(folder(tmp_path, 4, 0), board, over, made, stages, error))
    assert "'icebreaker': 6,120 of 5,280 logic cells" in message
    assert "'conv2' takes 41 %, 'conv1' takes 19 %" in message
    assert f"nextpnr-ice40 says: {line}" in message
    assert "--target-cycles 36000 (a frame takes 20,000 now)" in message


def test_no_more_cycles_where_there_are_no_lanes_left(tmp_path: Path) -> None:
    board = load_board("icebreaker")
    over = synthesized_overflow(board, Use(lut=6000, bram=31))
    assert over is not None
    assert over.part == "lut"
    made = Synthesis(tmp_path, Use(lut=6000), {}, ())
    message = str(does_not_fit(folder(tmp_path, 1, 1), board, over, made, {"a": Use(lut=1)}))
    assert "single lane already" in message
    assert "--target-cycles" not in message


def test_memories_do_not_shrink(tmp_path: Path) -> None:
    board = load_board("icebreaker")
    over = synthesized_overflow(board, Use(lut=100, bram=60))
    assert over is not None
    made = Synthesis(tmp_path, Use(bram=60), {}, ())
    stages = {"fc": Use(bram=60)}
    message = str(does_not_fit(folder(tmp_path, 8), board, over, made, stages))
    assert "60 of 30 memory blocks" in message
    assert "does not shrink" in message


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("Unable to find legal placement for all cells, design is probably at utilisation limit.",
         "bram"),
        ("Failed to route arc 0 of net 'clk'", None),
        ("pin 'Q9' is not there", None),
    ],
)  # fmt: skip
def test_a_full_fpga_is_told_from_other_failures(line: str, part: str | None) -> None:
    over = placed_overflow(load_board("icebreaker"), LOG.format(cells=5000), line)
    assert (over.part if over else None) == part


def test_what_fits_is_no_overflow() -> None:
    assert synthesized_overflow(load_board("icebreaker"), Use(5280, 5280, 30, 8, 4)) is None
