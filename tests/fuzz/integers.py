"""Networks whose tensors are integers: QLinear operators, contrib ones, and integer arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from tests.fuzz.growing import Grower, Grown, Shape

MS = "com.microsoft"
Parameters = tuple[float, int]


class Integers(Grower):
    """Every tensor is int8, or every one uint8; `meaning` knows its scale and zero point."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.dtype: Any = (np.int8, np.uint8)[int(rng.integers(2))]
        self.meaning: dict[str, Parameters] = {}
        super().__init__(rng)

    def start(self, shape: Shape) -> str:
        kind = TensorProto.INT8 if self.dtype is np.int8 else TensorProto.UINT8
        return self.told(self.model.input("batch", *shape, kind=kind))

    def quantized(self, x: str, channels: int) -> str:
        raise TypeError("integers are not quantized again")

    def weights(self, *shape: int, axis: int = 0) -> str:
        limit = int(self.rng.choice([2, 20, 127]))
        low = -limit if self.dtype is np.int8 else 0
        return self.model.constant(self.rng.integers(low, limit + 1, shape), self.dtype)

    def drawn(self, low: int = -5, high: int = -1) -> Parameters:
        """A scale and a zero point."""
        zero = self.some(-128, 128) if self.dtype is np.int8 else self.some(0, 256)
        if self.maybe(0.3):
            zero = 0
        return float(self.scale(low, high)), zero

    def told(self, x: str, meaning: Parameters | None = None) -> str:
        self.meaning[x] = meaning or self.drawn()
        return x

    def of(self, x: str) -> tuple[str, str]:
        """Scale and zero point of a tensor, as constants. A moved tensor keeps its parent's."""
        scale, zero = self.meaning.setdefault(x, self.drawn())
        return self.model.constant(scale), self.model.constant(zero, self.dtype)

    def pair(self, meaning: Parameters) -> tuple[str, str]:
        return self.model.constant(meaning[0]), self.model.constant(meaning[1], self.dtype)

    def outputs(self) -> list[str]:
        """A classifier on the last tensor, and sometimes a tensor from the middle."""
        name, shape = self.tensors[-1]
        flat, n = self.model.op("Flatten", name), int(np.prod(shape))
        result = self.drawn(-2, 2)
        inputs = (flat, *self.of(name), self.weights(n, 5), *self.pair(self.drawn(-7, -4)))
        if self.maybe():
            found = [self.model.op("QLinearMatMul", *inputs, *self.pair(result))]
        elif self.maybe():
            bias = self.model.constant(self.rng.integers(-2000, 2000, 5), np.int32)
            found = [self.model.op("QGemm", *inputs, bias, *self.pair(result), domain=MS)]
        else:
            weights, zero = self.weights(n, 4), self.model.constant(self.some(0, 5), self.dtype)
            found = [self.model.op("MatMulInteger", flat, weights, self.of(name)[1], zero)]
        others = [n for n, s in self.tensors[1:-1]]
        if others and self.maybe(0.4):
            found.append(others[self.some(0, len(others))])
        return found

    def add_pad(self, x: str, shape: Shape) -> Grown:
        return None

    def add_conv(self, x: str, shape: Shape) -> Grown:
        m, c = self.model, shape[0]
        kernel = [self.some(1, min(n, 3) + 1) for n in shape[1:]]
        options, out = self.window(shape, kernel, pads_below=kernel)
        if out is None:
            return None
        groups = int(self.rng.choice([g for g in (1, 2, c) if c % g == 0]))
        filters = groups * self.some(1, 4)
        weights = self.weights(filters, c // groups, *kernel)
        scales, zero = self.scale(-8, -4, filters if self.maybe() else None), 0
        if self.dtype is np.uint8:
            zero = self.some(0, 10)
        zeros = np.full(np.shape(scales), zero)
        w = (weights, m.constant(scales), m.constant(zeros, self.dtype))
        result = self.drawn(-2, 2)
        inputs = [x, *self.of(x), *w, *self.pair(result)]
        if self.maybe():
            inputs.append(m.constant(self.rng.integers(-2000, 2000, filters), np.int32))
        y = m.op("QLinearConv", *inputs, group=groups, **options)
        return self.told(y, result), (filters, *out)

    def add_two(self, x: str, shape: Shape) -> Grown:
        others = [name for name, other in self.tensors if other == shape and name != x]
        if not others:
            return None
        other = others[self.some(0, len(others))]
        kind = str(self.rng.choice(["QLinearAdd", "QLinearMul"]))
        result = self.drawn(-4, 1)
        y = self.model.op(
            kind, x, *self.of(x), other, *self.of(other), *self.pair(result), domain=MS
        )
        return self.told(y, result), shape

    def add_constant(self, x: str, shape: Shape) -> Grown:
        kind, result = str(self.rng.choice(["QLinearAdd", "QLinearMul"])), self.drawn(-4, 1)
        other = self.weights(shape[0], *[1] * (len(shape) - 1))
        inputs = (x, *self.of(x), other, *self.pair(self.drawn()), *self.pair(result))
        return self.told(self.model.op(kind, *inputs, domain=MS), result), shape

    def add_concat(self, x: str, shape: Shape) -> Grown:
        others = [(n, s) for n, s in self.tensors if s[1:] == shape[1:]]
        name, other = others[self.some(0, len(others))]
        joined = (shape[0] + other[0], *shape[1:])
        if joined[0] > 12:
            return None
        result = self.drawn()
        inputs = (*self.pair(result), x, *self.of(x), name, *self.of(name))
        y = self.model.op("QLinearConcat", *inputs, domain=MS, axis=1)
        return self.told(y, result), joined

    def add_activation(self, x: str, shape: Shape) -> Grown:
        result = self.drawn()
        inputs = (x, *self.of(x), *self.pair(result))
        y = self.model.op("QLinearLeakyRelu", *inputs, domain=MS, alpha=0.1)
        return self.told(y, result), shape

    def add_average(self, x: str, shape: Shape) -> Grown:
        if len(shape) != 3 or self.maybe():
            return None
        kernel = [self.some(1, min(n, 3) + 1) for n in shape[1:]]
        options, out = self.window(shape, kernel, pads_below=[1, 1])
        result = self.drawn()
        if out is None:
            return None
        del options["dilations"]
        out = [
            (n - k) // s + 1 for n, k, s in zip(shape[1:], kernel, options["strides"], strict=True)
        ]
        inputs = (x, *self.of(x), *self.pair(result))
        y = self.model.op("QLinearAveragePool", *inputs, domain=MS, kernel_shape=kernel, **options)
        return self.told(y, result), (shape[0], *out)

    def add_global(self, x: str, shape: Shape) -> Grown:
        if len(shape) != 3 or self.maybe(0.6):
            return None
        result = self.drawn()
        inputs = (x, *self.of(x), *self.pair(result))
        y = self.model.op("QLinearGlobalAveragePool", *inputs, domain=MS, channels_last=0)
        return self.told(y, result), (shape[0], 1, 1)

    def add_requantized(self, x: str, shape: Shape) -> Grown:
        """Out of the integers and back, by way of floats."""
        m, result = self.model, self.drawn()
        real = m.op("DequantizeLinear", x, *self.of(x))
        if self.maybe():
            real = m.op("Relu", real)
        return self.told(m.op("QuantizeLinear", real, *self.pair(result)), result), shape

    def add_rows(self, x: str, shape: Shape) -> Grown:
        filters, result = self.some(1, 6), self.drawn(-2, 2)
        weights = (self.weights(shape[-1], filters), *self.pair(self.drawn(-7, -4)))
        y = self.model.op("QLinearMatMul", x, *self.of(x), *weights, *self.pair(result))
        return self.told(y, result), (*shape[:-1], filters)

    def add_integer_conv(self, x: str, shape: Shape) -> Grown:
        """ConvInteger, then multiply, shift, clip and narrow, all in integers."""
        if self.dtype is not np.uint8 or len(shape) != 3:
            return None
        m, filters = self.model, self.some(1, 4)
        zero = m.constant(self.meaning.setdefault(x, self.drawn())[1], np.uint8)
        y = m.op("ConvInteger", x, self.weights(filters, shape[0], 1, 1), zero)
        y = m.op("Mul", y, m.constant(self.some(1, 8), np.int32))
        y = m.op("Add", y, m.constant(1 << 7, np.int32))
        y = m.op("Div", y, m.constant(1 << 8, np.int32))
        y = m.op("Clip", y, m.constant(0, np.int32), m.constant(255, np.int32))
        y = m.op("Cast", y, to=TensorProto.UINT8)
        return self.told(y), (filters, *shape[1:])

    def add_wrapping(self, x: str, shape: Shape) -> Grown:
        """Products and sums in int32 that leave it, and come back as two's complement does."""
        if self.maybe():
            return None
        m, limits = self.model, np.iinfo(self.dtype)
        y = m.op("Cast", x, to=TensorProto.INT32)
        y = m.op("Mul", y, m.constant(self.some(1 << 20, 1 << 28), np.int32))
        y = m.op("Add", y, m.constant(self.some(-(1 << 31), 1 << 31), np.int32))
        y = m.op("Div", y, m.constant(1 << 23, np.int32))
        y = m.op("Clip", y, *(m.constant(v, np.int32) for v in (limits.min, limits.max)))
        kind = TensorProto.INT8 if self.dtype is np.int8 else TensorProto.UINT8
        return self.told(m.op("Cast", y, to=kind)), shape
