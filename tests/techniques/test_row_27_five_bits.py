"""BCNN with separable filters (1707.04693): five bits for a kernel of nine signs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from benchmarks.planning_models import Grower
from benchmarks.techniques import beside, cells, compiled
from benchmarks.techniques_layers import Layer, residual_levels, save
from hwcompile.explore.encodings import weight_bits
from tests.techniques.rows import check, layer_of, planned_products

ORACLE = ("ONNX Runtime", "a paper", "hardware tools")
ORACLE_REASON = "the paper says what is stored, ONNX Runtime what is computed"

LAYERS = {word: layer_of(27, word) for word in ("BCNN", "8 bits")}


def test_kernels_take_five_bits_of_nine(tmp_path: Path) -> None:
    built = check(LAYERS["BCNN"], tmp_path, 256 * 5)
    assert "separable 3 x 3" in built.comment


@pytest.mark.slow
def test_inputs_of_several_bits(tmp_path: Path) -> None:
    built = check(LAYERS["8 bits"], tmp_path, 256 * 5)
    assert "sums of rows shared by all outputs" in built.comment


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_the_model_says_that_it_is_smaller(layer: Layer, tmp_path: Path) -> None:
    """At the same folding, without logic as a tool makes it."""
    save(layer, tmp_path / "layer.onnx")
    built, *_ = planned_products(tmp_path / "layer.onnx", layer.cycles)
    other = built.kernel.at(built.site, {**built.parameters, "style": layer.beside})
    assert (other.interval, other.lanes) == (built.interval, built.lanes)
    assert weight_bits(other) == 2304
    assert built.needs.all_lut < other.needs.all_lut


def test_it_equals_the_build_of_nine_taps(tmp_path: Path) -> None:
    """The same frames through both designs, at every level."""
    layer = LAYERS["BCNN"]
    design, _ = compiled(layer, tmp_path)
    nine = beside(layer, tmp_path)
    x = np.random.default_rng(2).integers(-128, 128, (3, 16, 8, 8)).astype(np.float32)
    for level in ("reference", "hls", "rtl"):
        (y,), (expected,) = (one.simulate(x, level=level).real.values() for one in (design, nine))
        np.testing.assert_array_equal(y, expected)


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_it_takes_less_logic_than_nine_taps(layer: Layer, tmp_path: Path) -> None:
    design, _ = compiled(layer, tmp_path)
    nine = beside(layer, tmp_path)
    assert cells(design, tmp_path).lut < cells(nine, tmp_path).lut


def test_recognition_can_be_turned_off(tmp_path: Path) -> None:
    """A schedule that names the other style is taken as it is."""
    nine = beside(LAYERS["BCNN"], tmp_path)
    written = nine.directory / "schedule.toml"
    assert 'style = "xnor"' in written.read_text()
    again = hwcompile.compile(tmp_path / "layer.onnx", tmp_path / "again", schedule=written)
    assert (again.directory / "schedule.toml").read_text() == written.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("flow", ["synth_ecp5", "synth_xilinx"])
def test_eight_outputs_at_a_time_of_32_channels(flow: str, tmp_path: Path) -> None:
    """A matrix of 16 rows of memory: each bit of a weight takes a table at least."""
    random = np.random.default_rng(3)
    net = Grower(32, 5, 5)
    x = residual_levels(net, net.quant("x", 8, True, 2**-4), (1.0,))
    kernels = random.choice([-1, 1], (32, 32, 3, 1)) * random.choice([-1, 1], (32, 32, 1, 3))
    y = net.op("Conv", x, net.constant(kernels.astype(np.float32)), kernel_shape=[3, 3])
    net.save(tmp_path / "net.onnx", y)
    lut = []
    for style in ("separable", "xnor"):
        folding = f'kernel = "folded"\npe = 8\nsimd = 72\ntaps = 9\nlanes = 8\nstyle = "{style}"\n'
        window = '[nodes.conv3_window]\nkernel = "parallel"\nparallel = 8\n'
        (tmp_path / f"{style}.toml").write_text(f"[nodes.conv3]\n{folding}{window}")
        design = hwcompile.compile(
            tmp_path / "net.onnx", tmp_path / style, schedule=tmp_path / f"{style}.toml"
        )
        lut.append(cells(design, tmp_path, flow).lut)
    assert lut[0] < lut[1]
