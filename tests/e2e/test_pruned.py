"""A pruned network becomes the hardware of the network that somebody cut by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import hwcompile
from tests.e2e.oracles import Array, qonnx_outputs

ORACLE = "QONNX executor"

SHAPE = (3, 6, 5)
FILTERS = 16
ZERO = (0, 3, 4, 7, 8, 10, 13, 15)


def quant(name: str, x: str, scale: float, bits: int, signed: int) -> list[onnx.NodeProto]:
    numbers = {"scale": scale, "zero": 0.0, "bits": float(bits)}
    constants = [
        helper.make_node(
            "Constant",
            [],
            [f"{name}_{part}"],
            value=numpy_helper.from_array(np.array(number, np.float32)),
        )
        for part, number in numbers.items()
    ]
    inputs = [x, *(f"{name}_{part}" for part in numbers)]
    node = helper.make_node(
        "Quant", inputs, [name], f"{name}_node", domain="qonnx.custom_op.general",
        signed=signed, narrow=0, rounding_mode="ROUND",
    )  # fmt: skip
    return [*constants, node]


def network(
    path: Path, first: Array, bias: Array, second: Array, offset: Array, third: Array
) -> Path:
    """Convolution, bias, ReLU, pool, convolution, bias, matrix: weights as they are."""
    tensors = {"w1": first, "b1": bias, "w2": second, "b2": offset, "w3": third}
    nodes = [
        *quant("xq", "x", 2**-4, 6, 1),
        *quant("w1q", "w1", 2**-4, 4, 1),
        *quant("w2q", "w2", 2**-4, 4, 1),
        *quant("w3q", "w3", 2**-4, 4, 1),
        helper.make_node("Conv", ["xq", "w1q", "b1"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"], "relu1"),
        *quant("q1", "r1", 2**-2, 4, 0),
        helper.make_node("MaxPool", ["q1"], ["p1"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["p1", "w2q", "b2"], ["c2"], "conv2"),
        helper.make_node("Relu", ["c2"], ["r2"], "relu2"),
        *quant("q2", "r2", 2**-1, 5, 0),
        helper.make_node("Flatten", ["q2"], ["flat"], "flatten"),
        helper.make_node("MatMul", ["flat", "w3q"], ["y"], "dense"),
    ]
    graph = helper.make_graph(
        nodes, "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *SHAPE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, third.shape[1]])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("qonnx.custom_op.general", 1)]
    path.parent.mkdir()
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def weights(rng: np.random.Generator, *shape: int) -> Array:
    return (rng.integers(-7, 8, shape) / 16).astype(np.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Pruned: filters of zeros, one of which a bias makes constant; and cut by hand."""
    rng = np.random.default_rng(34)
    first, bias = weights(rng, FILTERS, 3, 3, 3), weights(rng, FILTERS)
    second, third = weights(rng, 7, FILTERS, 2, 2), weights(rng, 14, 5)
    offset = weights(rng, 7)
    first[list(ZERO)], bias[list(ZERO)] = 0, 0
    bias[ZERO[1]] = 0.5
    moved = offset + second[:, ZERO[1]].sum(axis=(1, 2)) * np.float32(0.5)
    kept = [i for i in range(FILTERS) if i not in ZERO]
    folder = tmp_path_factory.mktemp("pruned")
    return (
        network(folder / "pruned" / "net.onnx", first, bias, second, offset, third),
        network(
            folder / "cut" / "net.onnx", first[kept], bias[kept], second[:, kept], moved, third
        ),
    )


def test_hardware_is_that_of_the_network_cut_by_hand(
    models: tuple[Path, Path], tmp_path: Path
) -> None:
    pruned, cut = (
        hwcompile.compile(model, tmp_path / model.parent.name, target_cycles=120)
        for model in models
    )
    texts = [
        {path.name: path.read_bytes() for path in sorted((design.directory / "rtl").iterdir())}
        for design in (pruned, cut)
    ]
    assert texts[0] == texts[1]
    assert not [note for note in cut.notes if "channels" in note]
    (note,) = (note for note in pruned.notes if "channels" in note)
    assert note.startswith("channels that are built: conv1 8 of 16; the others are constant")
    assert pruned.report["design"]["lanes"] == cut.report["design"]["lanes"]


def test_numbers_are_those_of_the_network_as_it_was(
    models: tuple[Path, Path], tmp_path: Path
) -> None:
    pruned = hwcompile.compile(models[0], tmp_path / "b", target_cycles=120)
    images = np.random.default_rng(1).normal(0, 1.5, (20, *SHAPE)).astype(np.float32)
    got = pruned.simulate(images, level="rtl").real["y"].reshape(20, -1)
    np.testing.assert_array_equal(got, qonnx_outputs(models[0], images))
