"""Weights exchanged in a routed design: found, replaced, and proved to be the new network."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwcompile
from hwcompile.boards import Board, load_board
from hwcompile.build_directory import rewrite_files
from hwcompile.design import Design
from hwcompile.diagnostics import CompileError
from hwcompile.families import family_names, fpga_family
from hwcompile.families.flow import NETLIST
from hwcompile.toolchains.board_top import TOP
from hwcompile.toolchains.build import stage_modules
from hwcompile.toolchains.memory_map import Place, filled, locate, missing_columns
from hwcompile.toolchains.swap import update_weights
from hwcompile.toolchains.synthesis import synthesize
from hwcompile.toolchains.weights import (
    LEAST_ROWS,
    Image,
    called,
    read_image,
    seeds_for,
    structure_of,
)
from tests.cli.running import type_command
from tests.toolchains import folded

BOARD = "icebreaker"
BLOCKS = {name: blocks for name in family_names() if (blocks := fpga_family(name).blocks)}
FAST = "1500000"


def compiled(folder: Path, seed: int, name: str = "folded", **change: Any) -> Design:
    model = folded.save(folder / f"{name}.onnx", seed, **change)
    return hwcompile.compile(model, folder / f"net{seed}", target_cycles=folded.TARGET_CYCLES)


@pytest.fixture(scope="module")
def designs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Design, Design]:
    """Two networks of the same architecture; the first has a bitstream that takes weights."""
    folder = tmp_path_factory.mktemp("swap")
    first, second = compiled(folder, 1), compiled(folder, 2, name="retrained")
    first.build(BOARD, baud=int(FAST), swappable=True)
    return first, second


def test_the_new_weights_compute_the_new_network(
    designs: tuple[Design, Design],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = designs
    words = ("build", second.directory, "--board", BOARD, "--update-weights", first.directory)
    printed = type_command(monkeypatch, capsys, *words)
    assert printed.code == 0, printed.err
    assert "Exchanged the weights" in printed.out
    outcome = second.verify(levels=("reference", "bitstream"), board=BOARD, frames=6)
    assert outcome.lines() == ["bitstream: 6 frames, 0 mismatches"]
    assert second.report["design"]["resources"] == first.report["design"]["resources"]
    both = [(design.directory / BOARD / "design.bin").read_bytes() for design in designs]
    assert both[0] != both[1]


def test_a_bitstream_with_other_weights_is_noticed(
    designs: tuple[Design, Design], tmp_path: Path
) -> None:
    first, second = designs
    mixed = Design(tmp_path / "mixed")
    shutil.copytree(second.directory, mixed.directory)
    shutil.rmtree(mixed.directory / BOARD, ignore_errors=True)
    shutil.copytree(first.directory / BOARD, mixed.directory / BOARD)
    with pytest.raises(CompileError, match=r"HW0820.*other weights.*--update-weights"):
        mixed.verify(levels=("bitstream",), board=BOARD, frames=1)


def test_another_structure_is_refused(designs: tuple[Design, Design], tmp_path: Path) -> None:
    first, _ = designs
    wide = compiled(tmp_path, 3, largest=3)
    with pytest.raises(CompileError, match=r"HW0819.*'\w+.sv', line \d+: '.*formerly"):
        update_weights(wide.directory, load_board(BOARD), first.directory)
    assert not (wide.directory / BOARD).exists()


def test_a_small_memory_is_in_the_logic(designs: tuple[Design, Design], tmp_path: Path) -> None:
    first, _ = designs
    other = Design(tmp_path / "other")
    shutil.copytree(first.directory, other.directory)
    small = min((other.directory / "rtl").glob("*.mem"), key=lambda path: path.stat().st_size)
    digits = small.read_text().strip()
    changed = f"{int(digits, 16) ^ 1:0{len(digits)}x}\n"
    rewrite_files(other.directory, {f"rtl/{small.name}": changed})
    with pytest.raises(CompileError, match=r"HW0819.*has 1 rows?; below 64 it is in the logic"):
        update_weights(other.directory, load_board(BOARD), first.directory)


def test_what_can_not_take_weights_is_refused(
    designs: tuple[Design, Design], tmp_path: Path
) -> None:
    first, second = designs
    with pytest.raises(CompileError, match=r"HW0818.*'icesugar'.*there is none.*--swappable"):
        update_weights(second.directory, load_board("icesugar"), first.directory)
    with pytest.raises(CompileError, match=r"HW0821.*'tang_nano_9k'"):
        first.build("tang_nano_9k", swappable=True)
    assert not (first.directory / "tang_nano_9k").exists()


@pytest.mark.slow
def test_an_ecp5_equals_a_full_build(tmp_path: Path) -> None:
    first, second = compiled(tmp_path, 1), compiled(tmp_path, 2)
    for design in (first, second):
        design.build("ulx3s_25", swappable=True)
    full = (second.directory / "ulx3s_25" / "design.bit").read_bytes()
    again = Design(tmp_path / "again")
    shutil.copytree(second.directory, again.directory)
    shutil.rmtree(again.directory / "ulx3s_25")
    board = load_board("ulx3s_25")
    bitstream = update_weights(again.directory, board, first.directory)
    assert bitstream.read_bytes() == full

    # And Yosys, told the weights, puts the same bits into blocks.
    routed = BLOCKS["ecp5"].read((bitstream.parent / "routed.config").read_text())
    assert blocks_of_yosys(again, board, tmp_path) == sorted(
        block.tobytes() for block in routed.values() if block.any()
    )


def blocks_of_yosys(design: Design, board: Board, work: Path) -> list[bytes]:
    """Contents of an ECP5's blocks as synthesis with the weights in the sources makes them."""
    structure = structure_of(design.directory)
    (folder := work / "told").mkdir()
    replace(structure, seeds=structure.images).write(folder / "source")
    names = structure.texts["files.f"].split()
    around = [p for p in (design.directory / board.id).glob("*.sv") if p.name not in names]
    kept = tuple(stage_modules(design.interface))
    sources = [*(folder / "source" / name for name in names), *around]
    synthesize(sources, TOP, kept, board, folder, LEAST_ROWS)
    cells = json.loads((folder / NETLIST).read_text())["modules"][TOP]["cells"].values()
    blocks = [initial(cell["parameters"]) for cell in cells if cell["type"] == "DP16KD"]
    return sorted(block.tobytes() for block in blocks if block.any())


def initial(parameters: dict[str, str]) -> Any:
    """Parameters INITVAL_00 to INITVAL_3F: sixteen times 18 bits each, two bits apart."""
    block = np.zeros((2048, 9), np.uint8)
    for index in range(64):
        text = parameters.get(f"INITVAL_{index:02X}", "")[::-1]
        for place, bit in enumerate(text):
            word, rest = divmod(place, 20)
            if rest < 18:
                block[32 * index + 2 * word + rest // 9, rest % 9] = bit == "1"
    return block


def test_structure_says_nothing_of_weights(tmp_path: Path) -> None:
    mine, other = (structure_of(compiled(tmp_path, seed).directory) for seed in (1, 2))
    assert mine.texts == other.texts
    assert mine.digest == other.digest
    assert mine.weights != other.weights
    assert [image.text() for image in mine.seeds.values()] == [
        image.text() for image in other.seeds.values()
    ]


def test_modules_get_other_names() -> None:
    names = {"re": "net", "re_fc": "net_fc"}
    text = "module re_fc (input re_i); re u_re (.re_fc_x(1)); // re.sv re_fcs"
    assert (
        called(text, names)
        == "module net_fc (input re_i); net u_re (.re_fc_x(1)); // net.sv re_fcs"
    )


@given(st.data())
def test_a_memory_file_survives(data: st.DataObject) -> None:
    rows, digits = data.draw(st.integers(1, 70)), data.draw(st.integers(1, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    image = Image(rng.integers(0, 2, (rows, 4 * digits), np.uint8))
    lines = image.text().split()
    assert [int(line, 16) for line in lines] == [
        sum(int(bit) << place for place, bit in enumerate(row)) for row in image.bits
    ]


def test_a_memory_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.mem").write_text("1a5\n003\n")
    image = read_image(tmp_path / "a.mem")
    assert image.bits.shape == (2, 12)
    assert image.text() == "1a5\n003\n"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_columns_are_found_wherever_they_are(data: st.DataObject) -> None:
    """Memories laid into blocks of every shape, bits in any order, and taken out again."""
    depth, bits = data.draw(st.sampled_from([(256, 16), (2048, 9)]))
    shapes = {
        f"m{index}_use0.mem": Image(np.zeros((data.draw(st.integers(64, 600)), 12), np.uint8))
        for index in range(2)
    }
    seeds = seeds_for(shapes)
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    images = {
        name: Image(rng.integers(0, 2, image.bits.shape, np.uint8)) for name, image in seeds.items()
    }
    stride, step = data.draw(st.sampled_from([(1, 1), (1, 2), (1, 4), (2, 1), (4, 1)]))
    layout = spread(seeds, depth, bits, stride, step, rng)
    blocks = {key: build(cells, seeds, depth, bits) for key, cells in layout.items()}
    blocks[(99,)] = np.zeros((depth, bits), np.uint8)

    found = locate(blocks, seeds)
    assert not missing_columns(found, seeds, depth)
    for key, cells in layout.items():
        changed = filled(blocks[key], found[key], images)
        np.testing.assert_array_equal(changed, build(cells, images, depth, bits))


Cells = list[tuple[Place, str, int, int, int]]


def spread(
    seeds: dict[str, Image], depth: int, bits: int, stride: int, step: int, rng: Any
) -> dict[tuple[int, ...], Cells]:
    """Memories cut into blocks as tools do: the same random order of columns in all rows."""
    chunk = depth // stride * step
    places = [Place(bit, phase, stride) for phase in range(stride) for bit in range(bits)]
    layout: dict[tuple[int, ...], Cells] = {}
    for name, image in seeds.items():
        columns = [(bit, phase) for bit in range(image.bits.shape[1]) for phase in range(step)]
        rng.shuffle(columns)
        for start in range(0, len(image.bits), chunk):
            for index, (bit, phase) in enumerate(columns):
                block, at = divmod(index, len(places))
                cell = (places[at], name, int(bit), start + int(phase), step)
                layout.setdefault((int(name[1]), start, block), []).append(cell)
    return layout


def build(cells: Cells, images: dict[str, Image], depth: int, bits: int) -> Any:
    block = np.zeros((depth, bits), np.uint8)
    for place, name, bit, first, step in cells:
        values = images[name].bits[first::step, bit][: depth // place.stride]
        block[place.phase :: place.stride, place.bit][: len(values)] = values
    return block


@pytest.mark.parametrize("name", BLOCKS)
def test_the_text_of_blocks(name: str) -> None:
    text = {
        "ice40": ".device 5k\n.ram_data 6 1\n" + ("0" * 64 + "\n") * 16 + ".sym 1 a\n",
        "ecp5": ".device X\n\n.bram_init 3\n" + ("000 " * 7 + "000\n") * 256 + "\n.tile_group A\n",
    }[name]
    kind = BLOCKS[name]
    ((key, block),) = kind.read(text).items()
    assert not block.any()
    other = np.random.default_rng(0).integers(0, 2, block.shape, np.uint8)
    changed = kind.write(text, {key: other})
    np.testing.assert_array_equal(kind.read(changed)[key], other)
    assert kind.write(changed, {key: block}).split() == text.split()
    assert len(changed) == len(text.replace("\n\n", "\n")) or len(changed) == len(text)
