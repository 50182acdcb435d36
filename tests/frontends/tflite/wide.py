"""Small TFLite models of int16, and of operators in front of which a softmax stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.frontends.tflite.moves import Made, Maker, Random, meaning
from tests.frontends.tflite.writer import LiteWriter, Meaning

SHARES = Meaning(1 / 256, -128)
DIGITS_15 = Meaning(2.0**-15)


def _near(digits: int) -> Meaning:
    """A step that TFLite takes as a power of two, though it is none."""
    return Meaning(float(np.float32(2.0**-digits * 1.0005)))


def softmax_inside(
    rng: Random, rows: int, size: int, beta: float = 1.0, before: Meaning | None = None
) -> Made:
    """A softmax whose shares another operator takes."""
    w = LiteWriter()
    x = w.tensor((1, rows, size), before or meaning(rng, 0.01, 0.5))
    shares, y = (
        w.tensor((1, rows, size), SHARES),
        w.tensor((1, rows, size), meaning(rng, 0.001, 0.01)),
    )
    w.op("SOFTMAX", [x], shares, "SoftmaxOptions", 1, Beta=beta)
    w.op("QUANTIZE", [shares], y, "", 2)
    return w, [x], [y]


def softmax_twice(rng: Random) -> Made:
    """Shares that leave the model and that the largest is looked for in."""
    w = LiteWriter()
    x, shares = w.tensor((1, 13), meaning(rng, 0.01, 0.5)), w.tensor((1, 13), SHARES)
    y = w.tensor((1,), None, "int32")
    w.op("SOFTMAX", [x], shares, "SoftmaxOptions", 1, Beta=1.0)
    w.op("ARG_MAX", [shares, w.constant(np.asarray(1, np.int32))], y, "ArgMaxOptions", 2,
         OutputType=2)  # fmt: skip
    return w, [x], [shares, y]


def softmax_of_sixteen(rng: Random, rows: int, size: int) -> Made:
    w = LiteWriter()
    x = w.tensor((1, rows, size), Meaning(float(np.float32(rng.uniform(1e-5, 1e-3)))), "int16")
    y = w.tensor((1, rows, size), DIGITS_15, "int16")
    beta = float(rng.choice([1.0, 0.4]))
    w.op("SOFTMAX", [x], y, "SoftmaxOptions", 3, Beta=beta)
    return w, [x], [y]


def function(
    rng: Random,
    kind: str,
    version: int,
    before: Meaning | None = None,
    behind: Meaning | None = None,
    table: str = "",
    **options: Any,
) -> Made:
    """A function of int16."""
    w = LiteWriter()
    step = Meaning(float(np.float32(rng.uniform(2e-5, 1e-3))))
    x = w.tensor((1, 5, 7, 3), before or step, "int16")
    y = w.tensor((1, 5, 7, 3), behind or step, "int16")
    w.op(kind, [x], y, table, version, **options)
    return w, [x], [y]


def prelu(rng: Random) -> Made:
    """Slopes are int8 here, too."""
    w = LiteWriter()
    x, y = (w.tensor((1, 3, 4, 5), Meaning(float(np.float32(rng.uniform(1e-4, 1e-3)))), "int16")
            for _ in range(2))  # fmt: skip
    slopes = rng.integers(-128, 128, (1, 1, 5)).astype(np.int8)
    w.op("PRELU", [x, w.constant(slopes, Meaning(0.007))], y, "", 1)
    return w, [x], [y]


def beside(rng: Random, kind: str, table: str) -> Made:
    """A stream and a constant of int16."""
    w = LiteWriter()
    fine = [Meaning(float(np.float32(rng.uniform(1e-4, 1e-3)))) for _ in range(3)]
    x, y = w.tensor((1, 3, 4, 5), fine[0], "int16"), w.tensor((1, 3, 4, 5), fine[1], "int16")
    c = w.constant(rng.integers(-32768, 32768, 5).astype(np.int16), fine[2])
    w.op(kind, [x, c], y, table, 4)
    return w, [x], [y]


def transposed(rng: Random) -> Made:
    """A transposed convolution of int16, whose biases have 64 bits."""
    w = LiteWriter()
    before, weight = Meaning(float(np.float32(rng.uniform(1e-4, 1e-3)))), Meaning(0.004)
    x, y = w.tensor((1, 3, 4, 5), before, "int16"), w.tensor((1, 6, 8, 2), Meaning(3e-4), "int16")
    shape = w.constant(np.asarray([1, 6, 8, 2], np.int32))
    k = w.constant(rng.integers(-127, 128, (2, 3, 2, 5)).astype(np.int8), weight)
    bias = w.constant(rng.integers(-3000, 3000, 2), Meaning(before.scale * weight.scale))  # type: ignore[operator]
    w.op("TRANSPOSE_CONV", [shape, k, x, bias], y, "TransposeConvOptions", 3, Padding=0, StrideH=2,
         StrideW=2)  # fmt: skip
    return w, [x], [y]


def many_filters(rng: Random) -> Made:
    """So many that a threshold for each of their results would be too much."""
    w, filters = LiteWriter(), 160
    x = w.tensor((1, 2, 3, 3), Meaning(3e-4), "int16")
    y = w.tensor((1, 2, 3, filters), Meaning(2e-4), "int16")
    scales = [float(s) for s in rng.uniform(0.001, 0.02, filters).astype(np.float32)]
    k = w.constant(rng.integers(-127, 128, (filters, 1, 1, 3)).astype(np.int8), Meaning(scales))
    bias = w.constant(rng.integers(-(2**20), 2**20, filters), Meaning(1e-6))
    w.op("CONV_2D", [x, k, bias], y, "Conv2DOptions", 4, StrideH=1, StrideW=1, DilationHFactor=1,
         DilationWFactor=1)  # fmt: skip
    return w, [x], [y]


def exponential(rng: Random) -> Made:
    before, behind = Meaning(float(np.float32(rng.uniform(2e-5, 2e-4)))), Meaning(0.0009)
    return function(rng, "EXP", 2, before, behind, "ExpOptions")


def products(
    rng: Random, batch: tuple[int, ...], turned: tuple[bool, bool], constant: bool = False
) -> Made:
    """Products of two streams of matrices, or with a constant one."""
    w = LiteWriter()
    rows, pairs, columns = 3, 5, 4
    shapes = [(*batch, rows, pairs), (*(() if constant else batch), pairs, columns)]
    shapes = [(*s[:-2], s[-1], s[-2]) if t else s for s, t in zip(shapes, turned, strict=True)]
    a = w.tensor(shapes[0], meaning(rng))
    if constant:
        b = w.constant(
            rng.integers(-128, 128, shapes[1]).astype(np.int8), meaning(rng, 0.002, 0.01)
        )
    else:
        b = w.tensor(shapes[1], meaning(rng, 0.002, 0.01))
    y = w.tensor((*batch, rows, columns), meaning(rng))
    w.op("BATCH_MATMUL", [a, b], y, "BatchMatMulOptions", 2, AdjX=turned[0], AdjY=turned[1])
    return w, [a] if constant else [a, b], [y]


def attention(rng: Random) -> Made:
    """Two heads: queries by keys, softmax, and values."""
    w, heads, tokens, size = LiteWriter(), 2, 5, 3
    q, k, v = (w.tensor((1, heads, tokens, size), meaning(rng)) for _ in range(3))
    scores = w.tensor((1, heads, tokens, tokens), meaning(rng, 0.05, 0.1))
    shares = w.tensor((1, heads, tokens, tokens), SHARES)
    y = w.tensor((1, heads, tokens, size), meaning(rng, 0.05, 0.2))
    w.op("BATCH_MATMUL", [q, k], scores, "BatchMatMulOptions", 2, AdjX=False, AdjY=True)
    w.op("SOFTMAX", [scores], shares, "SoftmaxOptions", 1, Beta=1.0)
    w.op("BATCH_MATMUL", [shares, v], y, "BatchMatMulOptions", 2, AdjX=False, AdjY=False)
    return w, [q, k, v], [y]


WIDE: dict[str, Maker] = {
    "softmax inside": lambda r: softmax_inside(r, 4, 9),
    "softmax inside beta": lambda r: softmax_inside(r, 2, 17, 0.3),
    "softmax inside of one": lambda r: softmax_inside(r, 3, 1),
    "softmax inside and outside": softmax_twice,
    "products": lambda r: products(r, (1,), (False, False)),
    "products of heads": lambda r: products(r, (1, 2), (False, True)),
    "products turned": lambda r: products(r, (1, 2), (True, False)),
    "products by a constant": lambda r: products(r, (1, 2), (False, False), True),
    "attention": attention,
    "softmax int16": lambda r: softmax_of_sixteen(r, 4, 7),
    "softmax int16 long": lambda r: softmax_of_sixteen(r, 2, 61),
    "logistic int16": lambda r: function(r, "LOGISTIC", 3, None, DIGITS_15),
    "logistic int16 power": lambda r: function(r, "LOGISTIC", 3, Meaning(2.0**-12), DIGITS_15),
    "logistic int16 near a power": lambda r: function(r, "LOGISTIC", 3, _near(12), DIGITS_15),
    "logistic int16 nearer": lambda r: function(r, "LOGISTIC", 3, _near(11), DIGITS_15),
    "tanh int16 near a power": lambda r: function(r, "TANH", 3, _near(11), DIGITS_15),
    "tanh int16": lambda r: function(r, "TANH", 3, None, DIGITS_15),
    "tanh int16 power": lambda r: function(r, "TANH", 3, Meaning(2.0**-11), DIGITS_15),
    "exp int16": exponential,
    "prelu int16": prelu,
    "add int16 constant": lambda r: beside(r, "ADD", "AddOptions"),
    "sub int16 constant": lambda r: beside(r, "SUB", "SubOptions"),
    "mul int16 constant": lambda r: beside(r, "MUL", "MulOptions"),
    "convolution int16 of many filters": many_filters,
    "transposed int16": transposed,
    "relu int16": lambda r: function(r, "RELU", 2),
    "relu6 int16": lambda r: function(r, "RELU6", 2),
    "leaky relu int16": lambda r: function(r, "LEAKY_RELU", 2, table="LeakyReluOptions", Alpha=0.3),
    "quantize int16": lambda r: function(r, "QUANTIZE", 2, None, Meaning(0.0004)),
}
"""Uses of operators by name."""
