"""Deep Compression (1510.00149): the published SqueezeNet with books, gaps and Huffman codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwcompile
from benchmarks.loaded import book_images
from benchmarks.squeezenet import (
    CYCLES,
    FULL,
    NEAR,
    PlannedLayer,
    lowered,
    mismatches,
    schedule_of,
    sparse_layers,
    unpacked,
)
from hwcompile.frontends.deep_compression.convert import import_deep_compression
from tests.e2e.oracles import qonnx_outputs
from tests.frontends.deep_compression.published import part_of_squeezenet, squeezenet

ORACLE = "QONNX executor"

LEVELS = ("reference", "hls", "rtl")
FIRE2 = """input: "x" input_dim: 1 input_dim: 96 input_dim: 9 input_dim: 8
layer { name: "fire2/conv1x1_1" type: "Convolution" bottom: "x" top: "s"
  convolution_param { num_output: 16 kernel_size: 1 } }
layer { name: "relu1" type: "ReLU" bottom: "s" top: "s" }
layer { name: "fire2/conv1x1_2" type: "Convolution" bottom: "s" top: "a"
  convolution_param { num_output: 64 kernel_size: 1 } }
layer { name: "relu2" type: "ReLU" bottom: "a" top: "a" }
layer { name: "fire2/conv3x3_2" type: "Convolution" bottom: "s" top: "b"
  convolution_param { num_output: 64 pad: 1 kernel_size: 3 } }
layer { name: "relu3" type: "ReLU" bottom: "b" top: "b" }
layer { name: "both" type: "Concat" bottom: "a" bottom: "b" top: "both" }
"""
CONV10 = """input: "x" input_dim: 1 input_dim: 512 input_dim: 3 input_dim: 2
layer { name: "conv_final" type: "Convolution" bottom: "x" top: "y"
  convolution_param { num_output: 1000 pad: 1 kernel_size: 1 } }
layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }
layer { name: "pool" type: "Pooling" bottom: "y" top: "pool"
  pooling_param { pool: AVE global_pooling: true } }
"""


def check_cycles(layers: list[PlannedLayer]) -> None:
    for layer in layers:
        assert layer.built.interval <= NEAR * layer.bound, layer.name
        assert layer.built.dot.code_bits == 8, layer.name


@pytest.mark.parametrize(("text", "cycles"), [(FIRE2, 100_000), (CONV10, 200_000)])
def test_layers_of_the_published_file(text: str, cycles: int, tmp_path: Path) -> None:
    """Books of 8 bits and gaps in memory, one weight per cycle and PE."""
    weights, network = part_of_squeezenet(text, tmp_path)
    shape = [int(word) for word in text.split("layer", 1)[0].split() if word.isdigit()][1:]
    x = np.random.default_rng(5).integers(0, 200, (2, *shape)).astype(np.float32)
    path = tmp_path / "m.onnx"
    import_deep_compression(weights, network, path, weight_bits=12, calibration=x)
    layers = sparse_layers(lowered(path), cycles)
    check_cycles(layers)
    for layer in layers:
        plan, entries = layer.built.plan, layer.built.plan.fillers + layer.weights
        book = 256 * layer.built.dot.encoding.stored_bits
        assert plan.index_bits <= 4
        assert layer.image_bits <= 1.06 * entries * (8 + plan.index_bits + 1) + book
    design = hwcompile.compile(path, tmp_path / "build", schedule=schedule_of(layers), hls=True)
    expected = qonnx_outputs(path, x)
    for level in LEVELS:
        (found,) = design.simulate(x, level=level).real.values()
        np.testing.assert_array_equal(found.reshape(expected.shape), expected)
    predicted, measured = design.verify(frames=4).interval
    assert measured == predicted


def test_the_whole_image_is_smaller_than_the_file(tmp_path: Path) -> None:
    path, said = unpacked(FULL, tmp_path)
    layers = sparse_layers(lowered(path), 4 * CYCLES)
    assert len(layers) == 26
    check_cycles(layers)
    assert sum(layer.entries for layer in said.layers) == 422_083
    file, _ = squeezenet(FULL, tmp_path)
    assert sum(layer.image_bits for layer in layers) <= 8 * file.stat().st_size
    entries = sum(layer.built.plan.fillers + layer.weights for layer in layers)
    # A byte, a gap and an end for each; PEs wait a few cycles for the fullest one.
    assert sum(layer.image_bits for layer in layers) <= entries * 13.1
    # So are Huffman codes of all places in the books, those of zeros included.
    images = [image for _, image in book_images(lowered(path))]
    assert len(images) == 26
    assert sum(image.size for image in images) <= 0.8 * file.stat().st_size
    assert all(image.entropy <= image.bits_per_lane < image.entropy + 0.4 for image in images)


@pytest.mark.slow
def test_the_whole_network_in_rtl_at_reduced_resolution(tmp_path: Path) -> None:
    path, _ = unpacked(FULL, tmp_path)
    assert set(mismatches(sparse_layers(lowered(path), CYCLES), tmp_path).values()) == {0}
