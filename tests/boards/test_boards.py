"""Board files: every one is valid and complete, and a wrong one is refused in words."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hwcompile.boards import board_names, load_board, parse_board
from hwcompile.diagnostics import CompileError
from hwcompile.families import family_of
from hwcompile.resources import room
from tests.cli.running import type_command

OPEN_FLOW = {
    *("icebreaker", "icestick", "icesugar", "upduino", "tinyfpga_bx", "hx8k_breakout"),
    *("ulx3s_25", "ulx3s_45", "ulx3s_85", "orangecrab", "colorlight_i5", "ecpix5"),
    *("tang_nano_9k", "tang_nano_20k"),
    *("gatemate_a1_evb", "crosslink_nx_evn", "tinyfpga_ax2"),
}
VENDOR_FLOW = {
    *("pynq_z1", "pynq_z2", "arty_a7_35", "arty_a7_100", "zybo_z7_10", "zybo_z7_20"),
    *("ultra96_v2", "kv260", "zcu104", "de10_nano"),
}


def data_of(name: str) -> dict[str, Any]:
    return tomllib.loads((room("boards") / name / "board.toml").read_text())


def refusal(data: dict[str, Any]) -> str:
    with pytest.raises(CompileError) as caught:
        parse_board(data, "mine", "mine.toml")
    return str(caught.value)


def test_the_promised_boards_are_there() -> None:
    assert set(board_names()) >= OPEN_FLOW | VENDOR_FLOW
    assert all(family_of(load_board(name)).flow for name in OPEN_FLOW)
    assert {family_of(load_board(name)).tools for name in VENDOR_FLOW} == {"vivado", "quartus"}


@pytest.mark.parametrize("name", board_names())
def test_a_board_is_valid(name: str) -> None:
    board = load_board(name)
    assert board.id == name
    holds = board.capacities
    assert holds.lut >= 1000
    assert holds.ff >= 1000
    assert holds.bram_bits in (4096, 9216, 10240, 18432, 20480, 36864)
    assert holds.bram >= 7
    # A serial bit must be long enough to be sampled in its middle.
    assert board.clock.mhz * 1e6 / 115200 >= 16
    assert bool(board.clock.pin) != bool(family_of(board).processor)
    pins = [board.clock.pin or "PS", *(board.leds.pins if board.leds else ())]
    assert all(pin == pin.upper() and pin.replace("_", "").isalnum() for pin in pins)


def test_boards_with_the_same_chip_agree_about_it() -> None:
    known: dict[str, object] = {}
    for name in board_names():
        board = load_board(name)
        key = board.device.device.replace("um5g-", "")
        assert known.setdefault(key, board.capacities) == board.capacities, name


def test_a_misspelt_key_names_the_right_one() -> None:
    data = data_of("icebreaker")
    data["clock"]["mzh"] = data["clock"].pop("mhz")
    assert "unknown key 'clock.mzh'. Try: 'mhz'" in refusal(data)


def test_a_misspelt_table_names_the_right_one() -> None:
    data = data_of("icebreaker")
    data["uartt"] = data.pop("uart")
    assert "unknown key 'uartt'. Try: 'uart'" in refusal(data)


def test_every_unknown_key_is_reported() -> None:
    data = data_of("icebreaker")
    data["colour"] = "red"
    data["leds"]["activelow"] = True
    text = refusal(data)
    assert "'colour'" in text
    assert "'leds.activelow'. Try: 'active_low'" in text


def test_a_wrong_type_and_a_missing_key_say_where() -> None:
    data = data_of("icebreaker")
    data["capacities"]["lut"] = "many"
    assert "capacities.lut" in refusal(data)
    del data["capacities"]["lut"]
    assert "lut" in refusal(data)


def test_wrong_values_are_refused() -> None:
    data = data_of("icebreaker")
    assert "pin 6 is both uart.rx and uart.tx" in refusal({**data, "uart": {"rx": "6", "tx": "6"}})
    assert "'ice41'" in refusal({**data, "device": {**data["device"], "family": "ice41"}})
    assert "clock.mhz is 0" in refusal({**data, "clock": {"pin": "35", "mhz": 0.0}})
    assert "{bitstream}" in refusal({**data, "programmer": {"command": ["iceprog"]}})
    without = {key: value for key, value in data.items() if key != "programmer"}
    assert "programmer is missing" in refusal(without)
    assert "clock.pin is missing" in refusal({**data, "clock": {"mhz": 12.0}})


def test_an_unknown_board_names_near_ones() -> None:
    with pytest.raises(CompileError, match=r"HW0801.*'icebraker'.*icebreaker"):
        load_board("icebraker")


def test_a_board_of_ones_own(tmp_path: Path) -> None:
    text = (room("boards") / "icebreaker" / "board.toml").read_text()
    (tmp_path / "mine.toml").write_text(text.replace("iCEBreaker", "Mine"))
    board = load_board(str(tmp_path / "mine.toml"))
    assert (board.id, board.name) == ("mine", "Mine")
    with pytest.raises(CompileError, match="HW0801"):
        load_board(str(tmp_path / "other.toml"))
    (tmp_path / "mine.toml").write_text("clock = [")
    with pytest.raises(CompileError, match=r"HW0802.*not TOML"):
        load_board(str(tmp_path / "mine.toml"))


def test_the_command_lists_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = type_command(monkeypatch, capsys, "boards")
    assert printed.code == 0
    assert all(name in printed.out for name in board_names())


HOSTILE = {
    "device.device": "xc7a35t; exec rm -rf /",
    "device.package": "[exec touch /tmp/x]",
    "device.speed": "$(touch x)",
    "device.board_part": "part\nset x 1",
    "clock.pin": "35\nset_io led 1",
    "clock.pll": "SB_PLL40_PAD #(",
    "clock.note": "one\r\ntwo",
    "uart.rx": '6" -to [exec x]',
    "uart.tx": "`touch x`",
    "leds.pins": "11 # comment",
    "io.standard": "LVCMOS33}; exec x; {",
    "name": "two\nlines",
    "programmer.command": "iceprog\x00",
}
"""Field to what the scripts of a tool would run, or read as another line."""


@pytest.mark.parametrize("key", HOSTILE)
def test_a_text_that_scripts_would_run_is_refused(key: str) -> None:
    data = tomllib.loads((room("boards") / "icebreaker" / "board.toml").read_text())
    part: dict[str, object] = data
    *tables, field = key.split(".")
    for table in tables:
        part = part.setdefault(table, {})  # type: ignore[assignment]
    several = isinstance(part.get(field), list)
    part[field] = [HOSTILE[key], "{bitstream}"] if several else HOSTILE[key]
    with pytest.raises(CompileError, match=f"HW0802.*{key}"):
        parse_board(data, "mine", "mine.toml")


@pytest.mark.parametrize("given", ["../board.toml", "./board.toml", "board.toml", "."])
def test_a_board_in_a_parent_folder_has_the_folders_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    text = (room("boards") / "icebreaker" / "board.toml").read_text()
    (tmp_path / "project" / "inner").mkdir(parents=True)
    (tmp_path / "project" / "board.toml").write_text(text)
    monkeypatch.chdir(tmp_path / "project" / ("inner" if ".." in given else ""))
    assert load_board(given if "/" in given or "toml" in given else "./").id == "project"


@pytest.mark.parametrize("name", ["..", ".", "", "a b", "-x", "a/b", "x" * 70, "ä", "a\n", "a."])
def test_a_name_that_no_folder_may_have_is_refused(name: str) -> None:
    data = tomllib.loads((room("boards") / "icebreaker" / "board.toml").read_text())
    with pytest.raises(CompileError, match=r"HW0861.*can not be called.*Try: another name"):
        parse_board(data, name, "x.toml")
