"""Level `netlist`: cells of the FPGA compute what the model computes, in the same cycles."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.engine.cache import cache_root
from hwcompile.verify.netlist import mapped_design, shortened
from tests.cli import small
from tests.toolchains import medium


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("tiny")
    return hwcompile.compile(small.save(folder), folder / "build", fastest=True)


@pytest.fixture(scope="module")
def folded(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("folded")
    model = medium.save(folder)
    return hwcompile.compile(model, folder / "build", target_cycles=medium.TARGET_CYCLES)


@pytest.mark.parametrize(
    "board", ["icebreaker", "ulx3s_25", "tang_nano_9k", "tinyfpga_ax2", "crosslink_nx_evn"]
)
def test_a_tiny_network(tiny: Design, board: str) -> None:
    outcome = tiny.verify(levels=("reference", "netlist"), board=board)
    assert outcome.passed, outcome.lines()
    assert outcome.mismatches == {"netlist": ()}
    assert outcome.interval[0] == outcome.interval[1]
    assert tiny.report["design"]["levels"]["netlist"] == {"frames": 20, "mismatches": 0}


@pytest.mark.parametrize(
    ("board", "cells"),
    [
        ("icebreaker", ("SB_MAC16", "SB_RAM40_4K")),
        ("ulx3s_25", ("MULT18X18D", "DP16KD")),
        ("tang_nano_20k", ("MULT9X9", "SPX9")),
        ("crosslink_nx_evn", ("MULT9X9", "PDPSC16K")),
        ("gatemate_a1_evb", ("CC_BRAM_20K",)),
    ],
)
def test_memories_and_multipliers(folded: Design, board: str, cells: tuple[str, ...]) -> None:
    """One register holds two products here; a flow that loses one of them fails."""
    outcome = folded.verify(levels=("netlist",), board=board)
    assert outcome.passed, outcome.lines()
    netlist = (mapped_design(folded.directory, load_board(board)) / "netlist.v").read_text()
    for cell in cells:
        assert f" {cell} " in netlist


def test_a_wrong_cell_is_seen(
    tiny: Design, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit of one lookup table is turned; 20 random frames must show it."""
    board = load_board("icebreaker")
    folder = mapped_design(tiny.directory, board)
    text = (folder / "rtl" / "netlist.v").read_text()
    # The table that feeds the first output bit.
    place = text.index(".LUT_INIT(16'h", text.index("quant_out")) + len(".LUT_INIT(16'h")
    assert str(folder).startswith(str(cache_root()))
    wrong = text[:place] + f"{int(text[place : place + 4], 16) ^ 0xFFFF:04x}" + text[place + 4 :]
    copy = tmp_path / "wrong"
    (copy / "rtl").mkdir(parents=True)
    for name in ("interface.json", "rtl/cells.v", "rtl/files.f"):
        (copy / name).write_text((folder / name).read_text())
    (copy / "rtl" / "netlist.v").write_text(wrong)
    monkeypatch.setattr("hwcompile.verify.levels.mapped_design", lambda *_: copy)
    try:
        outcome = tiny.verify(levels=("netlist",), board="icebreaker")
    except CompileError as error:
        assert "HW06" in str(error)  # noqa: PT017 - a broken handshake is a finding too
    else:
        assert not outcome.passed


def test_a_board_is_needed(tiny: Design) -> None:
    with pytest.raises(CompileError, match=r"HW0609.*needs a board.*icebreaker"):
        tiny.verify(levels=("netlist",))


def test_long_names_of_a_netlist_are_cut_and_stay_apart() -> None:
    long = "u_stage." * 20
    text = f"wire \\{long}a ;\nwire \\{long}b ;\nwire \\u_short.q[3] ;\nassign \\{long}a = 1;\n"
    lines = shortened(text).splitlines()
    assert lines[2] == "wire \\u_short.q[3] ;"
    names = [lines[0].split()[1], lines[1].split()[1], lines[3].split()[1]]
    assert names[0] == names[2] != names[1]
    assert all(name.startswith("\\u_stage.") and len(name) < 81 for name in names)
