"""ReBNet (1711.01243): residual levels of one bit, through one array of agreements."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import onnx
import pytest

import hwcompile
from benchmarks.planning_models import Grower
from benchmarks.techniques import cells, compiled
from benchmarks.techniques_layers import LAYERS, residual_levels, save
from tests.techniques.rows import check, layer_of, planned_products

ORACLE = ("ONNX Runtime", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what a level is, ONNX Runtime what is computed of all"

LEVELS = [layer for layer in LAYERS if layer.row == 28]


def test_every_level_takes_the_cycles_of_one(tmp_path: Path) -> None:
    """The same lanes, and exactly as many times the cycles."""
    found = []
    for layer in LEVELS:
        path = tmp_path / f"{len(layer.levels)}.onnx"
        save(layer, path)
        sums, *scales = planned_products(path, layer.cycles)
        assert "xnor" in sums.comment
        assert [one.op.taps for one in scales] == [len(layer.levels)] * (len(layer.levels) > 1)
        found.append((sums.lanes, sums.interval))
    lanes, cycles = found[0]
    assert found == [(lanes, cycles * count) for count in (1, 2, 3)]


@pytest.mark.parametrize(
    "count", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(3, marks=pytest.mark.slow)]
)
def test_levels(count: int, tmp_path: Path) -> None:
    """A bit of each weight, and the scale of each level."""
    layer = layer_of(28, f"{count} level")
    scales = 7 * count if count > 1 else 0
    check(layer, tmp_path, 2304 + scales)


def test_powers_of_two_need_no_product(tmp_path: Path) -> None:
    """Then levels are the digits of a uniform quantizer."""
    for scales in ((64, 32), (64, 32, 16)):
        layer = layer_of(28, f"{len(scales)} level")
        path = tmp_path / f"{len(scales)}.onnx"
        save(type(layer)(**{**vars(layer), "levels": scales}), path)
        assert not any(built.needs.products for built in planned_products(path, layer.cycles))


def test_a_schedule_that_was_written_is_taken_as_it_is(tmp_path: Path) -> None:
    layer = layer_of(28, "2 level")
    design, _ = compiled(layer, tmp_path)
    written = design.directory / "schedule.toml"
    hwcompile.compile(tmp_path / "layer.onnx", tmp_path / "again", schedule=written)
    assert (tmp_path / "again" / "schedule.toml").read_text() == written.read_text()


def wide(path: Path, scales: tuple[float, ...], channels: int = 64) -> Path:
    """A convolution of as many lanes as are usual for such networks."""
    net = Grower(channels, 6, 6)
    x = residual_levels(net, net.quant("x", 8, True, 2**-4), scales)
    y = net.op("Conv", x, net.weights(1, channels, channels, 3, 3), kernel_shape=[3, 3])
    net.save(path, y)
    return path


@pytest.mark.slow
def test_a_level_more_adds_little_logic(tmp_path: Path) -> None:
    """1024 lanes: a tenth of the layer at most, everything that makes the levels included."""
    lut = []
    for scales in ((1.0,), (1.0, 0.5), (1.0, 0.5, 0.25)):
        folder = tmp_path / str(len(scales))
        folder.mkdir()
        array, windows = ("conv", "conv_window")
        if len(scales) > 1:
            array, windows = ("conv_sums", "conv_levels_window")
        model = wide(folder / "net.onnx", scales)
        value = next(n.output[0] for n in onnx.load(model).graph.node if n.op_type == "Conv")
        array, windows = (name.replace("conv", value, 1) for name in (array, windows))
        (folder / "schedule.toml").write_text(
            f'[nodes.{array}]\nkernel = "folded"\npe = 16\nsimd = 64\n'
            f'[nodes.{windows}]\nkernel = "line_buffer"\nparallel = 64\n'
        )
        design = hwcompile.compile(
            model,
            folder / "build",
            schedule=folder / "schedule.toml",
            target_cycles=576 * len(scales),
        )
        assert design.report["design"]["interval_cycles"]["predicted"] == 576 * len(scales)
        made = cells(design, folder)
        assert made.dsp == made.multipliers == 0
        lut.append(made.lut)
    assert all(more <= 1.1 * one for one, more in pairwise(lut))
