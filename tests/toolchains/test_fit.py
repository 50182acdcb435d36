"""What the compiler chooses for a board fits: synthesized, and the smaller ones placed."""

from __future__ import annotations

from pathlib import Path

import pytest

import hwcompile
from hwcompile.boards import load_board
from hwcompile.build_directory import rtl_sources
from hwcompile.diagnostics import CompileError
from hwcompile.emit.interface import Interface
from hwcompile.technology.design import FILL
from hwcompile.toolchains.board_top import TOP, write_board_top
from hwcompile.toolchains.build import stage_modules
from hwcompile.toolchains.synthesis import synthesize
from tests.models import ROOT

DIGITS = ROOT / "examples" / "digits"


PAIRS = [
    (network, board)
    for network in ("digits_mlp_w1a1", "digits_cnn_w3a3", "digits_cnn_int8")
    for board in ("icebreaker", "ulx3s_25", "tang_nano_9k")
    if (network, board) != ("digits_cnn_int8", "icebreaker")  # refused, see below
]


@pytest.mark.slow
@pytest.mark.parametrize(("network", "board"), PAIRS)
def test_synthesis_needs_no_more_than_is_there(network: str, board: str, tmp_path: Path) -> None:
    """Predictions may be off, but not by more than the margin that is kept."""
    target = load_board(board)
    design = hwcompile.compile(DIGITS / f"{network}.onnx", tmp_path / "build", board=board)
    folder = tmp_path / board
    folder.mkdir()
    top = write_board_top(design.directory, target, folder)
    kept = tuple(stage_modules(Interface.read(design.directory)))
    made = synthesize([*rtl_sources(design.directory), *top], TOP, kept, target, folder)
    said = design.report["design"]["fit"]["predicted"]
    for part, share in FILL.items():
        needed, have = getattr(made.use, part), getattr(target.capacities, part)
        assert needed <= have, part
        assert needed <= said[part] / share + 0.01 * have, part


def test_a_network_that_is_too_large_is_refused_with_figures(tmp_path: Path) -> None:
    model = DIGITS / "digits_cnn_int8.onnx"
    with pytest.raises(CompileError, match=r"does not fit 'icebreaker': about .* of 5,280 logic"):
        hwcompile.compile(model, tmp_path / "build", board="icebreaker")
    assert not (tmp_path / "build").exists()


@pytest.mark.slow
@pytest.mark.parametrize("network", ["digits_mlp_w1a1", "digits_cnn_w3a3"])
def test_place_and_route_finds_room_on_an_icebreaker(network: str, tmp_path: Path) -> None:
    model = DIGITS / f"{network}.onnx"
    design = hwcompile.compile(model, tmp_path / "build", board="icebreaker")
    built = design.build("icebreaker")
    assert built.bitstream.is_file()
    said = design.report["design"]["fit"]["predicted"]
    assert built.use.lut <= said["lut"] / FILL["lut"]
