"""From a network to a bitstream, on the command line; figures, messages, the programmer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hwcompile
from hwcompile.boards import board_names, load_board
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.families import family_of
from hwcompile.families.programs import error_line
from hwcompile.resources import room
from tests.cli import small
from tests.cli.running import type_command
from tests.toolchains import medium

BOARDS = [load_board(name) for name in board_names()]
OPEN = [board.id for board in BOARDS if family_of(board).flow and board.uart]

MonkeyPatch = pytest.MonkeyPatch
Capture = pytest.CaptureFixture[str]

BITSTREAMS = {
    "icebreaker": ("design.bin", 104_000),
    "ulx3s_25": ("design.bit", 50_000),
    "tang_nano_9k": ("design.fs", 1_000_000),
    "tinyfpga_ax2": ("design.bit", 30_000),
    "crosslink_nx_evn": ("design.bit", 300_000),
    "gatemate_a1_evb": ("design.bit", 30_000),
}

LONG = ("crosslink_nx_evn", "gatemate_a1_evb")
"""Boards whose place and route takes more than half a minute."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("tiny")
    return hwcompile.compile(small.save(folder), folder / "build")


@pytest.mark.parametrize(
    "board",
    [pytest.param(name, marks=pytest.mark.slow) if name in LONG else name for name in BITSTREAMS],
)
def test_a_bitstream(tiny: Design, board: str, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    printed = type_command(monkeypatch, capsys, "build", tiny.directory, "--board", board)
    assert printed.code == 0, printed.err
    assert "layer quant_out" in printed.out
    name, least = BITSTREAMS[board]
    bitstream = tiny.directory / board / name
    assert bitstream.stat().st_size >= least

    report = json.loads((tiny.directory / "report.json").read_text())
    use = report["design"]["resources"]
    assert use["board"] == board
    assert use["fmax_mhz"] >= load_board(board).clock.mhz
    layers = [node["resources"]["synthesized"] for node in report["nodes"]]
    assert 0 < sum(layer["lut"] for layer in layers if layer) < use["lut"]

    printed = type_command(
        monkeypatch, capsys, "program", tiny.directory, "--board", board, "--dry-run"
    )
    assert printed.code == 0
    programmer = load_board(board).programmer
    assert programmer
    assert printed.out.split()[0] == programmer.command[0]
    assert printed.out.split()[-1] == str(bitstream)


def test_no_bitstream_yet(tiny: Design, monkeypatch: MonkeyPatch, capsys: Capture) -> None:
    words = ("program", tiny.directory, "--board", "icestick", "--dry-run")
    printed = type_command(monkeypatch, capsys, *words)
    assert printed.code == 2
    assert "HW0809" in printed.err
    assert "hwcompile build" in printed.err


@pytest.mark.parametrize(
    ("fastest", "way"), [(True, "--target-cycles"), (False, "every layer has a single lane")]
)
def test_too_large(fastest: bool, way: str, tmp_path: Path) -> None:
    text = (room("boards") / "icebreaker" / "board.toml").read_text()
    (tmp_path / "mini.toml").write_text(text.replace("lut = 5280", "lut = 200"))
    design = hwcompile.compile(small.save(tmp_path), tmp_path / "build", fastest=fastest)
    with pytest.raises(CompileError) as caught:
        design.build(str(tmp_path / "mini.toml"))
    message = str(caught.value)
    assert "HW0804" in message
    assert "of 200 logic cells" in message
    assert "'quant_out' takes" in message
    assert way in message


def test_too_slow(tiny: Design, tmp_path: Path) -> None:
    text = (room("boards") / "icebreaker" / "board.toml").read_text()
    (tmp_path / "fast.toml").write_text(text.replace("mhz = 12.0", "mhz = 200.0"))
    with pytest.raises(CompileError, match=r"HW0807.*200 MHz.*best of 1 seeds"):
        tiny.build(str(tmp_path / "fast.toml"), seeds=1)


def test_a_board_file_can_not_name_a_folder_of_the_build(tiny: Design, tmp_path: Path) -> None:
    text = (room("boards") / "icebreaker" / "board.toml").read_text()
    (tmp_path / "rtl.toml").write_text(text)
    before = sorted((tiny.directory / "rtl").iterdir())
    with pytest.raises(CompileError, match="HW0860"):
        tiny.build(str(tmp_path / "rtl.toml"))
    assert sorted((tiny.directory / "rtl").iterdir()) == before


def test_a_board_without_a_link(tiny: Design) -> None:
    with pytest.raises(CompileError, match=r"HW0803.*'upduino'"):
        tiny.build("upduino")


def test_a_baud_rate_that_the_clock_can_not_make(tiny: Design) -> None:
    with pytest.raises(CompileError, match="HW0806"):
        tiny.build("icebreaker", baud=3_000_000)


def test_the_tools_own_line_is_quoted() -> None:
    log = "Info: packing\nERROR: no BELs remaining\n1 warning, 1 error\n"
    assert error_line(log) == "no BELs remaining"
    assert error_line("Traceback\nValueError: odd\n") == "ValueError: odd"
    assert error_line("only this\n") == "only this"


@pytest.mark.slow
@pytest.mark.parametrize("board", ["icebreaker", "ulx3s_85", "tang_nano_20k"])
def test_a_folded_network(tmp_path: Path, board: str) -> None:
    model = medium.save(tmp_path)
    design = hwcompile.compile(model, tmp_path / "build", target_cycles=medium.TARGET_CYCLES)
    built = design.build(board)
    assert built.bitstream.is_file()
    assert built.use.bram >= 3
    assert built.use.dsp >= 1


@pytest.mark.slow
@pytest.mark.parametrize("board", OPEN)
def test_pins_and_capacities_are_those_the_tools_know(tiny: Design, board: str) -> None:
    """Place and route refuses a pin that the package does not have, and counts what is there."""
    built = tiny.build(board)
    counted = json.loads((built.folder / "nextpnr.json").read_text())["utilization"]
    holds = load_board(board).capacities
    names = {
        "ice40": ("ICESTORM_LC", "ICESTORM_RAM", "ICESTORM_DSP"),
        "ecp5": ("TRELLIS_COMB", "DP16KD", "MULT18X18D"),
        "gowin": ("LUT4", "BSRAM", "MULT18X18"),
        "gatemate": ("CPE_LT", "RAM_HALF", ""),
        "nexus": ("OXIDE_COMB", "OXIDE_EBR", "MULT18_CORE"),
        "machxo2": ("TRELLIS_COMB", "DP8KC", ""),
    }[load_board(board).device.family]
    available = tuple(counted.get(name, {"available": 0})["available"] for name in names)
    assert available == (holds.lut, holds.bram, holds.dsp)
