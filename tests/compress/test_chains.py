"""Chains of thin layers: at full rank what the layer was, and in a model what its executor says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from benchmarks.planning_models import Grower
from benchmarks.techniques_networks.network import executed as executed_by_qonnx
from hwcompile import compress
from tests.e2e.oracles import Array

FULL: dict[str, dict[str, Any]] = {
    "filters": {"rank": 5},
    "spatial": {"rank": 10},
    "tucker": {"inputs": 4, "outputs": 5},
}
"""Ranks at which a layer of 5 x 4 x 3 x 2 loses nothing."""


def single(
    path: Path, weights: Array, inputs: tuple[int, ...], kind: str, **attributes: Any
) -> Path:
    """A model of one layer with a bias."""
    tensors = [numpy_helper.from_array(weights.astype(np.float32), "w")]
    bias = np.arange(weights.shape[0], dtype=np.float32)
    tensors.append(numpy_helper.from_array(bias, "b"))
    node = helper.make_node(kind, ["x", "w", "b"], ["y"], "layer", **attributes)
    graph = helper.make_graph(
        [node],
        "layer",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, inputs)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        tensors,
    )
    opsets = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def executed(model: Path, x: Array) -> Array:
    session = onnxruntime.InferenceSession(model.read_bytes(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


@pytest.mark.parametrize("factor", FULL)
@pytest.mark.parametrize(
    "attributes",
    [
        {"pads": [2, 0, 1, 1], "strides": [2, 1], "dilations": [1, 3]},
        {"auto_pad": "SAME_UPPER", "strides": [1, 2], "dilations": [1, 1]},
        {"auto_pad": "VALID"},
        {},
    ],
)
def test_a_chain_of_full_rank_is_the_layer(
    factor: str, attributes: dict[str, Any], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    weights, x = rng.normal(size=(5, 4, 3, 2)), rng.normal(size=(1, 4, 9, 11)).astype(np.float32)
    model = single(tmp_path / "a.onnx", weights, x.shape, "Conv", kernel_shape=[3, 2], **attributes)
    target = tmp_path / "b.onnx"
    (done,) = compress.apply(model, {"*": {"factor": factor, **FULL[factor]}}, target)
    assert done.error < 1e-10
    tensors = onnx.load(target).graph.initializer
    assert done.weights == sum(np.prod(t.dims) for t in tensors if t.name != "b")
    np.testing.assert_allclose(executed(target, x), executed(model, x), atol=2e-4)


@pytest.mark.parametrize("turned", [0, 1])
def test_matrices_too(turned: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    weights, x = rng.normal(size=(5, 5)), rng.normal(size=(1, 5)).astype(np.float32)
    model = single(tmp_path / "a.onnx", weights, x.shape, "Gemm", transB=turned, alpha=0.5)
    target = tmp_path / "b.onnx"
    compress.apply(model, {"*": {"factor": "matrix", "rank": 5}}, target)
    np.testing.assert_allclose(executed(target, x), executed(model, x), atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(0, 2**16))
def test_sums_of_few_products_are_found(rank: int, seed: int) -> None:
    """A kernel that is a sum of so many products of vectors is one again."""
    rng = np.random.default_rng(seed)
    # Alternating least squares gets lost among terms that are alike.
    axes = [np.linalg.qr(rng.normal(size=(size, rank)))[0] for size in (6, 5, 4, 3)]
    weights = np.einsum("nr,cr,kr,lr->nckl", *axes)
    into, vertical, horizontal, out = compress.cp_factors(weights, rank)
    assert (into.shape, vertical.shape) == ((rank, 5, 1, 1), (rank, 1, 4, 1))
    assert (horizontal.shape, out.shape) == ((rank, 1, 1, 3), (6, rank, 1, 1))
    parts = (out[:, :, 0, 0], into[:, :, 0, 0].T, vertical[:, 0, :, 0].T, horizontal[:, 0, 0, :].T)
    again = np.einsum("nr,cr,kr,lr->nckl", *parts)
    assert float(((again - weights) ** 2).sum()) < 1e-3 * float((weights**2).sum())


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({"factor": "spatial", "rank": 3}, 2),
        ({"factor": "tucker", "inputs": 2, "outputs": 3}, 3),
        ({"factor": "cp", "rank": 4}, 4),
        ({"factor": "filters", "rank": 2}, 2),
    ],
)
def test_a_chain_in_fixed_point_is_hardware(
    entry: dict[str, Any], names: int, tmp_path: Path
) -> None:
    """Without a quantizer between its layers; steps of a power of two make all sums exact."""
    net = Grower(3, 6, 5)
    x = net.quant("x", 6, True)
    y = net.op("Conv", x, net.weights(8, 5, 3, 3, 2), kernel_shape=[3, 2], pads=[1, 1, 1, 0])
    net.save(tmp_path / "a.onnx", net.quant(y, 8, True, 2.0))
    recipe = {"*": entry | {"method": "fixed_point", "bits": 4}}
    compress.apply(tmp_path / "a.onnx", recipe, tmp_path / "b.onnx")
    design = hwcompile.compile(tmp_path / "b.onnx", tmp_path / "build", target_cycles=2000)
    frames = np.random.default_rng(2).integers(-32, 32, (4, 3, 6, 5)).astype(np.float32)
    (real,) = design.simulate(frames, level="reference").real.values()
    (expected,) = executed_by_qonnx(tmp_path / "b.onnx", {"x": frames}).values()
    np.testing.assert_array_equal(np.reshape(real, expected.shape), expected)
    layers = [n for n in design.report["nodes"] if n["kernel"].split(".")[0] in LANES]
    assert len(layers) == names


LANES = ("matmul", "depthwise")


@pytest.mark.parametrize(
    ("kind", "shape", "attributes", "part"),
    [
        ("Conv", (4, 1, 3, 2), {"group": 4}, "a grouped convolution"),
        ("ConvTranspose", (4, 5, 3, 2), {}, "a transposed convolution"),
        ("Conv", (5, 4, 3), {}, "filters are"),
        ("Gemm", (5, 4), {"transA": 1}, "turns its input"),
    ],
)
def test_layers_without_a_chain_are_refused(
    kind: str, shape: tuple[int, ...], attributes: dict[str, Any], part: str, tmp_path: Path
) -> None:
    model = single(tmp_path / "a.onnx", np.ones(shape), (1, 4, 9, 9), kind, **attributes)
    factor = "matrix" if kind == "Gemm" else "spatial"
    with pytest.raises(ValueError, match=part):
        compress.apply(model, {"*": {"factor": factor, "rank": 1}}, tmp_path / "b.onnx")
    assert not (tmp_path / "b.onnx").exists()
