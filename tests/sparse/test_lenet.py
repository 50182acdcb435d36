"""A published network with real pruned weights, end to end: LeNet-300-100 at 8 bits."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from hwcompile.design import Design
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.sparse_design import design
from hwcompile.schedule.choose.choice import site_of
from tests.models import model_path

LAYERS = ("ip1", "ip2", "ip3")
BUDGET = 560  # cycles per image
NONZEROS = {"ip1": 4351, "ip2": 552, "ip3": 49}
SCALES = (1 / 255, 1 / 64, 1 / 64)  # of the layers' inputs, unsigned 8 bits


def _model() -> onnx.ModelProto:
    """Weights symmetric in 8 bits per layer, biases in 32 bits, as QuantizeLinear pairs."""
    data = np.load(model_path("lenet_sparse/lenet300100.npz"))
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    value = "image"
    for layer, scale in zip(LAYERS, SCALES, strict=True):
        pair = [
            constant(f"{layer}_x_scale", np.asarray(scale, np.float32)),
            constant(f"{layer}_x_zero", np.asarray(0, np.uint8)),
        ]
        value = node("QuantizeLinear", [value, *pair], f"{layer}_quantized")
        value = node("DequantizeLinear", [value, *pair], f"{layer}_input")
        weights = data[f"{layer}_weight"]
        # The smallest weight that was kept must not be rounded off to zero.
        step = np.float32(np.abs(weights).max() / 127)
        integers = np.clip(np.rint(weights / step), -127, 127)
        lost = (integers == 0) & (weights != 0)
        integers[lost] = np.sign(weights[lost])
        quantized = constant(f"{layer}_w", integers.astype(np.int8))
        bias_step = np.float32(scale) * step
        bias = np.rint(data[f"{layer}_bias"] / bias_step).astype(np.int32)
        scales = [
            constant(f"{layer}_{of}_scale", np.asarray(size))
            for of, size in (("w", step), ("b", bias_step))
        ]
        w = node("DequantizeLinear", [quantized, scales[0]], f"{layer}_weight")
        b = node("DequantizeLinear", [constant(f"{layer}_b", bias), scales[1]], f"{layer}_bias")
        value = node("Gemm", [value, w, b], layer, transB=1)
        if layer != LAYERS[-1]:
            value = node("Relu", [value], f"{layer}_relu")
    graph = helper.make_graph(
        nodes,
        "lenet300100",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 784])],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, [1, 10])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


@cache
def _build() -> Design:
    """A frame every 560 cycles; the planner chooses kernels and PEs."""
    folder = _saved()
    return hwcompile.compile(folder / "lenet300100.onnx", folder / "build", target_cycles=BUDGET)


def _saved() -> Path:
    """A new folder with the model in it."""
    folder = Path(mkdtemp(prefix="hwcompile-lenet-"))
    onnx.save(_model(), folder / "lenet300100.onnx")
    return folder


def _site(layer: str) -> Site:
    graph = _build().graph
    return site_of(graph, graph.node(layer))


def _images(count: int) -> np.ndarray:
    """Random pixels, most of them black."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 784))
    images[rng.random(images.shape) < 0.6] = 0
    return images


def test_the_planner_spends_eight_pes_on_the_first_layer() -> None:
    """Dense, eight lanes would need 29,400 cycles."""
    chosen = tomllib.loads(_build().schedule)["nodes"]["ip1"]
    assert chosen == {"kernel": "sparse", "pes": 8}
    sparse = family("matmul").kernel("sparse")
    assert sparse.at(_site("ip1"), {"pes": 8}).interval == 544 == -(-NONZEROS["ip1"] // 8)


def test_no_layer_has_fillers() -> None:
    for layer, nonzeros in NONZEROS.items():
        op = _site(layer).op
        assert isinstance(op, Matmul)
        plan = design(op, 8, 0, 0, "auto")
        assert plan.fillers == 0
        assert sum(matrix.entries for matrix in plan.matrices) == nonzeros
        assert plan.steps == -(-nonzeros // 8)


def test_a_hundred_images_are_equal_at_rtl_level() -> None:
    outcome = _build().verify(inputs=(_images(100) / 255).astype(np.float32))
    assert outcome.passed, outcome.lines()
    assert outcome.cycles_agree
    predicted, measured = outcome.interval
    assert predicted == measured
    assert predicted <= BUDGET


def test_broadcast_skips_zeros_and_is_never_late() -> None:
    """Cycles are predicted for images without zeros; these have many."""
    folder = _saved()
    choice = {"kernel": "broadcast", "pes": 8, "queue": 16}
    design = hwcompile.compile(
        folder / "lenet300100.onnx", folder / "build", schedule={"nodes": {"ip1": choice}}
    )
    outcome = design.verify(inputs=(_images(20) / 255).astype(np.float32))
    assert outcome.passed, outcome.lines()
    predicted, measured = outcome.interval
    assert measured is not None
    assert measured < predicted
