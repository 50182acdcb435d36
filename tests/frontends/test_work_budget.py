"""A few bytes may ask for any number of elements: the request is refused before it is granted."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model

ORACLE = "this project"
ORACLE_REASON = "how much work a model may ask for is our own limit"

MS = "com.microsoft"
HUGE = 1 << 26
MOST = 96 << 20
"""Bytes that reading a refused model may take; a tensor of `HUGE` integers has 512 MB."""

Build = Callable[[Model, str], str]


def _ints(m: Model, *values: int) -> str:
    return m.constant(list(values), np.int64)


def _legal(kind: str, *others: tuple[int, ...], **attributes: Any) -> Build:
    return lambda m, x: m.op(kind, x, *(_ints(m, *o) for o in others), **attributes)


def _scaled(m: Model, *scales: float) -> str:
    return m.constant(list(scales), np.float32)


def _convolution(kind: str, channels: tuple[int, int], **attributes: Any) -> Build:
    def build(m: Model, x: str) -> str:
        y = m.op("Reshape", x, _ints(m, 1, 1, 2, 3))
        return m.op(kind, y, m.weights(*channels, 2, 2), **attributes)

    return build


def _zeros(m: Model, *shape: int, kind: type = np.float32) -> str:
    value = onnx.numpy_helper.from_array(np.zeros(1, kind))
    return m.op("ConstantOfShape", _ints(m, *shape), value=value)


def _beside(m: Model, x: str, constant: str) -> str:
    """A model whose constant operator meets the stream."""
    return m.op("Add", x, m.op("ReduceMax", m.op("Cast", constant, to=1), keepdims=0))


def _constant(kind: str, operands: Callable[[Model], list[str]], **attributes: Any) -> Build:
    return lambda m, x: _beside(m, x, m.op(kind, *operands(m), **attributes))


def _meaning(m: Model) -> list[str]:
    return [m.constant(0.5), m.constant(0, np.int8)]


def _qlinear_add(m: Model, x: str) -> str:
    column = m.op("Reshape", m.op("QuantizeLinear", x, *_meaning(m)), _ints(m, 6, 1))
    row, means = _zeros(m, 1, 1 << 20, kind=np.int8), _meaning(m)
    return m.op("QLinearAdd", column, *means, row, *means, *means, domain=MS)


def _many(m: Model, x: str) -> list[str]:
    return [m.op("Tile", m.op("QuantizeLinear", x, *_meaning(m)), _ints(m, 1, 9999))] * 99


def _sparse(m: Model, x: str) -> str:
    values = helper.make_tensor("s", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("i", TensorProto.INT64, [1], [3])
    sparse = helper.make_sparse_tensor(values, indices, [1 << 13, 1 << 14])
    return _beside(m, x, m.op("Constant", sparse_value=sparse))


def _loop(m: Model, x: str) -> str:
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["v", "v"], ["w"])],
        "body",
        [info("i", TensorProto.INT64, []), info("go", TensorProto.BOOL, []),
         info("v", TensorProto.FLOAT, [1])],
        [info("on", TensorProto.BOOL, []), info("w", TensorProto.FLOAT, [1])],
    )  # fmt: skip
    trips, go = m.constant(1 << 40, np.int64), m.constant(True, np.bool_)
    (y,) = m.ops("Loop", trips, go, _scaled(m, 1), outputs=1, body=body)
    return _beside(m, x, y)


MOVES: dict[str, Build] = {
    "tile": _legal("Tile", (1, HUGE)),
    "tile of more axes than there are": _legal("Tile", (1, HUGE, 1, 1)),
    "tile of fewer axes than there are": _legal("Tile", (HUGE,)),
    "tile of another domain": _legal("Tile", (1, HUGE), domain=MS),
    "expand": _legal("Expand", (HUGE, 6)),
    "expand of another domain": _legal("Expand", (HUGE, 1, 6), domain=MS),
    "pad": _legal("Pad", (0, 0, 0, HUGE)),
    "pad by edges": _legal("Pad", (0, HUGE, 0, 0), mode="edge"),
    "pad of more axes than there are": _legal("Pad", (0, HUGE, 0, 0, 0, 0)),
    "pad of the runtime": _legal("Pad", (0, 0, HUGE, 0), domain=MS),
    "resize": lambda m, x: m.op("Resize", x, "", _scaled(m, 1, HUGE)),
    "resize of more axes than there are": lambda m, x: m.op(
        "Resize", x, "", _scaled(m, 1, HUGE, 1)
    ),
    "resize of another domain": lambda m, x: m.op("Resize", x, "", _scaled(m, 1, HUGE), domain=MS),
    "gather": lambda m, x: m.op("Gather", x, _zeros(m, 1 << 20, kind=np.int64)),
    "gather of another domain": lambda m, x: m.op(
        "Gather", x, _zeros(m, 1 << 20, kind=np.int64), domain=MS
    ),
    "operands that spread each other": lambda m, x: m.op(
        "Add", m.op("Reshape", x, _ints(m, 6, 1)), _zeros(m, 1, 1 << 20)
    ),
    "spread by an operator without rules": _qlinear_add,
    "concatenation": lambda m, x: m.op("Concat", *_many(m, x), axis=1),
    "concatenation of another domain": lambda m, x: m.op("Concat", *_many(m, x), axis=1, domain=MS),
    "concatenation without rules": lambda m, x: m.op(
        "QLinearConcat", *_meaning(m), *(n for y in _many(m, x) for n in (y, *_meaning(m))),
        axis=1, domain=MS,
    ),
    "strides that pads take back": _convolution(
        "ConvTranspose", (1, 1), strides=[1 << 25, 1], pads=[(1 << 25) - 1, 0, 0, 0]
    ),
    "strides": _convolution("ConvTranspose", (1, 1), strides=[HUGE, 1]),
    "output shape": _convolution("ConvTranspose", (1, 1), output_shape=[HUGE, 4]),
    "pads of windows": _convolution("Conv", (1, 1), pads=[HUGE, 0, 0, 0]),
}  # fmt: skip

CONSTANTS: dict[str, Build] = {
    "constant of a shape": lambda m, x: _beside(m, x, _zeros(m, HUGE)),
    "range": _constant("Range", lambda m: [m.constant(n, np.int64) for n in (0, HUGE, 1)]),
    "range of tiny steps": _constant("Range", lambda m: [m.constant(n) for n in (0, 1, 1e-9)]),
    "one hot": _constant("OneHot", lambda m: [_ints(m, 1, 2), _ints(m, HUGE), _scaled(m, 0, 1)]),
    "window": _constant("HannWindow", lambda m: [m.constant(HUGE, np.int64)]),
    "random numbers": _constant("RandomNormal", lambda m: [], shape=[HUGE]),
    "size that no rule tells": _constant(
        "MaxUnpool",
        lambda m: [m.constant(np.ones((1, 1, 1, 1))), m.constant(np.zeros((1, 1, 1, 1)), np.int64),
                   _ints(m, 1, 1, 1, HUGE)],
        kernel_shape=[1, 1],
    ),
    "tile of more axes than there are": _constant(
        "Tile", lambda m: [_scaled(m, 1), _ints(m, 1, HUGE)]
    ),
    "sparse constant": _sparse,
    "loop without an end": _loop,
    "products of integers": _constant(
        "MatMul", lambda m: [_zeros(m, 2000, 2000, kind=np.int64)] * 2
    ),
    "sums of products": _constant(
        "Einsum", lambda m: [_zeros(m, 2000, 999)] * 2, equation="ab,cd->"
    ),
    "windows in Python": _constant("MaxPool", lambda m: [_zeros(m, 1, 1, 999, 999)],
                                   kernel_shape=[3, 2]),
}  # fmt: skip


def _refusal(build: Build, folder: Path) -> str:
    m = Model()
    y = build(m, m.quantize(m.input(1, 6)))
    path = folder / "m.onnx"
    path.write_bytes(m.proto([m.quantize(y)]).SerializeToString())
    tracemalloc.start()
    try:
        with pytest.raises(CompileError) as error:
            load_model(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST, f"{peak / 2**20:.0f} MB for {error.value}"
    return str(error.value)


@pytest.mark.parametrize("case", MOVES)
def test_results_that_grow_with_numbers_of_the_file_are_refused_first(
    case: str, tmp_path: Path
) -> None:
    said = _refusal(MOVES[case], tmp_path)
    assert any(code in said for code in ("HW0121", "HW0107", "HW0201")), said


@pytest.mark.parametrize("case", CONSTANTS)
def test_constant_operators_that_take_too_long_are_refused_first(case: str, tmp_path: Path) -> None:
    said = _refusal(CONSTANTS[case], tmp_path)
    assert any(code in said for code in ("HW0121", "HW0107", "HW0201", "HW0236")), said
