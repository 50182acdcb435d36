"""Grows random networks in floats between quantizers, layer by layer, in any number of flavours.

A flavour says how a tensor is quantized and what its weights look like. Shapes are (channels,
length) or (channels, height, width), without the batch axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from tests.frontends.oracle import Model

Shape = tuple[int, ...]
Grown = tuple[str, Shape] | None
MOST = 700
"""Elements of a tensor; larger ones are not grown on."""


class Grower:
    """Knows name and shape of the quantized tensors so far; `grow` adds a layer to one of them.

    A method `add_<kind>(x, shape)` returns name and shape of its quantized result, or None where
    the layer does not fit.
    """

    opsets: tuple[int, ...] = (17,)

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.opset = int(rng.choice(self.opsets))
        self.model = Model(opset=self.opset, seed=int(rng.integers(2**31)))
        self.style = str(rng.choice(["dyadic", "short", "real"]))
        rank = 1 + int(rng.integers(4) > 0)
        shape = (int(rng.integers(1, 6)), *(int(n) for n in rng.integers(4, 9, rank)))
        self.tensors: list[tuple[str, Shape]] = [(self.start(shape), shape)]
        self.kinds: list[str] = []

    # What a flavour says.

    def start(self, shape: Shape) -> str:
        """The model's input, quantized."""
        return self.quantized(self.model.input("batch", *shape), shape[0])

    def quantized(self, x: str, channels: int) -> str:
        """Quantize a tensor whose axis 1 has `channels` entries."""
        raise NotImplementedError

    def weights(self, *shape: int, axis: int = 0) -> str:
        """Quantized weights; `axis` is that of the results."""
        raise NotImplementedError

    # Random numbers.

    def some(self, low: int, high: int) -> int:
        """An integer of [low, high)."""
        return int(self.rng.integers(low, high))

    def maybe(self, chance: float = 0.5) -> bool:
        """True with that probability."""
        return bool(self.rng.random() < chance)

    def scale(self, low: int = -5, high: int = 1, count: int | None = None) -> Any:
        """A scale, or `count` of them, about between 2**low and 2**high."""
        power = 2.0 ** self.rng.integers(low, high, count)
        if self.style == "short":
            return np.float32(power * self.rng.choice([1.0, 1.25, 1.5, 1.75], count))
        if self.style == "real":
            return np.float32(power * self.rng.uniform(1, 2, count))
        return np.float32(power)

    # The way of growing.

    def grow(self, layers: int) -> None:
        """Add so many layers."""
        methods = [name for name in dir(self) if name.startswith("add_")]
        for _ in range(layers):
            name = methods[self.some(0, len(methods))]
            recent = self.tensors[-3:]
            x, shape = recent[self.some(0, len(recent))]
            grown: Grown = getattr(self, name)(x, shape)
            if grown is not None and 0 < prod(grown[1]) <= MOST:
                self.tensors.append(grown)
                self.kinds.append(name.removeprefix("add_"))

    def outputs(self) -> list[str]:
        """A classifier on the last tensor, and sometimes a tensor from the middle."""
        name, shape = self.tensors[-1]
        flat = self.model.op("Flatten", name)
        if self.maybe():
            found = [self.model.op("MatMul", flat, self.weights(prod(shape), 5, axis=1))]
        else:
            bias = self.model.constant(self.rng.integers(-9, 9, 3) * 0.25)
            weights = self.weights(3, prod(shape))
            found = [self.model.op("Gemm", flat, weights, bias, transB=1)]
        others = [(n, s) for n, s in self.tensors[1:-1]]
        if others and self.maybe(0.4):
            found.append(others[self.some(0, len(others))][0])
        if others and self.maybe(0.2):
            other, axes = others[self.some(0, len(others))]
            axis = self.some(1, len(axes) + 1)
            found.append(self.model.op("ArgMax", other, axis=axis, keepdims=self.some(0, 2)))
        return found

    # Layers that only move elements.

    def add_turn(self, x: str, shape: Shape) -> Grown:
        if len(shape) < 3:
            return None
        return self.model.op("Transpose", x, perm=[0, 1, 3, 2]), (shape[0], shape[2], shape[1])

    def add_channels_turn(self, x: str, shape: Shape) -> Grown:
        perm = [0, *(int(i) + 1 for i in self.rng.permutation(len(shape)))]
        return self.model.op("Transpose", x, perm=perm), tuple(shape[i - 1] for i in perm[1:])

    def add_shuffle(self, x: str, shape: Shape) -> Grown:
        m, (c, *rest) = self.model, shape
        if c % 2 or c < 4:
            return None
        y = m.op("Reshape", x, m.constant([1, 2, c // 2, *rest], np.int64))
        y = m.op("Transpose", y, perm=[0, 2, 1, *range(3, 3 + len(rest))])
        return m.op("Reshape", y, m.constant([1, c, *rest], np.int64)), shape

    def add_reshape(self, x: str, shape: Shape) -> Grown:
        if len(shape) != 3 or shape[1] % 2:
            return None
        other = (shape[0] * 2, shape[1] // 2, shape[2])
        target = self.model.constant([1, -1, *other[1:]], np.int64)
        return self.model.op("Reshape", x, target), other

    def add_part(self, x: str, shape: Shape) -> Grown:
        m, (c, *rest) = self.model, shape
        if c < 2:
            return None
        first = self.some(1, c)
        parts = m.ops("Split", x, m.constant([first, c - first], np.int64), outputs=2, axis=1)
        keep = self.some(0, 2)
        return parts[keep], ((first, c - first)[keep], *rest)

    def add_slice(self, x: str, shape: Shape) -> Grown:
        axis = self.some(1, len(shape))
        n = shape[axis]
        if n < 3:
            return None
        start, step = self.some(0, 2), self.some(1, 3)
        end = self.some(start + 1, n + 1)
        bounds = [self.model.constant([v], np.int64) for v in (start, end, axis + 1, step)]
        size = -(-(end - start) // step)
        return self.model.op("Slice", x, *bounds), (*shape[:axis], size, *shape[axis + 1 :])

    def add_nearest(self, x: str, shape: Shape) -> Grown:
        m = self.model
        factors = [self.some(1, 3) for _ in shape[1:]]
        scales = m.constant([1, 1, *factors])
        y = m.op(
            "Resize", x, "", scales, mode="nearest",
            coordinate_transformation_mode=str(self.rng.choice(["asymmetric", "half_pixel"])),
            nearest_mode=str(self.rng.choice(["floor", "round_prefer_floor"])),
        )  # fmt: skip
        return y, (shape[0], *(n * f for n, f in zip(shape[1:], factors, strict=True)))

    def add_depth_to_space(self, x: str, shape: Shape) -> Grown:
        if len(shape) != 3 or shape[0] % 4:
            return None
        mode = str(self.rng.choice(["DCR", "CRD"]))
        y = self.model.op("DepthToSpace", x, blocksize=2, mode=mode)
        return y, (shape[0] // 4, shape[1] * 2, shape[2] * 2)

    def add_pad(self, x: str, shape: Shape) -> Grown:
        m, rank = self.model, len(shape) - 1
        before, after = self.rng.integers(0, 3, rank), self.rng.integers(0, 3, rank)
        mode = str(self.rng.choice(["constant", "edge", "reflect"]))
        pads = m.constant([0, 0, *before, 0, 0, *after], np.int64)
        sizes = tuple(int(n + b + a) for n, b, a in zip(shape[1:], before, after, strict=True))
        if mode == "reflect" and min(shape[1:]) < 3:
            return None
        return m.op("Pad", x, pads, mode=mode), (shape[0], *sizes)

    def add_max_pool(self, x: str, shape: Shape) -> Grown:
        kernel = [self.some(1, min(n, 3) + 1) for n in shape[1:]]
        options, out = self.window(shape, kernel, pads_below=kernel, ceil=True)
        if out is None:
            return None
        y = self.model.op("MaxPool", x, kernel_shape=kernel, **options)
        return y, (shape[0], *out)

    def window(
        self, shape: Shape, kernel: Sequence[int], pads_below: Sequence[int], ceil: bool = False
    ) -> tuple[dict[str, Any], list[int] | None]:
        """Attributes of a sliding window over the spatial axes, and the sizes of its result."""
        rank = len(kernel)
        pads = [self.some(0, limit) for limit in (*pads_below, *pads_below)]
        strides = [self.some(1, 4) if self.maybe() else 1 for _ in kernel]
        dilations = [self.some(1, 3) if self.maybe(0.2) else 1 for _ in kernel]
        options: dict[str, Any] = {"pads": pads, "strides": strides, "dilations": dilations}
        sizes = []
        for i, n in enumerate(shape[1:]):
            room = n + pads[i] + pads[i + rank] - ((kernel[i] - 1) * dilations[i] + 1)
            if room < 0:
                return options, None
            sizes.append(room // strides[i] + 1)
        if ceil and self.maybe(0.3):
            exact = [
                (n + pads[i] + pads[i + rank] - (kernel[i] - 1) * dilations[i] - 1) % strides[i]
                for i, n in enumerate(shape[1:])
            ]
            if not any(exact):
                options["ceil_mode"] = 1
        return options, sizes
