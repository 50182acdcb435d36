"""Reading Caffe's networks: shapes, and layers that are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.deep_compression.network import CaffeNetwork, read_network
from hwcompile.frontends.deep_compression.qonnx_model import LayerConstants, network_model
from tests.frontends.deep_compression.published import SMALL, squeezenet

ORACLE = ("ONNX Runtime", "numpy")
ORACLE_REASON = "how Caffe places windows (PoolingLayer::Reshape) is in no executor that is here"


def described(folder: Path, text: str) -> CaffeNetwork:
    path = folder / "n.prototxt"
    path.write_text(text, encoding="utf-8")
    return read_network(path)


def run(network: CaffeNetwork, x: np.ndarray) -> dict[str, np.ndarray]:
    """Every value of a network without weights but ones, by ONNX Runtime."""
    constants = {
        layer.name: LayerConstants(
            np.ones(network.weight_shape(layer), np.float32), np.zeros(layer.shape[0], np.float32)
        )
        for layer in network.convolutions
    }
    names = [layer.name for layer in network.layers]
    model = network_model(network, constants, {}, names)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    found = session.run(names, {network.input: x})
    return dict(zip(names, map(np.asarray, found), strict=True))


def test_shapes_are_those_that_come_out(tmp_path: Path) -> None:
    for network in (described(tmp_path, SMALL), read_network(squeezenet(64, tmp_path)[1])):
        x = np.zeros((1, *network.shapes[network.input]), np.float32)
        for name, value in run(network, x).items():
            assert value.shape == (1, *network.shapes[name]), name


def test_squeezenet_has_the_maps_of_its_paper(tmp_path: Path) -> None:
    network = read_network(squeezenet(227, tmp_path)[1])
    for name, size in (("conv1", 111), ("pool1", 55), ("pool4", 27), ("pool8", 13)):
        assert network.shapes[name][1:] == (size, size)
    assert network.shapes["conv_final"] == (1000, 15, 15)
    assert network.outputs == ("pool_final",)


def pooled(x: np.ndarray, k: int, s: int, p: int) -> np.ndarray:
    """Maxima as Caffe takes them: windows begin every s pixels, from -p, inside the padded map."""
    size = len(x)
    count = -(-(size + 2 * p - k) // s) + 1
    if p and (count - 1) * s >= size + p:
        count -= 1
    starts = [i * s - p for i in range(count)]
    spans = [(max(a, 0), min(a + k, size)) for a in starts]
    return np.array([[x[a:b, c:d].max() for c, d in spans] for a, b in spans])


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(3, 12),
    k=st.integers(1, 4),
    s=st.integers(1, 4),
    p=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_windows_of_pools_hang_over_the_end_as_in_caffe(
    size: int, k: int, s: int, p: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = f"""input: "x" input_shape {{ dim: 1 dim: 1 dim: {size} dim: {size} }}
    layer {{ name: "p" type: "Pooling" bottom: "x" top: "p"
      pooling_param {{ pool: MAX kernel_size: {k} stride: {s} pad: {p} }} }}"""
    folder = tmp_path_factory.mktemp("pool")
    if p >= k or s > k or size < k:
        return
    x = np.random.default_rng(seed).normal(size=(size, size)).astype(np.float32)
    found = run(described(folder, text), x[None, None])["p"]
    np.testing.assert_array_equal(found[0, 0], pooled(x, k, s, p))


def test_inputs_can_be_written_in_three_ways(tmp_path: Path) -> None:
    relu = 'layer { name: "r" type: "ReLU" bottom: "x" top: "x" }'
    for words in (
        'input: "x" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4',
        'input: "x" input_shape { dim: 1 dim: 2 dim: 3 dim: 4 }',
        """layer { name: "d" type: "Input" top: "x" input_param { shape {
        dim: 1 dim: 2 dim: 3 dim: 4 } } }""",
    ):
        network = described(tmp_path, f"{words} {relu}")
        assert network.shapes == {"x": (2, 3, 4), "r": (2, 3, 4)}


CONV = "convolution_param { num_output: 4 kernel_size: 3 }"
REFUSED = {
    'type: "LRN" bottom: "x" top: "y"': "this type is not known",
    f'type: "Convolution" bottom: "z" top: "y" {CONV}': "nothing before makes its bottom 'z'",
    f'type: "Convolution" top: "y" {CONV}': "no bottom",
    f'type: "Convolution" bottom: "x" bottom: "x" top: "y" {CONV}': "more bottoms or tops",
    'type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 4 }': "kernel_size",
    'type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 4 kernel_size: 3 '
    "bias_term: false }": "no bias",
    'type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 4 kernel_size: 3 '
    "group: 2 }": "3 channels and 4 outputs do not make 2 groups",
    'type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 4 kernel_size: 3 '
    "kernel_h: 1 kernel_w: 1 }": "contradict",
    'type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 4 '
    "kernel_size: 9 }": "smaller than its window",
    'type: "Pooling" bottom: "x" top: "y" pooling_param { pool: STOCHASTIC kernel_size: 2 }': (
        "stochastic"
    ),
    'type: "Pooling" bottom: "x" top: "y" pooling_param { pool: AVE kernel_size: 2 stride: 2 }': (
        "hang over the edge"
    ),
    'type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 2 pad: 2 }': (
        "its pad 2 is no smaller"
    ),
    'type: "Pooling" bottom: "x" top: "y" pooling_param { kernel_size: 1 stride: 4 }': (
        "behind its input"
    ),
    'type: "ReLU" bottom: "x" top: "y" relu_param { negative_slope: 0.1 }': "negative slope",
    'type: "Softmax" bottom: "x" top: "y" softmax_param { axis: 2 }': "another axis",
    'type: "Concat" bottom: "x" bottom: "x" top: "y" concat_param { axis: 2 }': "another axis",
}


@pytest.mark.parametrize("words", REFUSED)
def test_layers_that_are_refused(words: str, tmp_path: Path) -> None:
    text = f"""input: "x" input_shape {{ dim: 1 dim: 3 dim: 7 dim: 7 }}
    layer {{ name: "one" {words} }}"""
    with pytest.raises(CompileError, match="HW0131") as refused:
        described(tmp_path, text)
    assert REFUSED[words] in str(refused.value)
    assert "'one'" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("layer {", "parser says"),
        ('input: "x" layers { name: "a" }', 'no field named "layers"'),
        ('layer { name: "d" type: "Data" include { phase: TRAIN } }', '"include"'),
        ('layer { name: "r" type: "ReLU" bottom: "x" top: "x" }', "0 inputs"),
        ('input: "x" input_dim: 1', "1, not batch x"),
        ('input: "x" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 1', "no layers"),
    ],
)
def test_texts_that_are_no_network(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(CompileError, match="HW0130") as refused:
        described(tmp_path, text)
    assert told in str(refused.value)


def test_names_stand_for_one_layer(tmp_path: Path) -> None:
    twice = 'layer { name: "r" type: "ReLU" bottom: "x" top: "x" }'
    with pytest.raises(CompileError, match="taken"):
        described(tmp_path, f'input: "x" input_shape {{ dim: 1 dim: 1 dim: 2 dim: 2 }} {twice * 2}')
