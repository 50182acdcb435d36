"""Encodings of a layer: every one is legal, is planned with the cycles it says, and computes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import pytest

import hwcompile
from hwcompile.diagnostics import CompileError
from hwcompile.explore.encodings import Alternative, Encodings, explore_encodings, synthesized
from hwcompile.options import CompileOptions
from hwcompile.toolchains import synthesis
from tests.frontends.oracle import Model

ROWS, COLUMNS = 6, 10


def save(folder: Path) -> Path:
    """A matrix of a few powers of two, mostly zero, behind integers of 5 bits."""
    rng = np.random.default_rng(3)
    weights = rng.choice([0, 0, 0, -8, 1, 4], size=(COLUMNS, ROWS)).astype(np.float32)
    made = Model()
    x = made.quantize(made.input(1, COLUMNS), scale=1.0, zero=0)
    y = made.op("MatMul", x, made.constant(weights))
    return made.save(folder, made.quantize(y, scale=16.0, zero=0))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("explore"))


def found(model: Path, **options: object) -> Encodings:
    (layer,) = (node.name for node in onnx.load(model).graph.node if node.op_type == "MatMul")
    return explore_encodings(model, layer, CompileOptions(**options))  # type: ignore[arg-type]


def schedule(layer: str, each: Alternative) -> dict[str, object]:
    return {"nodes": {layer: {"kernel": each.built.kernel.name, **each.built.parameters}}}


def test_every_encoding_is_built_with_the_cycles_it_says(model: Path, tmp_path: Path) -> None:
    listed = found(model, target_cycles=20)
    names = [each.name for each in listed.alternatives]
    assert len(names) == len(set(names))
    assert {"folded shift plain", "folded multiply codebook"} <= set(names)
    assert {"sparse lut delta plain", "parallel lut", "broadcast"} <= set(names)
    for number, each in enumerate(listed.alternatives):
        design = hwcompile.compile(
            model, tmp_path / f"{number}", schedule=schedule(listed.layer, each)
        )
        (node,) = (n for n in design.report["nodes"] if n["name"] == listed.layer)
        assert node["interval_cycles"]["predicted"] == each.built.interval, each.name
        assert each.fast_enough == (each.built.interval <= 20)


@pytest.mark.slow
def test_every_encoding_computes_the_same(model: Path, tmp_path: Path) -> None:
    listed = found(model)
    for number, each in enumerate(listed.alternatives):
        chosen = schedule(listed.layer, each)
        design = hwcompile.compile(model, tmp_path / f"{number}", schedule=chosen)
        assert design.verify(levels=("reference", "rtl"), frames=5).passed, each.name


def test_bits_of_weights(model: Path) -> None:
    bits = {each.name: each.weight_bits for each in found(model, target_cycles=60).alternatives}
    # -8 to 4 takes four bits, one of four numbers two, beside the book.
    assert bits["folded multiply plain"] == 4 * ROWS * COLUMNS
    assert 2 * ROWS * COLUMNS < bits["folded multiply codebook"] <= 2 * ROWS * COLUMNS + 4 * 4
    assert bits["sparse lut delta plain"] < bits["sparse lut absolute plain"]


def test_the_planner_s_own_comes_first_and_what_is_too_slow_last(model: Path) -> None:
    listed = found(model, target_cycles=2)
    first, *others = listed.alternatives
    assert first.chosen
    assert not any(each.chosen for each in others)
    order = [(not each.fast_enough, each.need.lut) for each in others]
    assert order == sorted(order)
    assert not others[-1].fast_enough
    assert others[0].fast_enough


def test_a_board_counts_its_own_cells(model: Path) -> None:
    here = found(model, target_cycles=60, board="icebreaker").alternatives
    dsp = {each.name: each.need.dsp for each in here}
    assert dsp["folded lut plain"] == 0
    assert dsp["folded multiply plain"] == 1


@pytest.mark.parametrize("board", ["icebreaker", pytest.param("", marks=pytest.mark.slow)])
def test_synthesis_makes_about_what_was_predicted(model: Path, board: str) -> None:
    """As many DSP blocks, and look-up tables as near as models of families are."""
    listed = found(model, target_cycles=60, board=board)
    uses = synthesized(listed, 2)
    assert len(uses) == 2 < len(listed.alternatives)
    assert any(use.dsp for use in uses)
    pairs = zip(listed.alternatives[:2], uses, strict=True)
    for each, use in pairs:
        assert use.dsp == each.need.dsp
        assert use.lut == pytest.approx(each.need.lut, rel=0.4, abs=20)


def test_a_synthesis_that_fails_leaves_its_log(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(synthesis, "_CALL", "raise SystemExit('Error: no room')")
    with pytest.raises(CompileError, match="HW0808") as refused:
        synthesized(found(model, target_cycles=60, board="icebreaker"), 1)
    (folder,) = tmp_path.iterdir()
    (log,) = folder.glob("*.log")
    assert "no room" in str(refused.value)
    assert str(log) in str(refused.value)


def test_a_layer_that_is_not_there(model: Path) -> None:
    with pytest.raises(CompileError, match="HW0406"):
        explore_encodings(model, "conv", CompileOptions())
