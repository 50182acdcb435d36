"""Small TFLite models, one for each operator and use, with random sizes and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.frontends.tflite.moves import MOVES, Made, Maker, Random, meaning
from tests.frontends.tflite.wide import WIDE
from tests.frontends.tflite.writer import LiteWriter, Meaning

RELUS = (0, 1, 2, 3)
SAME, VALID = 0, 1


def weights(
    rng: Random, w: LiteWriter, shape: Sequence[int], axis: int, each: bool, dtype: str = "int8"
) -> int:
    """Weights whose scales are those of channels, or one for all."""
    top = 7 if dtype == "int4" else 127
    data = rng.integers(-top, top + 1, shape).astype(np.int8)
    scales = rng.uniform(0.001, 0.02, shape[axis] if each else 1).astype(np.float32)
    found = Meaning([float(s) for s in scales], 0, axis)
    return w.constant(data, found, dtype)


def bias(
    rng: Random, w: LiteWriter, rows: int, x: int = -1, k: int = -1, dtype: str = "int32"
) -> int:
    """Biases, with the product of the scales of `x` and `k` where the kernel checks it."""
    scale = 1e-3
    if x >= 0:
        scales = [np.atleast_1d(w.tensors[n][3].scale)[0] for n in (x, k)]  # type: ignore[union-attr]
        scale = float(np.float32(scales[0]) * np.float32(scales[1]))
    return w.constant(rng.integers(-3000, 3000, rows).astype(dtype), Meaning(scale))


def convolution(rng: Random, dtype: str = "int8", groups: int = 1) -> Made:
    w = LiteWriter()
    height, width, channels = 5 + int(rng.integers(4)), 9 + int(rng.integers(3)), 3 * groups
    kernel = [int(n) for n in rng.permutation([1, 2, 3, 4])[:2]]
    strides = [int(n) for n in rng.integers(1, 3, 2)]
    dilations = [1, 1] if max(strides) > 1 else [int(n) for n in rng.integers(1, 3, 2)]
    padding = int(rng.integers(2))
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    size = [_length(n, e, s, padding)
            for n, e, s in zip((height, width), extent, strides, strict=True)]  # fmt: skip
    filters = 4 * groups
    x = w.tensor((1, height, width, channels), meaning(rng))
    k = weights(rng, w, (filters, *kernel, channels // groups), 0, bool(rng.integers(2)), dtype)
    y = w.tensor((1, *size, filters), meaning(rng))
    inputs = [x, k, bias(rng, w, filters)] if rng.integers(4) or groups > 1 else [x, k, -1]
    w.op("CONV_2D", inputs, y, "Conv2DOptions", 3, Padding=padding, StrideH=strides[0],
         StrideW=strides[1], DilationHFactor=dilations[0], DilationWFactor=dilations[1],
         FusedActivationFunction=int(rng.choice(RELUS)))  # fmt: skip
    return w, [x], [y]


def _length(n: int, extent: int, stride: int, padding: int) -> int:
    return -(-n // stride) if padding == SAME else -(-(n - extent + 1) // stride)


def depthwise(rng: Random, multiplier: int = 1) -> Made:
    w = LiteWriter()
    height, width, channels = 6 + int(rng.integers(3)), 9 + int(rng.integers(3)), 5
    kernel, stride = [2, 3], int(rng.integers(1, 3))
    padding = int(rng.integers(2))
    size = [_length(n, k, stride, padding) for n, k in zip((height, width), kernel, strict=True)]
    x = w.tensor((1, height, width, channels), meaning(rng))
    k = weights(rng, w, (1, *kernel, channels * multiplier), 3, True)
    y = w.tensor((1, *size, channels * multiplier), meaning(rng))
    w.op("DEPTHWISE_CONV_2D", [x, k, bias(rng, w, channels * multiplier)], y,
         "DepthwiseConv2DOptions", 3, Padding=padding, StrideH=stride, StrideW=stride,
         DepthMultiplier=multiplier, DilationHFactor=1, DilationWFactor=1,
         FusedActivationFunction=int(rng.choice(RELUS)))  # fmt: skip
    return w, [x], [y]


def in_small_frames(rng: Random, kind: str = "CONV_2D") -> Made:
    """A dilated convolution as old converters write it: between moves to small frames and back."""
    w = LiteWriter()
    channels, filters = 3, 5 if kind == "CONV_2D" else 3
    size, block = [int(n) for n in rng.integers(5, 12, 2)], [int(n) for n in rng.integers(1, 4, 2)]
    kernel, padding = [int(n) for n in rng.permutation([1, 2, 3])[:2]], int(rng.integers(2))
    pads = [[int(n) for n in rng.integers(0, 3, 2)] for _ in block]
    for n, b, pad, k in zip(size, block, pads, kernel, strict=True):
        pad[1] += -(n + sum(pad)) % b
        pad[1] += max(0, k - (n + sum(pad)) // b) * b
    inside = [(n + sum(pad)) // b for n, pad, b in zip(size, pads, block, strict=True)]
    frames = block[0] * block[1]
    outside = [_length(n, k, 1, padding) for n, k in zip(inside, kernel, strict=True)]
    crops = [[0, min(1, pad[1], n * b - 1)] for n, b, pad in zip(outside, block, pads, strict=True)]
    result = [n * b - sum(c) for n, b, c in zip(outside, block, crops, strict=True)]
    before, behind = meaning(rng), meaning(rng)
    x = w.tensor((1, *size, channels), before)
    small = w.tensor((frames, *inside, channels), before)
    sums, y = w.tensor((frames, *outside, filters), behind), w.tensor((1, *result, filters), behind)
    blocks = w.constant(np.asarray(block, np.int32))
    w.op("SPACE_TO_BATCH_ND", [x, blocks, w.constant(np.asarray(pads, np.int32))], small,
         "SpaceToBatchNDOptions", 2)  # fmt: skip
    one = {"Padding": padding, "StrideH": 1, "StrideW": 1, "DilationHFactor": 1,
           "DilationWFactor": 1, "FusedActivationFunction": int(rng.choice(RELUS))}  # fmt: skip
    if kind == "CONV_2D":
        k = weights(rng, w, (filters, *kernel, channels), 0, True)
        w.op(kind, [small, k, bias(rng, w, filters)], sums, "Conv2DOptions", 3, **one)
    else:
        k = weights(rng, w, (1, *kernel, channels), 3, True)
        w.op(kind, [small, k, bias(rng, w, filters)], sums, "DepthwiseConv2DOptions", 3,
             DepthMultiplier=1, **one)  # fmt: skip
    w.op("BATCH_TO_SPACE_ND", [sums, blocks, w.constant(np.asarray(crops, np.int32))], y,
         "BatchToSpaceNDOptions", 2)  # fmt: skip
    return w, [x], [y]


def sequence_in_small_frames(rng: Random) -> Made:
    """The same of a sequence, as Keras' `Conv1D` with a dilation became."""
    w = LiteWriter()
    length, channels, filters = 7 + int(rng.integers(6)), 3, 4
    kernel, block = 2 + int(rng.integers(2)), 2 + int(rng.integers(2))
    pads = [(kernel - 1) * block, -(length + (kernel - 1) * block) % block]
    small = (length + sum(pads)) // block
    before, behind, turned = meaning(rng), meaning(rng), bool(rng.integers(2))
    shape = (block, small, 1, channels) if turned else (block, 1, small, channels)
    sums = (block, small - kernel + 1, 1, filters) if turned else (
        block, 1, small - kernel + 1, filters)  # fmt: skip
    x = w.tensor((1, length, channels), before)
    spread, wide = w.tensor((block, small, channels), before), w.tensor(shape, before)
    got = w.tensor(sums, behind)
    flat = w.tensor((block, small - kernel + 1, filters), behind)
    y = w.tensor((1, length, filters), behind)
    blocks = w.constant(np.asarray([block], np.int32))
    w.op("SPACE_TO_BATCH_ND", [x, blocks, w.constant(np.asarray([pads], np.int32))], spread,
         "SpaceToBatchNDOptions", 2)  # fmt: skip
    axis = w.constant(np.asarray(2 if turned else 1, np.int32))
    w.op("EXPAND_DIMS", [spread, axis], wide, "ExpandDimsOptions")
    k = weights(rng, w, (filters, *((kernel, 1) if turned else (1, kernel)), channels), 0, True)
    w.op("CONV_2D", [wide, k, bias(rng, w, filters)], got, "Conv2DOptions", 3, Padding=VALID,
         StrideH=1, StrideW=1, DilationHFactor=1, DilationWFactor=1)  # fmt: skip
    w.op("SQUEEZE", [got], flat, "SqueezeOptions", SqueezeDims=[2 if turned else 1])
    crops = w.constant(np.asarray([[0, pads[1]]], np.int32))
    w.op("BATCH_TO_SPACE_ND", [flat, blocks, crops], y, "BatchToSpaceNDOptions", 2)
    return w, [x], [y]


def transposed(rng: Random, padding: int) -> Made:
    w = LiteWriter()
    height, width, filters = 3, 4, 2
    kernel = [int(n) for n in rng.integers(1, 5, 2)]
    strides = [int(n) for n in rng.integers(1, 4, 2)]
    if padding == SAME:
        size = [n * s for n, s in zip((height, width), strides, strict=True)]
    else:
        size = [(n - 1) * s + max(k, s) for n, s, k in
                zip((height, width), strides, kernel, strict=True)]  # fmt: skip
    x = w.tensor((1, height, width, 5), meaning(rng))
    k = weights(rng, w, (filters, *kernel, 5), 0, bool(rng.integers(2)))
    y = w.tensor((1, *size, filters), meaning(rng))
    shape = w.constant(np.asarray([1, *size, filters], np.int32))
    inputs = [shape, k, x, bias(rng, w, filters)] if rng.integers(2) else [shape, k, x]
    w.op("TRANSPOSE_CONV", inputs, y, "TransposeConvOptions", len(inputs) - 1, Padding=padding,
         StrideH=strides[0], StrideW=strides[1])  # fmt: skip
    return w, [x], [y]


def fully_connected(
    rng: Random, each: bool = False, shape: Sequence[int] = (1, 37), dtype: str = "int8"
) -> Made:
    w = LiteWriter()
    outputs = 11
    x = w.tensor(shape, meaning(rng))
    k = weights(rng, w, (outputs, shape[-1]), 0, each, dtype)
    y = w.tensor((int(np.prod(shape[:-1])), outputs), meaning(rng))
    inputs = [x, k, bias(rng, w, outputs, x, k)] if rng.integers(3) else [x, k, -1]
    version = 4 if dtype == "int8" else 8
    w.op("FULLY_CONNECTED", inputs, y, "FullyConnectedOptions", version,
         FusedActivationFunction=int(rng.choice(RELUS)))  # fmt: skip
    return w, [x], [y]


def pool(rng: Random, kind: str) -> Made:
    w = LiteWriter()
    height, width, kernel = 7, 10, [int(n) for n in rng.integers(1, 5, 2)]
    stride, padding = [int(n) for n in rng.integers(1, 4, 2)], int(rng.integers(2))
    size = [_length(n, k, s, padding)
            for n, k, s in zip((height, width), kernel, stride, strict=True)]  # fmt: skip
    same = meaning(rng)
    x, y = w.tensor((1, height, width, 3), same), w.tensor((1, *size, 3), same)
    w.op(kind, [x], y, "Pool2DOptions", 2, Padding=padding, StrideH=stride[0], StrideW=stride[1],
         FilterHeight=kernel[0], FilterWidth=kernel[1],
         FusedActivationFunction=int(rng.choice(RELUS)))  # fmt: skip
    return w, [x], [y]


def two(rng: Random, kind: str, table: str = "", shapes: Sequence[Sequence[int]] = ()) -> Made:
    """Two streams."""
    w = LiteWriter()
    first, second = shapes or ((1, 3, 4, 5), (1, 3, 4, 5))
    a, b = w.tensor(first, meaning(rng)), w.tensor(second, meaning(rng))
    y = w.tensor(np.broadcast_shapes(tuple(first), tuple(second)), meaning(rng))
    options = {"FusedActivationFunction": int(rng.choice(RELUS))} if table else {}
    w.op(kind, [a, b], y, table, 2, **options)
    return w, [a, b], [y]


def beside(rng: Random, kind: str, table: str = "", shape: Sequence[int] = (5,)) -> Made:
    """A stream and a constant, on either side."""
    w = LiteWriter()
    x = w.tensor((1, 3, 4, 5), meaning(rng))
    c = w.constant(rng.integers(-128, 128, shape).astype(np.int8), meaning(rng))
    y = w.tensor((1, 3, 4, 5), meaning(rng))
    options = {"FusedActivationFunction": int(rng.choice(RELUS))} if table else {}
    w.op(kind, [x, c] if rng.integers(2) else [c, x], y, table, 2, **options)
    return w, [x], [y]


def one(
    rng: Random,
    kind: str,
    table: str = "",
    result: Meaning | None = None,
    version: int = 2,
    **options: Any,
) -> Made:
    """A function of one stream."""
    w = LiteWriter()
    x = w.tensor((1, 5, 7, 9), meaning(rng, 0.01, 0.1))
    y = w.tensor((1, 5, 7, 9), result or meaning(rng, 0.01, 0.1))
    w.op(kind, [x], y, table, version, **options)
    return w, [x], [y]


def prelu(rng: Random) -> Made:
    w = LiteWriter()
    x, y = w.tensor((1, 3, 4, 5), meaning(rng)), w.tensor((1, 3, 4, 5), meaning(rng))
    slopes = rng.integers(-128, 128, (1, 1, 5)).astype(np.int8)
    w.op("PRELU", [x, w.constant(slopes, meaning(rng, 0.001, 0.01))], y, "", 1)
    return w, [x], [y]


def float_ends(rng: Random) -> Made:
    """Real numbers in, a convolution of one pixel, softmax, real numbers out."""
    w = LiteWriter()
    x, q = w.tensor((1, 3, 4, 5), None, "float32"), w.tensor((1, 3, 4, 5), meaning(rng))
    w.op("QUANTIZE", [x], q)
    k, h = weights(rng, w, (7, 1, 1, 5), 0, True), w.tensor((1, 3, 4, 7), meaning(rng))
    w.op("CONV_2D", [q, k, bias(rng, w, 7)], h, "Conv2DOptions", 3, StrideH=1, StrideW=1,
         DilationHFactor=1, DilationWFactor=1)  # fmt: skip
    s, y = w.tensor((1, 3, 4, 7), Meaning(1 / 256, -128)), w.tensor((1, 3, 4, 7), None, "float32")
    w.op("SOFTMAX", [h], s, "SoftmaxOptions", 1, Beta=1.0)
    w.op("DEQUANTIZE", [s], y, "", 2)
    return w, [x], [y]


def arg_max(rng: Random, axis: int, kind: str = "ARG_MAX") -> Made:
    w = LiteWriter()
    x = w.tensor((1, 3, 4, 5), meaning(rng))
    shape = [n for i, n in enumerate((1, 3, 4, 5)) if i != axis]
    y = w.tensor(shape, None, "int32")
    table = "ArgMaxOptions" if kind == "ARG_MAX" else "ArgMinOptions"
    w.op(kind, [x, w.constant(np.asarray(axis, np.int32))], y, table, 2, OutputType=2)
    return w, [x], [y]


def fine(rng: Random) -> Meaning:
    """Of 16 bits."""
    return Meaning(float(np.float32(rng.uniform(1e-4, 1e-3))), 0)


def sixteen(rng: Random, kind: str) -> Made:
    """Sums of products of int16 by int8, whose biases have 64 bits."""
    w = LiteWriter()
    matrix = kind == "FULLY_CONNECTED"
    x = w.tensor((1, 37) if matrix else (1, 4, 5, 3), fine(rng), "int16")
    shapes = {
        "FULLY_CONNECTED": (4, 37),
        "CONV_2D": (4, 2, 1, 3),
        "DEPTHWISE_CONV_2D": (1, 2, 3, 3),
    }
    axis = 3 if kind.startswith("DEPTH") else 0
    k = weights(rng, w, shapes[kind], axis, not matrix)
    rows = shapes[kind][axis]
    b = bias(rng, w, rows, x, k, "int64")
    y = w.tensor((1, 4) if matrix else (1, 4, 5, rows), fine(rng), "int16")
    if matrix:
        w.op(kind, [x, k, b], y, "FullyConnectedOptions", 7)
        return w, [x], [y]
    table = "Conv2DOptions" if kind == "CONV_2D" else "DepthwiseConv2DOptions"
    more = {"DepthMultiplier": 1} if axis == 3 else {}
    w.op(kind, [x, k, b], y, table, 4, StrideH=1, StrideW=1, DilationHFactor=1, DilationWFactor=1,
         FusedActivationFunction=int(rng.choice(RELUS)), **more)  # fmt: skip
    return w, [x], [y]


def two_of_sixteen(rng: Random, kind: str, table: str) -> Made:
    w = LiteWriter()
    a, b, y = (w.tensor((1, 3, 4, 5), fine(rng), "int16") for _ in range(3))
    w.op(kind, [a, b], y, table, 4, FusedActivationFunction=int(rng.choice(RELUS)))
    return w, [a, b], [y]


def reduced(rng: Random, kind: str, axes: Sequence[int], keep: bool, same: bool = False) -> Made:
    w = LiteWriter()
    before = meaning(rng)
    x = w.tensor((1, 5, 3, 7), before)
    shape = [1 if i in axes else n for i, n in enumerate((1, 5, 3, 7))]
    if not keep:
        shape = [n for i, n in enumerate((1, 5, 3, 7)) if i not in axes]
    y = w.tensor(shape, before if same else meaning(rng))
    chosen = w.constant(np.asarray(axes, np.int32))
    w.op(kind, [x, chosen], y, "ReducerOptions", 2, KeepDims=keep)
    return w, [x], [y]


MAKERS: dict[str, Maker] = {
    "convolution": convolution,
    "convolution int4": lambda r: convolution(r, "int4"),
    "convolution groups": lambda r: convolution(r, groups=2),
    "depthwise": depthwise,
    "depthwise 3": lambda r: depthwise(r, 3),
    "small frames": in_small_frames,
    "small frames depthwise": lambda r: in_small_frames(r, "DEPTHWISE_CONV_2D"),
    "small frames of a sequence": sequence_in_small_frames,
    "transposed": lambda r: transposed(r, SAME),
    "transposed valid": lambda r: transposed(r, VALID),
    "fully connected": fully_connected,
    "fully connected rows": lambda r: fully_connected(r, shape=(1, 4, 9)),
    "fully connected channels": lambda r: fully_connected(r, True),
    "fully connected int4": lambda r: fully_connected(r, shape=(1, 37), dtype="int4"),
    "average pool": lambda r: pool(r, "AVERAGE_POOL_2D"),
    "max pool": lambda r: pool(r, "MAX_POOL_2D"),
    "convolution int16": lambda r: sixteen(r, "CONV_2D"),
    "depthwise int16": lambda r: sixteen(r, "DEPTHWISE_CONV_2D"),
    "fully connected int16": lambda r: sixteen(r, "FULLY_CONNECTED"),
    "add int16": lambda r: two_of_sixteen(r, "ADD", "AddOptions"),
    "sub int16": lambda r: two_of_sixteen(r, "SUB", "SubOptions"),
    "mul int16": lambda r: two_of_sixteen(r, "MUL", "MulOptions"),
    "mean": lambda r: reduced(r, "MEAN", (1, 2), False),
    "mean kept": lambda r: reduced(r, "MEAN", (1, 2), True),
    "mean channels": lambda r: reduced(r, "MEAN", (3,), False),
    "mean rows": lambda r: reduced(r, "MEAN", (1,), True),
    "reduce max": lambda r: reduced(r, "REDUCE_MAX", (1, 2), True, True),
    "reduce max channels": lambda r: reduced(r, "REDUCE_MAX", (3,), False, True),
    "reduce min": lambda r: reduced(r, "REDUCE_MIN", (1, 2), True, True),
    "reduce min channels": lambda r: reduced(r, "REDUCE_MIN", (3,), False, True),
    "add": lambda r: two(r, "ADD", "AddOptions"),
    "sub": lambda r: two(r, "SUB", "SubOptions"),
    "mul": lambda r: two(r, "MUL", "MulOptions"),
    "add spread": lambda r: two(r, "ADD", "AddOptions", ((1, 3, 4, 5), (1, 1, 1, 5))),
    "mul spread": lambda r: two(r, "MUL", "MulOptions", ((1, 1, 1, 5), (1, 3, 4, 5))),
    "add constant": lambda r: beside(r, "ADD", "AddOptions"),
    "add map": lambda r: beside(r, "ADD", "AddOptions", (1, 3, 4, 5)),
    "sub constant": lambda r: beside(r, "SUB", "SubOptions"),
    "mul constant": lambda r: beside(r, "MUL", "MulOptions"),
    "maximum": lambda r: two(r, "MAXIMUM"),
    "minimum": lambda r: two(r, "MINIMUM"),
    "maximum constant": lambda r: beside(r, "MAXIMUM"),
    "requantize": lambda r: one(r, "QUANTIZE"),
    "relu": lambda r: one(r, "RELU"),
    "relu6": lambda r: one(r, "RELU6"),
    "relu n1 to 1": lambda r: one(r, "RELU_N1_TO_1", version=1),
    "leaky relu": lambda r: one(r, "LEAKY_RELU", "LeakyReluOptions", Alpha=0.17),
    "prelu": prelu,
    "logistic": lambda r: one(r, "LOGISTIC", result=Meaning(1 / 256, -128)),
    "tanh": lambda r: one(r, "TANH", result=Meaning(1 / 128, 0)),
    "exp": lambda r: one(r, "EXP", "ExpOptions", Meaning(0.05, -128), 2),
    "gelu": lambda r: one(r, "GELU", "GeluOptions", Approximate=False),
    "gelu near": lambda r: one(r, "GELU", "GeluOptions", Approximate=True),
    "hard swish": lambda r: one(r, "HARD_SWISH", version=1),
    "softmax": lambda r: one(r, "SOFTMAX", "SoftmaxOptions", Meaning(1 / 256, -128), Beta=1.0),
    "softmax beta": lambda r: one(
        r, "SOFTMAX", "SoftmaxOptions", Meaning(1 / 256, -128), Beta=0.3
    ),
    "float ends": float_ends,
    "arg max": lambda r: arg_max(r, 3),
    "arg max rows": lambda r: arg_max(r, 1),
    "arg min": lambda r: arg_max(r, 3, "ARG_MIN"),
    "arg min columns": lambda r: arg_max(r, 2, "ARG_MIN"),
    **MOVES,
    **WIDE,
}  # fmt: skip
"""Uses of operators by name."""
