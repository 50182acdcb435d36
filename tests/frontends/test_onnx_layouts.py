"""Orders of elements: when wiring is free, when it costs a gather, and what the host takes over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto

from hwcompile.frontends.load import load_model
from hwcompile.ops.matmul.op import Matmul
from hwcompile_runtime.host import HostInput, HostOutput
from tests.frontends.oracle import Model, check, families, grid, runtime

ORACLE = ("ONNX Runtime", "this project")
ORACLE_REASON = "how many rearrangements a network costs, and what the host takes over"


def test_channels_last_input_is_ordered_by_the_host(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.input(1, 6, 5, 3))
    y = m.op("Conv", m.op("Transpose", x, perm=[0, 3, 1, 2]), m.weights(2, 3, 3, 3))
    imported = check(m, tmp_path, y)
    assert families(imported) == ["conv"]
    assert imported.graph.types[imported.graph.inputs[0]].shape == (6, 5, 3)


def test_channels_last_input_in_hardware_types(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.op("Mul", m.input(1, 6, 5, 3), m.constant(0.5)))
    y = m.op("Conv", m.op("Transpose", x, perm=[0, 3, 1, 2]), m.weights(2, 3, 3, 3))
    path = m.save(tmp_path, y)
    imported = load_model(path, {"x": "uint8:1/16"})
    assert families(imported) == ["threshold", "conv"]
    real = np.abs(grid(m.rng, 2, 6, 5, 3))
    (found,), (expected,) = imported.run(real).values(), runtime(path, {"x": real})
    np.testing.assert_array_equal(found, expected)


def test_flattening_permutes_weights_instead_of_the_stream(tmp_path: Path) -> None:
    m = Model()
    x = m.op("Conv", m.quantize(m.input(1, 3, 4, 5)), m.weights(4, 3, 1, 1))
    y = m.op("MatMul", m.op("Flatten", m.quantize(x, 4.0)), m.weights(80, 3))
    assert families(check(m, tmp_path, y)) == ["conv", "threshold", "reshape", "matmul"]


def test_channel_shuffle_between_convolutions_is_a_gather(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.op("Conv", m.quantize(m.input(1, 4, 3, 3)), m.weights(4, 4, 1, 1)), 2.0)
    x = m.op("Reshape", x, m.constant([1, 2, 2, 3, 3], np.int64))
    x = m.op("Transpose", x, perm=[0, 2, 1, 3, 4])
    x = m.op("Reshape", x, m.constant([1, 4, 3, 3], np.int64))
    y = m.op("Conv", x, m.weights(4, 2, 3, 3), group=2)
    assert families(check(m, tmp_path, y)) == ["conv", "threshold", "gather", "conv"]


def test_shared_gather_is_built_once(tmp_path: Path) -> None:
    m = Model()
    x = m.quantize(m.op("Conv", m.quantize(m.input(1, 4, 3, 3)), m.weights(4, 4, 1, 1)), 2.0)
    x = m.op("Transpose", x, perm=[0, 1, 3, 2])
    a, b = (m.op("Conv", x, m.weights(2, 4, 3, 3)) for _ in range(2))
    assert families(check(m, tmp_path, a, b)).count("gather") == 1


def test_unused_half_is_not_quantized(tmp_path: Path) -> None:
    m = Model()
    x = m.op("Conv", m.quantize(m.input(1, 4, 3, 3)), m.weights(8, 4, 1, 1))
    parts = m.ops("Split", x, m.constant([2, 6], np.int64), outputs=2, axis=1)
    y = m.quantize(parts[0], 2.0)
    imported = check(m, tmp_path, y)
    assert imported.graph.types[imported.graph.outputs[0]].channels == 2


def test_two_quantizers_on_one_input_give_two_streams(tmp_path: Path) -> None:
    m = Model()
    x = m.input(1, 12)
    a = m.op("MatMul", m.quantize(x, 0.25), m.weights(12, 3))
    b = m.op("MatMul", m.quantize(x, 0.5), m.weights(12, 3))
    imported = check(m, tmp_path, a, b)
    assert imported.graph.inputs == ("x", "x_2")


def test_unquantized_constants_of_the_input_run_on_the_host(tmp_path: Path) -> None:
    m = Model()
    x = m.op("Sub", m.input("n", 3, 4, 4), m.constant([[[1.0]], [[2.0]], [[0.5]]]))
    x = m.quantize(m.op("Div", x, m.constant([[[2.0]], [[1.0]], [[0.5]]])))
    imported = check(m, tmp_path, m.op("Conv", x, m.weights(2, 3, 3, 3)))
    assert families(imported) == ["conv"]
    assert imported.host_inputs[0].chain.rows == 3


def test_host_descriptions_survive_json(tmp_path: Path) -> None:
    import json

    m = Model()
    x = m.quantize(m.op("Sub", m.input(1, 3, 4, 4), m.constant([[[1.0]], [[2.0]], [[0.5]]])))
    y = m.op("Conv", x, m.weights(2, 3, 3, 3), m.constant([0.5, -1.0]))
    y = m.op("Softmax", m.op("Transpose", y, perm=[0, 2, 3, 1]), axis=-1)
    both = m.op("Concat", m.op("Flatten", x), m.op("Relu", m.op("Flatten", x)), axis=1)
    imported = load_model(m.save(tmp_path, y, both))
    real = grid(m.rng, 3, 3, 4, 4)
    ints = imported.run_host_inputs(real)
    outputs = imported.graph.evaluate(ints)
    for h in imported.host_inputs:
        again = HostInput.from_json(json.loads(json.dumps(h.to_json())))
        np.testing.assert_array_equal(again.run(real), ints[h.value])
    for o in imported.host_outputs:
        again_out = HostOutput.from_json(json.loads(json.dumps(o.to_json())))
        np.testing.assert_array_equal(again_out.run(outputs), o.run(outputs))


def test_recovered_grids_of_folded_weights_are_noted(tmp_path: Path) -> None:
    m = Model()
    w = m.rng.integers(-7, 8, (4, 12)) * np.float32(0.0371) * np.ones((4, 1), np.float32)
    w = (m.rng.integers(-7, 8, (4, 12)).astype(np.float32)) * np.float32(0.0371)
    y = m.op("Gemm", m.quantize(m.input(1, 12)), m.constant(w), transB=1)
    imported = load_model(m.save(tmp_path, y))
    assert any("grid was recovered" in note for note in imported.notes)
    op = imported.graph.nodes[0].op
    assert isinstance(op, Matmul)
    assert np.abs(op.weights).max() <= 7


def test_integer_inputs_need_no_quantizer(tmp_path: Path) -> None:
    m = Model()
    x = m.input(1, 2, 4, 4, kind=TensorProto.UINT8)
    z = m.constant(128, np.uint8)
    y = m.op("DequantizeLinear", x, m.constant(0.5), z)
    imported = check(m, tmp_path, m.op("Conv", y, m.weights(2, 2, 3, 3), pads=[1, 1, 1, 1]))
    assert imported.graph.types["x"].element.high == 255


def test_repeated_quantizers_are_built_once(tmp_path: Path) -> None:
    m = Model()
    x = m.input(1, 3, 4, 4)
    inner = m.op("Conv", m.quantize(x), m.weights(4, 3, 1, 1))
    a = m.op("Conv", m.quantize(inner, 2.0), m.weights(2, 4, 3, 3))
    b = m.op("Conv", m.quantize(inner, 2.0), m.weights(2, 4, 3, 3))
    c = m.op("Conv", m.quantize(x), m.weights(2, 3, 3, 3))
    imported = check(m, tmp_path, a, b, c)
    assert len(imported.graph.inputs) == 1
    assert families(imported).count("threshold") == 1


def test_a_maximum_over_other_channels_than_those_of_the_weights(tmp_path: Path) -> None:
    """How far each channel of a convolution reaches says nothing once channels are rows."""
    m = Model(seed=4)
    x = m.quantize(m.input(1, 2, 4, 5), 0.25, 0)
    y = m.op("Transpose", m.op("Conv", x, m.weights(3, 2, 1, 1)), perm=[0, 3, 2, 1])
    y = m.op("ReduceMax", y, axes=[2], keepdims=1)
    y = m.op("PRelu", y, m.constant(np.reshape([2.0, 1.0, 0.5, 0.25, 4.0], (5, 1, 1))))
    check(m, tmp_path, m.quantize(y, 2.0, 1), frames=20)


def test_constants_stand_in_front_of_streams_and_behind(tmp_path: Path) -> None:
    """A class token, and channels around two streams; on the host, and closed by a quantizer."""
    m = Model(seed=4)
    x = m.quantize(m.input(1, 4, 5, 3), 0.25, 7)
    y = m.quantize(m.op("Conv", x, m.weights(2, 4, 1, 1)), 0.5, -3)
    constants = [m.constant(grid(m.rng, *shape)) for shape in ((1, 3, 5, 3), (1, 1, 5, 3))]
    wide = m.op("Concat", constants[0], x, y, constants[1], axis=-3)
    tokens = m.op("Reshape", x, m.constant([1, 4, 15], np.int64))
    more = m.op("Concat", m.constant(grid(m.rng, 1, 4, 1)), tokens, axis=2)
    closed = [m.quantize(v, 0.125, 2) for v in (wide, more)]
    check(m, tmp_path, wide, more, *closed, frames=6)
