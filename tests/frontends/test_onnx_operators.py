"""Every operator of the ONNX front end against ONNX Runtime, on models of a few nodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwcompile.frontends.load import load_model
from tests.frontends.oracle import Model, check, families, grid, runtime

ORACLE = "ONNX Runtime"

Case = Callable[[Model], str]


def picture(m: Model, channels: int = 4, size: int = 6) -> str:
    return m.quantize(m.input("batch", channels, size, size + 1))


def vector(m: Model, size: int = 12) -> str:
    return m.quantize(m.input(1, size))


LINEAR: dict[str, Case] = {
    "conv": lambda m: m.op("Conv", picture(m), m.weights(5, 4, 3, 3)),
    "conv_channels_bias_pads": lambda m: m.op(
        "Conv",
        picture(m),
        m.weights(3, 4, 3, 2, scale=[0.25, 0.5, 1.0]),
        m.constant([0.5, -3.25, 7.0]),
        pads=[1, 0, 2, 1],
        strides=[2, 1],
    ),
    "conv_groups_dilation": lambda m: m.op(
        "Conv", picture(m), m.weights(6, 2, 2, 2), group=2, dilations=[2, 3]
    ),
    "conv_depthwise_channel_scales": lambda m: m.op(
        "Conv",
        m.op("Mul", picture(m), m.constant(1.0)),
        m.weights(4, 1, 3, 3, scale=[0.25, 0.5, 1.0, 2.0], zero=3),
        group=4,
        auto_pad="SAME_UPPER",
        strides=[2, 2],
    ),
    "conv_same_lower": lambda m: m.op(
        "Conv", picture(m), m.weights(2, 4, 2, 2), auto_pad="SAME_LOWER"
    ),
    "conv_signal": lambda m: m.op(
        "Conv", m.quantize(m.input(1, 3, 11)), m.weights(4, 3, 3), pads=[1, 2], strides=[2]
    ),
    "conv_padded_before": lambda m: m.op(
        "Conv",
        m.op("Pad", picture(m), m.constant([0, 0, 1, 2, 0, 0, 0, 1], np.int64)),
        m.weights(2, 4, 3, 3),
    ),
    "conv_transpose": lambda m: m.op(
        "ConvTranspose", picture(m), m.weights(4, 3, 3, 3), strides=[2, 2], pads=[1, 1, 0, 1],
        output_padding=[1, 0],
    ),
    "conv_transpose_groups": lambda m: m.op(
        "ConvTranspose", picture(m), m.weights(4, 2, 2, 3), group=2, dilations=[2, 1]
    ),
    "matmul": lambda m: m.op("MatMul", vector(m), m.weights(12, 5)),
    "matmul_columns": lambda m: m.op(
        "MatMul", vector(m), m.weights(12, 3, scale=[0.25, 1.0, 0.5], axis=1)
    ),
    "matmul_rows": lambda m: m.op(
        "MatMul", m.quantize(m.input(1, 3, 12)), m.weights(12, 5)
    ),
    "matmul_left": lambda m: m.op(
        "MatMul", m.weights(2, 5), m.quantize(m.input(1, 5, 4))
    ),
    "matmul_flattened_map": lambda m: m.op(
        "MatMul", m.op("Flatten", picture(m)), m.weights(168, 3)
    ),
    "gemm": lambda m: m.op(
        "Gemm", vector(m), m.weights(5, 12), m.constant(np.arange(5)), transB=1, alpha=0.5,
        beta=2.0,
    ),
    "two_layers": lambda m: m.op(
        "Conv",
        m.quantize(m.op("Relu", m.op("Conv", picture(m), m.weights(5, 4, 3, 3))), 8.0, -7),
        m.weights(2, 5, 2, 2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR)
def test_linear_operators(name: str, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    check(m, tmp_path, LINEAR[name](m))


def _pending(m: Model) -> str:
    return m.op("Conv", picture(m), m.weights(3, 4, 2, 2))


ELEMENTWISE: dict[str, Case] = {
    "add": lambda m: m.op("Add", _pending(m), m.constant(np.ones((3, 1, 1)) * [[[0.5]]])),
    "add_channels": lambda m: m.op("Add", _pending(m), m.constant([[[1.0]], [[-2.0]], [[0.5]]])),
    "sub_left": lambda m: m.op("Sub", m.constant(3.0), _pending(m)),
    "mul_negative": lambda m: m.op("Mul", _pending(m), m.constant([[[0.5]], [[-2.0]], [[0.0]]])),
    "div": lambda m: m.op("Div", _pending(m), m.constant(-4.0)),
    "per_element": lambda m: m.op(
        "Mul", _pending(m), m.constant(2.0 ** m.rng.integers(-2, 2, (1, 3, 5, 6)))
    ),
    "batch_norm": lambda m: m.op(
        "BatchNormalization",
        _pending(m),
        m.constant([1.0, -0.5, 2.0]),
        m.constant([0.5, 1.0, -1.0]),
        m.constant([0.0, 0.25, -4.0]),
        m.constant([1.0, 1.0, 0.25]),
        epsilon=0.0,
    ),
    "relu": lambda m: m.op("Relu", _pending(m)),
    "leaky": lambda m: m.op("LeakyRelu", _pending(m), alpha=0.125),
    "prelu": lambda m: m.op("PRelu", _pending(m), m.constant([[[0.5]], [[0.25]], [[-0.125]]])),
    "clip": lambda m: m.op("Clip", _pending(m), m.constant(-3.0), m.constant(6.0)),
    "clip_one_side": lambda m: m.op("Clip", _pending(m), "", m.constant(6.0)),
    "min_max": lambda m: m.op("Max", m.op("Min", _pending(m), m.constant(9.0)), m.constant(-9.0)),
    "hard_swish_spelled_out": lambda m: (
        lambda x: m.op(
            "Mul",
            x,
            m.op(
                "Mul",
                m.op("Clip", m.op("Add", x, m.constant(3.0)), m.constant(0.0), m.constant(6.0)),
                m.constant(0.125),
            ),
        )
    )(m.op("Mul", _pending(m), m.constant(0.03125))),
    "abs_neg": lambda m: m.op("Neg", m.op("Abs", _pending(m))),
    "square": lambda m: (lambda x: m.op("Mul", x, x))(vector(m)),
    "pow": lambda m: m.op("Pow", vector(m), m.constant(2.0)),
    "pow_of_constant": lambda m: m.op(
        "Pow",
        m.constant([2.0, 0.5, 4.0, 1.0, 0.25]),
        m.op("Round", m.op("Clip", vector(m, 5), m.constant(-8.0), m.constant(8.0))),
    ),
    "sign": lambda m: m.op("Sign", _pending(m)),
    "floor_clip": lambda m: m.op(
        "Clip",
        m.op("Floor", m.op("Mul", _pending(m), m.constant(0.25))),
        m.constant(-7.0),
        m.constant(8.0),
    ),
    "spelled_quantizer": lambda m: m.op(
        "Mul",
        m.op(
            "Clip",
            m.op("Round", m.op("Div", _pending(m), m.constant(0.5))),
            m.constant(-8.0),
            m.constant(7.0),
        ),
        m.constant(0.5),
    ),
}


@pytest.mark.parametrize("quantized", [False, True], ids=["host", "hardware"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_operators(name: str, quantized: bool, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    y = ELEMENTWISE[name](m)
    check(m, tmp_path, m.quantize(y, 0.5, -2) if quantized else y)


MOVES: dict[str, Case] = {
    "transpose": lambda m: m.op("Transpose", picture(m), perm=[0, 2, 3, 1]),
    "reshape": lambda m: m.op("Reshape", picture(m), m.constant([0, -1, 7], np.int64)),
    "flatten": lambda m: m.op("Flatten", picture(m), axis=-3),
    "squeeze": lambda m: m.op(
        "Squeeze", m.op("Unsqueeze", vector(m), m.constant([1, 3], np.int64)),
        m.constant([3], np.int64),
    ),
    "slice": lambda m: m.op(
        "Slice", picture(m), m.constant([1, 5], np.int64), m.constant([4, -99], np.int64),
        m.constant([1, 3], np.int64), m.constant([2, -2], np.int64),
    ),
    "gather": lambda m: m.op("Gather", picture(m), m.constant([3, 0, 0, 2], np.int64), axis=1),
    "pad": lambda m: m.op(
        "Pad", picture(m), m.constant([0, 1, 0, 2, 0, 0, 1, 1], np.int64), m.constant(0.5)
    ),
    "pad_reflect": lambda m: m.op(
        "Pad", picture(m), m.constant([0, 0, 1, 2, 0, 0, 1, 1], np.int64), mode="reflect"
    ),
    "expand": lambda m: m.op("Expand", vector(m), m.constant([1, 3, 12], np.int64)),
    "tile": lambda m: m.op("Tile", vector(m), m.constant([1, 2], np.int64)),
    "depth_to_space": lambda m: m.op("DepthToSpace", picture(m), blocksize=2),
    "depth_to_space_crd": lambda m: m.op("DepthToSpace", picture(m), blocksize=2, mode="CRD"),
    "space_to_depth": lambda m: m.op(
        "SpaceToDepth", m.quantize(m.input(1, 3, 6, 4)), blocksize=2
    ),
    "resize": lambda m: m.op(
        "Resize", picture(m), "", m.constant([1, 1, 2, 3]), mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    ),
    "resize_half_pixel": lambda m: m.op(
        "Resize", picture(m), "", "", m.constant([1, 4, 9, 3], np.int64), mode="nearest"
    ),
    "shuffle": lambda m: m.op(
        "Reshape",
        m.op(
            "Transpose", m.op("Reshape", picture(m), m.constant([1, 2, 2, 6, 7], np.int64)),
            perm=[0, 2, 1, 3, 4],
        ),
        m.constant([1, 4, 6, 7], np.int64),
    ),
    "shape_computation": lambda m: (
        lambda x: m.op(
            "Reshape",
            x,
            m.op(
                "Concat",
                m.op(
                    "Unsqueeze", m.op("Gather", m.op("Shape", x), m.constant(0, np.int64)),
                    m.constant([0], np.int64),
                ),
                m.constant([-1], np.int64),
                axis=0,
            ),
        )
    )(picture(m)),
}  # fmt: skip


@pytest.mark.parametrize("after", ["output", "quantizer", "conv"])
@pytest.mark.parametrize("name", MOVES)
def test_moves(name: str, after: str, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    y = MOVES[name](m)
    if after == "quantizer":
        y = m.quantize(m.op("Mul", y, m.constant(2.0)), 1.0, 5)
    if after == "conv":
        y = m.op("Reshape", y, m.constant([1, -1, 1, 2], np.int64))
        shape = _last_shape(m, tmp_path, y)
        y = m.op("Conv", y, m.weights(2, shape[1], 1, 2))
    check(m, tmp_path, y)


def _last_shape(m: Model, folder: Path, name: str) -> tuple[int, ...]:
    shape = [d.dim_value or 1 for d in m.inputs[0].type.tensor_type.shape.dim]
    (y,) = runtime(m.save(folder, name), {"x": np.zeros(shape, dtype=np.float32)})
    return tuple(y.shape)


POOLS: dict[str, Case] = {
    "max": lambda m: m.op("MaxPool", picture(m), kernel_shape=[2, 3], strides=[2, 1]),
    "max_pads_ceil": lambda m: m.op(
        "MaxPool", picture(m), kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 1, 1], ceil_mode=1
    ),
    "max_dilated": lambda m: m.op("MaxPool", picture(m), kernel_shape=[2, 2], dilations=[2, 3]),
    "max_signal": lambda m: m.op(
        "MaxPool", m.quantize(m.input(1, 3, 11)), kernel_shape=[3], strides=[2]
    ),
    "max_of_pending": lambda m: m.op(
        "MaxPool", m.op("Relu", m.op("Add", _pending(m), m.constant([[[1.0]], [[2.0]], [[3.0]]]))),
        kernel_shape=[2, 2],
    ),
    "max_of_falling": lambda m: m.op(
        "MaxPool", m.op("Relu", m.op("Mul", _pending(m), m.constant([[[1.0]], [[-2.0]], [[0.5]]]))),
        kernel_shape=[2, 2], pads=[1, 0, 1, 0],
    ),
    "average": lambda m: m.op("AveragePool", picture(m), kernel_shape=[2, 2], strides=[2, 2]),
    "average_pads": lambda m: m.op(
        "AveragePool", picture(m), kernel_shape=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1
    ),
    "average_pads_excluded": lambda m: m.op(
        "AveragePool", picture(m), kernel_shape=[2, 2], pads=[1, 1, 1, 1]
    ),
    "average_ceil": lambda m: m.op(
        "AveragePool", picture(m, 4, 7), kernel_shape=[4, 4], strides=[4, 4], ceil_mode=1
    ),
    "global_average": lambda m: m.op("GlobalAveragePool", m.quantize(m.input(1, 3, 4, 8))),
    "global_max": lambda m: m.op("GlobalMaxPool", picture(m)),
    "reduce_mean_spatial": lambda m: m.op(
        "ReduceMean", m.quantize(m.input(1, 3, 4, 8)), axes=[2, 3], keepdims=0
    ),
    "reduce_mean_last": lambda m: m.op("ReduceMean", m.quantize(m.input(1, 5, 8)), axes=[-1]),
    "reduce_mean_channels": lambda m: m.op("ReduceMean", picture(m), axes=[1]),
    "reduce_sum": lambda m: m.op(
        "ReduceSum", picture(m), m.constant([2, 3], np.int64), keepdims=1
    ),
    "reduce_max": lambda m: m.op("ReduceMax", picture(m), axes=[1, 3], keepdims=0),
}  # fmt: skip


@pytest.mark.parametrize("quantized", [False, True], ids=["host", "hardware"])
@pytest.mark.parametrize("name", POOLS)
def test_pools(name: str, quantized: bool, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    y = POOLS[name](m)
    check(m, tmp_path, m.quantize(y, 0.25, 4) if quantized else y)


def _two(m: Model, scale: float = 0.125) -> tuple[str, str]:
    x = picture(m)
    branch = m.quantize(m.op("Conv", x, m.weights(4, 4, 1, 1)), scale, -5)
    return x, branch


PAIRS: dict[str, Case] = {
    "add_equal": lambda m: m.op("Add", *_two(m)),
    "add_unequal": lambda m: m.op("Relu", m.op("Add", *_two(m, 0.5))),
    "sub": lambda m: m.op("Sub", *_two(m, 0.25)),
    "mul": lambda m: m.op("Mul", *_two(m)),
    "max": lambda m: m.op("Max", *_two(m, 0.5)),
    "squeeze_excite": lambda m: (
        lambda x: m.op(
            "Mul", x, m.quantize(m.op("GlobalAveragePool", x), 0.25, 0)
        )
    )(m.quantize(m.input(1, 4, 4, 4))),
    "add_transposed": lambda m: (
        lambda x, y: m.op("Add", m.op("Transpose", x, perm=[0, 1, 3, 2]), y)
    )(m.quantize(m.input(1, 3, 4, 5)), m.quantize(m.input(1, 3, 5, 4, name="y"))),
    "gated": lambda m: (
        lambda s: m.op("Mul", s, m.op("Clip", s, m.constant(0.0), m.constant(1.0)))
    )(m.op("Add", *_two(m))),
}  # fmt: skip


@pytest.mark.parametrize("quantized", [False, True], ids=["host", "hardware"])
@pytest.mark.parametrize("name", PAIRS)
def test_two_streams(name: str, quantized: bool, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    y = PAIRS[name](m)
    check(m, tmp_path, m.quantize(y, 1.0, -3) if quantized else y)


def _nested(m: Model) -> str:
    x, y = _two(m, 0.5)
    inner = m.op("Concat", x, m.op("Conv", y, m.weights(2, 4, 1, 1)), axis=1)
    return m.op("Concat", m.op("Relu", inner), x, axis=1)


CONCATS: dict[str, Case] = {
    "channels": lambda m: m.op("Concat", *_two(m), axis=1),
    "channels_unequal": lambda m: m.op("Relu", m.op("Concat", *_two(m, 0.5), axis=1)),
    "rows": lambda m: m.op("Concat", *_two(m), axis=2),
    "pending": lambda m: (
        lambda x: m.op(
            "Mul",
            m.op("Concat", x, m.op("Conv", x, m.weights(2, 4, 1, 1)), axis=1),
            m.constant(np.reshape(2.0 ** np.arange(-3, 3), (1, 6, 1, 1))),
        )
    )(picture(m)),
    "nested": _nested,
    "after_split": lambda m: (
        lambda parts: m.op("Concat", parts[1], parts[0], axis=1)
    )(m.ops("Split", picture(m), m.constant([1, 3], np.int64), outputs=2, axis=1)),
    "flattened": lambda m: m.op("Concat", *(m.op("Flatten", v) for v in _two(m, 0.5)), axis=1),
}  # fmt: skip


@pytest.mark.parametrize("quantized", [False, True], ids=["host", "hardware"])
@pytest.mark.parametrize("name", CONCATS)
def test_concatenation(name: str, quantized: bool, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    y = CONCATS[name](m)
    check(m, tmp_path, m.quantize(y, 0.5, 1) if quantized else y)


ENDS: dict[str, Case] = {
    "argmax": lambda m: m.op("ArgMax", vector(m), axis=1),
    "argmax_map": lambda m: m.op("ArgMax", picture(m), axis=1, keepdims=0),
    "argmax_on_host": lambda m: m.op(
        "ArgMax", m.op("Relu", m.op("MatMul", vector(m), m.weights(12, 5))), axis=1
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_ranking(name: str, tmp_path: Path) -> None:
    m = Model(seed=len(name))
    imported = check(m, tmp_path, ENDS[name](m), frames=8)
    assert ("argmax" in families(imported)) == (name != "argmax_on_host")


def test_top_k_gives_values_and_indices(tmp_path: Path) -> None:
    m = Model()
    values, indices = m.ops("TopK", vector(m), m.constant([3], np.int64), outputs=2)
    imported = check(m, tmp_path, values, indices, frames=8)
    assert families(imported) == ["argmax", "argmax"]


@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax", "Sigmoid"])
def test_trailing_functions_run_on_the_host(kind: str, tmp_path: Path) -> None:
    m = Model()
    path = m.save(tmp_path, m.op(kind, m.op("MatMul", vector(m), m.weights(12, 5, scale=0.0625))))
    imported = load_model(path)
    x = grid(m.rng, 4, 12)
    (y,) = imported.run(x).values()
    (expected,) = runtime(path, {"x": x})
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-7)
    assert families(imported) == ["matmul"]
