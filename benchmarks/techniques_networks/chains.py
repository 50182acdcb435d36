"""Networks with given weights: whole numbers in units of `STEP`, so that all sums are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from benchmarks.planning_models import QONNX, Grower
from benchmarks.techniques_networks.network import Network

FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64

STEP = 2.0**-3
"""Of weights."""

Weights = npt.NDArray[np.int64]
Random = np.random.Generator


def whole(random: Random, *shape: int, largest: int = 7) -> Weights:
    """Weights from -largest to largest; none is 0, so that nothing is pruned by chance."""
    return np.asarray(random.integers(1, largest + 1, shape) * random.choice([-1, 1], shape))


def sparse(random: Random, density: float, *shape: int, largest: int = 7) -> Weights:
    """Weights of which the share `density` is left, at places by chance."""
    weights = whole(random, *shape, largest=largest)
    weights.flat[random.permutation(weights.size)[round(density * weights.size) :]] = 0
    return weights


def small(
    row: int,
    name: str,
    build: Callable[[Path], None],
    *,
    cycles: int = 60,
    bits: int = 4,
    **others: Any,
) -> Network:
    """A network with signed inputs of so many bits, for so many cycles per frame at most."""
    half = 1 << (bits - 1)
    codes, options = (-half, half - 1), {"target_cycles": cycles}
    return Network(row, name, build, codes=codes, options=options, bound=cycles, **others)


class Chain(Grower):
    """A network that grows by layers with given weights."""

    def layer(
        self,
        x: str,
        weights: Weights,
        *,
        stride: int = 1,
        pads: Sequence[int] | None = None,
        group: int = 1,
        step: float = STEP,
        kind: str = "Conv",
    ) -> str:
        """A convolution.

        Args:
            x: What it reads.
            weights: [filters, channels of a group, height, width] in units of `step`; of a
                `ConvTranspose` [channels, filters of a group, height, width].
            stride: In both directions.
            pads: Top, left, bottom, right; None for those that keep the map.
            group: How many groups there are.
            step: Of weights.
            kind: Of the node.
        """
        height, width = weights.shape[2:]
        around = [height // 2, width // 2, (height - 1) // 2, (width - 1) // 2]
        y = self.op(
            kind, x, self.constant((weights * step).astype(np.float32)), group=group,
            kernel_shape=[height, width], strides=[stride, stride],
            pads=around if pads is None else list(pads),
        )  # fmt: skip
        self.channels[y] = weights.shape[1] * group if kind == "ConvTranspose" else len(weights)
        return y

    def dense(self, x: str, weights: Weights, step: float = STEP) -> str:
        """A matrix product with weights [outputs, inputs] in units of `step`."""
        matrix = np.ascontiguousarray((weights * step).astype(np.float32).T)
        y = self.op("MatMul", x, self.constant(matrix))
        self.channels[y] = len(weights)
        return y

    def kept(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node whose result has the channels of its first input; `op` loses those of some."""
        y = self.op(kind, *inputs, **attributes)
        self.channels[y] = self.channels[inputs[0]]
        return y

    def clipped(self, x: str, bits: int, step: float, limit: float = 6.0) -> str:
        """ReLU6 or another limit, and a quantizer."""
        limits = [self.constant(np.float32(number)) for number in (0, limit)]
        return self.quant(self.op("Clip", x, *limits), bits, False, step)

    def scaled(self, x: str, *factors: float) -> str:
        """Times a factor, or one for each channel."""
        shape = (-1, 1, 1) if len(factors) > 1 else ()
        return self.op("Mul", x, self.constant(np.array(factors, np.float32).reshape(shape)))

    def normalized(self, x: str, *numbers: tuple[float, ...]) -> str:
        """A batch normalization: factor, offset, mean and variance of each channel."""
        constants = [self.constant(np.array(number, np.float32)) for number in numbers]
        return self.op("BatchNormalization", x, *constants, epsilon=0.0)

    def join(self, *parts: str) -> str:
        """Channels of all parts."""
        y = self.op("Concat", *parts, axis=1)
        self.channels[y] = sum(self.channels[part] for part in parts)
        return y

    def split(self, x: str, *sizes: int) -> list[str]:
        """Parts of so many channels."""
        names = [f"{x}_{i}" for i in range(len(sizes))]
        given = self.constant(np.array(sizes, np.int64))
        self.nodes.append(helper.make_node("Split", [x, given], names, f"{x}_split", axis=1))
        self.channels.update(zip(names, sizes, strict=True))
        return names

    def shuffled(self, x: str, groups: int, height: int, width: int) -> str:
        """The first channel of each group, then the second of each, as exporters write it."""
        channels = self.channels[x]
        parts = np.array([1, groups, channels // groups, height, width])
        y = self.op("Reshape", x, self.constant(parts))
        y = self.op("Transpose", y, perm=[0, 2, 1, 3, 4])
        return self.kept_channels(
            self.op("Reshape", y, self.constant(np.array([1, channels, height, width]))), channels
        )

    def kept_channels(self, x: str, channels: int) -> str:
        """Say how many channels `x` has."""
        self.channels[x] = channels
        return x

    def save(self, path: Path, *results: str) -> None:
        """Write the model; its outputs are `y`, or `y0`, `y1` ... where there are several."""
        names = [f"y{i}" for i in range(len(results))] if len(results) > 1 else ["y"]
        new = dict(zip(results, names, strict=True))
        for node in self.nodes:
            for values in (node.input, node.output):
                values[:] = [new.get(value, value) for value in values]
        places = {node.output[0] for node in self.nodes if node.op_type == "ArgMax"}
        outputs = [
            helper.make_tensor_value_info(name, INT64 if name in places else FLOAT, None)
            for name in names
        ]
        graph = helper.make_graph(self.nodes, path.stem, [self.input], outputs, self.constants)
        versions = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
        onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), path)
