"""Weights and layers in Winograd's domain give what convolutions give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from benchmarks.techniques_networks.network import executed
from hwcompile import compress
from hwcompile.ops.conv.winograd import INPUT, OUTPUT

ORACLE = ("ONNX Runtime", "numpy")
ORACLE_REASON = "convolutions are the definition; the paper has the matrices of the tiles"


def convolution(
    path: Path,
    shape: tuple[int, int, int],
    weights: np.ndarray,
    steps: np.ndarray,
    pads: tuple[int, ...] = (0, 0, 0, 0),
    bias: np.ndarray | None = None,
    **attributes: Any,
) -> Path:
    """A convolution with weights that are dequantized, integers at the input."""
    constants = {
        "codes": weights.astype(np.int8),
        "steps": steps.astype(np.float32),
        "x_step": np.float32(1),
        "zero": np.int8(0),
    }
    if bias is not None:
        constants["bias"] = bias.astype(np.float32)
    inputs = ["xd", "w", *(["bias"] if bias is not None else [])]
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "x_step", "zero"], ["xq"], "quantize"),
        helper.make_node("DequantizeLinear", ["xq", "x_step", "zero"], ["xd"], "dequantize"),
        helper.make_node("DequantizeLinear", ["codes", "steps"], ["w"], "weights", axis=0),
        helper.make_node("Conv", inputs, ["y"], "conv", pads=list(pads), **attributes),
    ]
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.tuples(st.integers(1, 4), st.integers(1, 8), st.integers(1, 8)),
    st.integers(1, 5),
    st.tuples(*[st.integers(0, 2)] * 4),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_any_convolution_is_the_same_in_tiles(
    tmp_path: Path,
    shape: tuple[int, int, int],
    filters: int,
    pads: tuple[int, int, int, int],
    biased: bool,
    seed: int,
) -> None:
    """Steps are powers of two, so floats are exact."""
    if shape[1] + pads[0] + pads[2] < 3 or shape[2] + pads[1] + pads[3] < 3:
        return
    random = np.random.default_rng(seed)
    weights = random.integers(-128, 128, (filters, shape[0], 3, 3))
    steps = 2.0 ** random.integers(-6, 3, filters)
    bias = random.integers(-99, 99, filters) if biased else None
    source = convolution(tmp_path / "direct.onnx", shape, weights, steps, pads, bias)
    target = tmp_path / "tiles.onnx"
    (done,) = compress.apply(source, {"conv": {"transform": "winograd"}}, target)
    assert (done.name, done.scheme) == ("conv", "winograd")
    assert done.weights == 16 * filters * shape[0]
    assert done.error == 0
    x = {"x": random.integers(-128, 128, (2, *shape)).astype(np.float32)}
    np.testing.assert_array_equal(executed(target, x)["y"], executed(source, x)["y"])


def test_outputs_may_have_steps_of_any_size(tmp_path: Path) -> None:
    """A quarter of a step is exact, so sums of four times the integers mean the same numbers."""
    random = np.random.default_rng(2)
    weights, steps = random.integers(-128, 128, (4, 3, 3, 3)), random.uniform(0.001, 0.1, 4)
    source = convolution(tmp_path / "direct.onnx", (3, 5, 6), weights, steps, (1, 1, 1, 1))
    target = tmp_path / "tiles.onnx"
    compress.apply(source, {"conv": {"transform": "winograd"}}, target)
    x = random.integers(-128, 128, (3, 3, 5, 6)).astype(np.float32)
    found = []
    for model in (source, target):
        design = hwcompile.compile(model, tmp_path / model.stem, target_cycles=5_000)
        result = design.simulate({"x": x}, level="reference")
        found.append(next(iter(result.real.values())))
    np.testing.assert_array_equal(found[0], found[1])


def test_weights_are_those_of_the_formula() -> None:
    random = np.random.default_rng(3)
    weights = random.integers(-9, 10, (2, 3, 3, 3)).astype(np.float32)
    tile = random.integers(-9, 10, (3, 4, 4)).astype(np.float64)
    domain = compress.winograd_weights(weights)
    assert domain.dtype == np.float32
    sums = (domain * (INPUT @ tile @ INPUT.T)).sum(axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(tile, (3, 3), axis=(1, 2))
    expected = np.einsum("mckl,cijkl->mij", weights, windows)
    np.testing.assert_array_equal(OUTPUT @ sums @ OUTPUT.T, expected)


def test_what_is_pruned_are_the_weights_of_the_tiles(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    weights = random.integers(-7, 8, (5, 3, 3, 3))
    source = convolution(tmp_path / "direct.onnx", (3, 4, 6), weights, np.full(5, 0.5))
    target = tmp_path / "tiles.onnx"
    entry = {"transform": "winograd", "prune": "magnitude", "density": 0.25}
    (done,) = compress.apply(source, {"conv": entry}, target)
    assert (done.scheme, done.weights, done.zeros) == ("winograd, magnitude", 240, 180)
    tensors = {t.name: numpy_helper.to_array(t) for t in onnx.load(target).graph.initializer}
    (left,) = (t for name, t in tensors.items() if t.shape == (80, 3, 1, 1))
    kept = np.abs(np.moveaxis(compress.winograd_weights(weights * 1.0), (2, 3), (0, 1)))
    assert np.count_nonzero(left) == 60
    assert np.abs(left[left != 0]).min() >= 4 * np.sort(kept.ravel())[-60]


@pytest.mark.parametrize(
    ("kernel", "attributes", "said"),
    [
        (5, {}, "3 x 3"),
        (3, {"strides": [2, 2]}, r"strides is \[2, 2\]"),
        (3, {"dilations": [1, 2]}, r"dilations is \[1, 2\]"),
        (3, {"auto_pad": "SAME_UPPER"}, "auto_pad"),
    ],
)
def test_other_convolutions_are_refused(
    kernel: int, attributes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    weights = np.ones((2, 2, kernel, kernel), dtype=np.int64)
    source = convolution(tmp_path / "m.onnx", (2, 9, 9), weights, np.ones(2), **attributes)
    with pytest.raises(ValueError, match=f"layer 'conv': .*{said}"):
        compress.apply(source, {"conv": {"transform": "winograd"}}, tmp_path / "t.onnx")


def test_unknown_transforms_are_refused(tmp_path: Path) -> None:
    weights = np.ones((2, 2, 3, 3), dtype=np.int64)
    source = convolution(tmp_path / "m.onnx", (2, 9, 9), weights, np.ones(2))
    with pytest.raises(ValueError, match="transform 'fourier' is none of winograd"):
        compress.apply(source, {"conv": {"transform": "fourier"}}, tmp_path / "t.onnx")
    _real_weights(source)
    with pytest.raises(ValueError, match="real numbers"):
        compress.apply(source, {"conv": {"transform": "winograd"}}, tmp_path / "t.onnx")


def _real_weights(path: Path) -> None:
    model = onnx.load(path)
    values = np.random.default_rng(1).normal(0, 1, (2, 2, 3, 3)).astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(values, "real"))
    (conv,) = (node for node in model.graph.node if node.op_type == "Conv")
    conv.input[1] = "real"
    onnx.save(model, path)
