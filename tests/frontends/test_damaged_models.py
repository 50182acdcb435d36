"""Models that no exporter writes: every one compiles or is refused in words, none crashes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model
from tests.frontends.test_onnx_qlinear import CASES as INTEGER_CASES
from tests.frontends.test_random_networks import Grower

ORACLE = "this project"
ORACLE_REASON = "which damaged files are refused, and that none crashes"


def damage(model: onnx.ModelProto, rng: np.random.Generator) -> None:
    """Change one thing at random."""
    graph = model.graph
    node = graph.node[int(rng.integers(len(graph.node)))]
    choice = int(rng.integers(6))
    if choice == 0 and node.attribute:
        del node.attribute[int(rng.integers(len(node.attribute)))]
    elif choice == 1 and len(node.input) > 1:
        node.input.pop()
    elif choice == 2 and node.input:
        node.input[int(rng.integers(len(node.input)))] = graph.node[0].output[0]
    elif choice == 3:
        node.op_type = str(rng.choice([n.op_type for n in graph.node]))
    elif choice == 4 and node.attribute:
        attribute = node.attribute[int(rng.integers(len(node.attribute)))]
        if attribute.ints:
            attribute.ints[0] = int(rng.integers(-3, 9))
        else:
            attribute.i = int(rng.integers(-3, 9))
    elif graph.initializer:
        tensor = graph.initializer[int(rng.integers(len(graph.initializer)))]
        array = numpy_helper.to_array(tensor)
        shorter = np.ascontiguousarray(array.reshape(-1)[:-1]) if array.size > 1 else array
        tensor.CopyFrom(numpy_helper.from_array(shorter, tensor.name))


ATTRIBUTES = [
    ("Transpose", "perm"), ("MaxPool", "kernel_shape"), ("MaxPool", "pads"), ("Concat", "axis"),
    ("Conv", "group"), ("LeakyRelu", "alpha"), ("Flatten", "axis"), ("ReduceMax", "axes"),
    ("Gemm", "transB"), ("Resize", "mode"), ("Cast", "to"), ("BatchNormalization", "epsilon"),
    ("Split", "num_outputs"), ("Squeeze", "axes"), ("MaxPool", "auto_pad"),
]  # fmt: skip
VALUES = {
    "a graph": onnx.GraphProto(name="g"),
    "a text": "text",
    "texts": ["a", "b"],
    "a number": 1.5,
    "numbers": [1.5, 2.5],
    "an integer": 7,
    "integers": [1, 2],
    "a tensor": numpy_helper.from_array(np.zeros((2, 3), np.int8)),
}


@pytest.mark.parametrize("domain", ["", "com.microsoft"])
@pytest.mark.parametrize("value", VALUES)
def test_attributes_of_any_type_are_refused_in_words(
    value: str, domain: str, tmp_path: Path
) -> None:
    for kind, name in ATTRIBUTES:
        m = Model()
        x = m.quantize(m.input(1, 3, 5, 7))
        y = m.op(
            kind, x, *[m.weights(3, 3)] * (kind == "Gemm"), domain=domain, **{name: VALUES[value]}
        )
        path = m.save(tmp_path, m.quantize(y))
        with suppress(CompileError):
            load_model(path)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_models_are_refused_in_words(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    if seed % 2:
        grower = Grower(seed)
        for _ in range(12):
            grower.grow()
        base = grower.model.proto([grower.classifier()])
    else:
        m = Model(seed=seed)
        cases = list(INTEGER_CASES.values())
        base = m.proto([cases[seed // 2 % len(cases)](m)])
    for number in range(5):
        model = onnx.ModelProto()
        model.CopyFrom(base)
        for _ in range(int(rng.integers(1, 3))):
            damage(model, rng)
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(model.SerializeToString())
        try:
            load_model(path)
        except CompileError as error:
            for diagnostic in error.diagnostics:
                assert diagnostic.code.startswith("HW0")
                assert diagnostic.what
