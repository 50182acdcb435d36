"""Constants that the file keeps sparse: their zeros are constants like the others.

Pruned weights come as sparse initializers, or as the `sparse_value` of a Constant, with positions
in row-major order or with coordinates. The oracle is ONNX Runtime, which reads all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, grid, runtime

ORACLE = "ONNX Runtime"


def pruned(m: Model, *shape: int, kept: float = 0.3) -> np.ndarray:
    """Weights on a grid of 1/4, most of them zero."""
    weights = m.rng.integers(-9, 9, shape) * (m.rng.random(shape) < kept)
    return (weights * 0.25).astype(np.float32)


def sparse(array: np.ndarray, name: str, *, coordinates: bool = False) -> onnx.SparseTensorProto:
    """The numbers that are not zero, and where they are."""
    places = np.flatnonzero(array)
    values = numpy_helper.from_array(array.reshape(-1)[places], name)
    if coordinates:
        places = np.stack(np.unravel_index(places, array.shape), axis=1)
    indices = numpy_helper.from_array(places.astype(np.int64), f"{name}_places")
    return helper.make_sparse_tensor(values, indices, list(array.shape))


def check(m: Model, proto: onnx.ModelProto, folder: Path, *shape: int) -> None:
    """Equality with ONNX Runtime on 20 frames."""
    path = folder / "sparse.onnx"
    path.write_bytes(proto.SerializeToString())
    x = grid(m.rng, 20, *shape)
    (expected,) = runtime(path, {"x": x})
    (got,) = load_model(path).run(x).values()
    assert np.unique(expected).size > 2, "the example shows nothing"
    np.testing.assert_array_equal(got, expected)


def as_initializer(coordinates: bool, kept: float = 0.3) -> Callable[[Model], onnx.ModelProto]:
    def make(m: Model) -> onnx.ModelProto:
        x = m.quantize(m.input(1, 12))
        bias = m.constant(m.rng.integers(-9, 9, 5) * 0.25)
        layer = m.op("Add", m.op("MatMul", x, "w"), bias)
        proto = m.proto([m.quantize(layer, 1.0)])
        tensor = sparse(pruned(m, 12, 5, kept=kept), "w", coordinates=coordinates)
        proto.graph.sparse_initializer.append(tensor)
        return proto

    return make


def as_bias(m: Model) -> onnx.ModelProto:
    layer = m.op("Gemm", m.quantize(m.input(1, 12)), m.weights(12, 7), "bias")
    proto = m.proto([m.quantize(layer, 1.0)])
    proto.graph.sparse_initializer.append(sparse(pruned(m, 7, kept=0.5), "bias"))
    return proto


def as_constant(m: Model) -> onnx.ModelProto:
    weights = m.op("Constant", sparse_value=sparse(pruned(m, 12, 5), "w"))
    return m.proto([m.quantize(m.op("MatMul", m.quantize(m.input(1, 12)), weights), 1.0)])


MATRICES = {
    "positions": as_initializer(coordinates=False),
    "coordinates": as_initializer(coordinates=True),
    "nothing but zeros": as_initializer(coordinates=False, kept=0.0),
    "no zeros": as_initializer(coordinates=False, kept=1.1),
    "bias": as_bias,
    "node Constant": as_constant,
}


@pytest.mark.parametrize("name", MATRICES)
def test_sparse_constants_are_what_they_stand_for(name: str, tmp_path: Path) -> None:
    m = Model(seed=5)
    check(m, MATRICES[name](m), tmp_path, 12)


def test_sparse_filters_of_a_convolution(tmp_path: Path) -> None:
    m = Model(seed=6)
    layer = m.op("Conv", m.quantize(m.input(1, 3, 6, 7)), "filters")
    proto = m.proto([m.quantize(layer, 1.0)])
    proto.graph.sparse_initializer.append(sparse(pruned(m, 4, 3, 2, 2), "filters"))
    check(m, proto, tmp_path, 3, 6, 7)


def test_sparse_integers_behind_a_dequantizer(tmp_path: Path) -> None:
    m = Model(seed=7)
    integers = (pruned(m, 12, 5) * 4).astype(np.int8)
    weights = m.op("DequantizeLinear", "w", m.constant(0.25), m.constant(0, np.int8))
    layer = m.op("MatMul", m.quantize(m.input(1, 12)), weights)
    proto = m.proto([m.quantize(layer, 1.0)])
    proto.graph.sparse_initializer.append(sparse(integers, "w"))
    check(m, proto, tmp_path, 12)


def test_sparse_weights_inside_a_branch(tmp_path: Path) -> None:
    m = Model(seed=8)
    x = m.quantize(m.input(1, 12))
    branches = {}
    for name, kept in (("then_branch", 0.3), ("else_branch", 0.9)):
        node = helper.make_node("MatMul", [x, f"{name}_w"], [f"{name}_y"], name)
        result = helper.make_empty_tensor_value_info(f"{name}_y")
        branches[name] = helper.make_graph([node], name, [], [result])
        tensor = sparse(pruned(m, 12, 5, kept=kept), f"{name}_w")
        branches[name].sparse_initializer.append(tensor)
    layer = m.op("If", m.constant(True, np.bool_), **branches)
    check(m, m.proto([m.quantize(layer, 1.0)]), tmp_path, 12)
