"""Layers with arithmetic in floats, for flavours whose tensors are floats between quantizers."""

from __future__ import annotations

import numpy as np

from tests.fuzz.growing import Grower, Grown, Shape


class FloatLayers(Grower):
    """Convolutions, sums, products, pools and activation functions."""

    def factors(self, channels: int, rank: int) -> str:
        """One factor per channel, signed."""
        signs = self.rng.choice([1, 1, 1, -1], channels)
        return self.model.constant((self.scale(-3, 2, channels) * signs).reshape(-1, *[1] * rank))

    def activation(self, x: str, shape: Shape) -> str:
        """One operator, or two, that a chain between accumulator and quantizer may hold."""
        for _ in range(self.some(0, 3)):
            x = self._one_activation(x, shape)
        return x

    def _one_activation(self, x: str, shape: Shape) -> str:
        m, (c, *rest) = self.model, shape
        choice = self.some(0, 10)
        if choice == 0:
            return m.op("Relu", x)
        if choice == 1:
            return m.op("Mul", x, self.factors(c, len(rest)))
        if choice == 2:
            return m.op("Add", x, self.factors(c, len(rest)))
        if choice == 3:
            return m.op("Clip", x, m.constant(-4.0), m.constant(6.0))
        if choice == 4:
            return m.op("LeakyRelu", x, alpha=float(self.rng.choice([0.125, 0.1])))
        if choice == 5:
            return m.op("PRelu", x, self.factors(c, len(rest)))
        if choice == 6:
            return m.op(
                str(
                    self.rng.choice(
                        ["Abs", "Neg", "HardSigmoid", "HardSwish"][: 3 + (self.opset > 13)]
                    )
                ),
                x,
            )
        if choice == 7:
            return m.op("ThresholdedRelu", x, alpha=0.5)
        if choice == 8:
            return self._normalized(x, c)
        return m.op(str(self.rng.choice(["Div", "Sub"])), x, m.constant(self.scale(-2, 2)))

    def _normalized(self, x: str, channels: int) -> str:
        m, rng = self.model, self.rng
        rows = (
            rng.uniform(0.25, 2, channels), rng.uniform(-1, 1, channels),
            rng.uniform(-1, 1, channels), rng.uniform(0.25, 4, channels),
        )  # fmt: skip
        return m.op("BatchNormalization", x, *(m.constant(row) for row in rows))

    def finish(self, x: str, shape: Shape) -> Grown:
        """Activations and a quantizer."""
        return self.quantized(self.activation(x, shape), shape[0]), shape

    def add_conv(self, x: str, shape: Shape) -> Grown:
        m, c = self.model, shape[0]
        kernel = [self.some(1, min(n, 3) + 1) for n in shape[1:]]
        options, out = self.window(shape, kernel, pads_below=[k + 1 for k in kernel])
        if out is None:
            return None
        groups = int(self.rng.choice([g for g in (1, 2, 3, c) if c % g == 0]))
        filters = groups * self.some(1, 4 if groups > 1 else 7)
        inputs = [x, self.weights(filters, c // groups, *kernel)]
        if self.maybe():
            inputs.append(m.constant(self.rng.integers(-40, 40, filters) * 0.125))
        y = m.op("Conv", *inputs, group=groups, **options)
        return self.finish(y, (filters, *out))

    def add_conv_transpose(self, x: str, shape: Shape) -> Grown:
        if len(shape) != 3 or self.maybe():
            return None
        kernel, strides = [self.some(1, 4) for _ in range(2)], [self.some(1, 3) for _ in range(2)]
        filters = self.some(1, 4)
        weights = self.weights(shape[0], filters, *kernel, axis=1)
        y = self.model.op("ConvTranspose", x, weights, strides=strides, kernel_shape=kernel)
        out = [(n - 1) * s + k for n, s, k in zip(shape[1:], strides, kernel, strict=True)]
        return self.finish(y, (filters, *out))

    def add_average_pool(self, x: str, shape: Shape) -> Grown:
        kernel = [self.some(1, min(n, 3) + 1) for n in shape[1:]]
        options, out = self.window(shape, kernel, pads_below=kernel)
        if out is None:
            return None
        del options["dilations"]
        options["count_include_pad"] = self.some(0, 2)
        rank, strides, pads = len(kernel), options["strides"], options["pads"]
        out = [
            (n + pads[i] + pads[i + rank] - kernel[i]) // strides[i] + 1
            for i, n in enumerate(shape[1:])
        ]
        y = self.model.op("AveragePool", x, kernel_shape=kernel, **options)
        return self.finish(y, (shape[0], *out))

    def add_global(self, x: str, shape: Shape) -> Grown:
        if self.maybe(0.7):
            return None
        kind = str(self.rng.choice(["GlobalAveragePool", "GlobalMaxPool"]))
        return self.finish(self.model.op(kind, x), (shape[0], *[1] * (len(shape) - 1)))

    def add_mean(self, x: str, shape: Shape) -> Grown:
        if self.maybe():
            return None
        kind = str(self.rng.choice(["ReduceMean", "ReduceMax"]))
        axes = [len(shape)]
        if self.opset >= 18:
            y = self.model.op(kind, x, self.model.constant(axes, np.int64), keepdims=1)
        else:
            y = self.model.op(kind, x, axes=axes, keepdims=1)
        return self.finish(y, (*shape[:-1], 1))

    def add_two(self, x: str, shape: Shape) -> Grown:
        others = [name for name, other in self.tensors if other == shape and name != x]
        if not others:
            return None
        kind = str(self.rng.choice(["Add", "Add", "Sub", "Max", "Min", "Mul"]))
        y = self.model.op(kind, x, others[self.some(0, len(others))])
        if self.style != "real" and kind in ("Add", "Sub") and self.maybe(0.3):
            y = self.model.op("Add", y, others[self.some(0, len(others))])
        return self.finish(y, shape)

    def add_gate(self, x: str, shape: Shape) -> Grown:
        """Squeeze and excite: a product with one number per channel."""
        if self.maybe():
            return None
        m, c = self.model, shape[0]
        y = self.quantized(m.op("GlobalAveragePool", x), c)
        y = m.op("Conv", y, self.weights(c, c, *[1] * (len(shape) - 1)))
        y = self.quantized(m.op("HardSigmoid", y), c)
        return self.quantized(m.op("Mul", x, y), c), shape

    def add_concat(self, x: str, shape: Shape) -> Grown:
        others = [(n, s) for n, s in self.tensors if s[1:] == shape[1:]]
        name, other = others[self.some(0, len(others))]
        joined = (shape[0] + other[0], *shape[1:])
        if joined[0] > 12:
            return None
        y = self.model.op("Concat", x, name, axis=1)
        return (y, joined) if self.maybe(0.1) else self.finish(y, joined)

    def add_requantized(self, x: str, shape: Shape) -> Grown:
        return self.finish(x, shape)

    def add_rows(self, x: str, shape: Shape) -> Grown:
        """A matrix product over the last axis."""
        filters = self.some(1, 6)
        y = self.model.op("MatMul", x, self.weights(shape[-1], filters, axis=1))
        wide = (*shape[:-1], filters)
        return self.quantized(self.model.op("Relu", y) if self.maybe() else y, shape[0]), wide


class Qdq(FloatLayers):
    """QuantizeLinear and DequantizeLinear around everything."""

    opsets = (13, 15, 17, 17, 21)

    def quantized(self, x: str, channels: int) -> str:
        m, dtype = self.model, (np.int8, np.uint8)[self.some(0, 2)]
        if self.opset >= 21 and self.maybe(0.15):
            wide = (np.int16, np.uint16)[self.some(0, 2)]
            return m.quantize(x, self.scale(-10, -6), self.some(0, 200), wide)
        zero = self.some(-128, 128) if dtype is np.int8 else self.some(0, 256)
        if self.maybe(0.6):
            zero = {np.int8: self.some(-20, 20), np.uint8: self.some(0, 40)}[dtype]
        if channels > 1 and self.maybe(0.04):
            s, z = m.constant(self.scale(count=channels)), m.constant([zero] * channels, dtype)
            y = m.op("QuantizeLinear", x, s, z, axis=1)
            return m.op("DequantizeLinear", y, s, z, axis=1)
        return m.quantize(x, self.scale(), zero, dtype)

    def weights(self, *shape: int, axis: int = 0) -> str:
        m, dtype = self.model, (np.int8, np.uint8)[int(self.maybe(0.2))]
        limit = int(self.rng.choice([2, 8, 20, 127]))
        low, high = (-limit, limit + 1) if dtype is np.int8 else (0, 2 * limit + 1)
        w = m.constant(self.rng.integers(low, high, shape), dtype)
        zero = self.some(-5, 5) if dtype is np.int8 and self.maybe(0.2) else 0
        zero = limit if dtype is np.uint8 else zero
        if self.maybe():
            n = shape[axis]
            s, z = m.constant(self.scale(-7, -3, n)), m.constant([zero] * n, dtype)
            return m.op("DequantizeLinear", w, s, z, axis=axis)
        return m.op("DequantizeLinear", w, m.constant(self.scale(-7, -3)), m.constant(zero, dtype))


QONNX = "qonnx.custom_op.general"


class Qonnx(FloatLayers):
    """Quant, BipolarQuant and IntQuant nodes of 1 to 16 bits."""

    def quantized(self, x: str, channels: int) -> str:
        m = self.model
        if self.maybe(0.12):
            return m.op("BipolarQuant", x, m.constant(self.scale(-2, 1)), domain=QONNX)
        signed, narrow = int(self.maybe()), int(self.maybe(0.3))
        bits = self.some(2, 9) if self.maybe(0.85) else self.some(1, 17)
        dimensions = m.inputs[0].type.tensor_type.shape.dim
        if len(dimensions) == 4 and self.maybe(0.12):
            return self._thresholds(x, channels)
        scale = self.scale(-4, 1)
        if channels > 1 and self.maybe(0.04):
            rank = len(m.inputs[0].type.tensor_type.shape.dim) - 2
            scale = self.scale(-4, 1, channels).reshape(1, -1, *[1] * rank)
        zero = float(self.some(-3, 4)) if self.maybe(0.2) else 0.0
        return self._quant(x, scale, zero, bits, signed, narrow)

    def _thresholds(self, x: str, channels: int) -> str:
        rows, steps = (1, channels)[self.some(0, 2)], int(self.rng.choice([1, 3, 7, 12]))
        table = np.sort(self.rng.integers(-60, 60, (rows, steps)) * 0.125, axis=1)
        bias = float(-self.some(0, steps + 1))
        options = {"out_dtype": "INT8", "out_scale": 1.0, "out_bias": bias}
        constants = self.model.constant(table)
        return self.model.op("MultiThreshold", x, constants, domain=QONNX, **options)

    def _quant(
        self, x: str, scale: object, zero: float, bits: int, signed: int, narrow: int
    ) -> str:
        modes = ["ROUND", "ROUND", "ROUND", "FLOOR", "CEIL", "UP", "DOWN", "HALF_UP", "HALF_DOWN"]
        constants = (self.model.constant(v) for v in (scale, zero, float(bits)))
        mode = str(self.rng.choice(modes))
        return self.model.op(
            "Quant", x, *constants, domain=QONNX, signed=signed, narrow=narrow, rounding_mode=mode
        )

    def weights(self, *shape: int, axis: int = 0) -> str:
        m = self.model
        w = m.constant(self.rng.normal(size=shape))
        if self.maybe(0.15):
            return m.op("BipolarQuant", w, m.constant(self.scale(-4, 0)), domain=QONNX)
        scale = self.scale(-5, 0)
        if self.maybe(0.3):
            sizes = [1] * len(shape)
            sizes[axis] = shape[axis]
            scale = self.scale(-5, 0, shape[axis]).reshape(sizes)
        return self._quant(w, scale, 0.0, self.some(2, 9), 1, int(self.maybe(0.3)))
