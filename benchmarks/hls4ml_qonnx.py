"""Small QONNX models that hls4ml converts, prepared with qonnx as it demands.

Values carry hls4ml's constraints: constants behind `Quant` nodes, maps of the order channels_last,
`Gemm` split into a product and a sum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from benchmarks.hls4ml_sample import BOTH, SATURATED, Edit, Sample

QUANT = "qonnx.custom_op.general"


class Net:
    """A model under construction; names of nodes are those of their results."""

    def __init__(self, *shapes: Sequence[int]) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.rng = np.random.default_rng(5)
        self.inputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, *shape))
            for name, shape in zip("xy", shapes, strict=False)
        ]

    def constant(self, name: str, values: Any) -> str:
        """A constant in float32."""
        array = np.asarray(values, dtype=np.float32)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def integers(self, name: str, values: Sequence[int]) -> str:
        """A constant of integers."""
        self.constants.append(numpy_helper.from_array(np.asarray(values, np.int64), name))
        return name

    def add(self, kind: str, name: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node."""
        self.nodes.append(
            helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes)
        )
        return name

    def quant(self, name: str, value: str, scale: Any, bits: int, **options: Any) -> str:
        """A `Quant` node; options are `zero`, `signed`, `narrow`, `rounding_mode`."""
        operands = (
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero", options.get("zero", 0)),
            self.constant(f"{name}_bits", bits),
        )
        return self.add(
            "Quant",
            name,
            value,
            *operands,
            domain=QUANT,
            signed=int(options.get("signed", 1)),
            narrow=int(options.get("narrow", 0)),
            rounding_mode=options.get("rounding_mode", "ROUND"),
        )

    def weight(self, name: str, shape: Sequence[int], scale: Any, bits: int) -> str:
        """A constant behind a `Quant` node."""
        spread = self.rng.normal(0, 2.0 ** (bits - 2), shape) * np.asarray(scale)
        return self.quant(name, self.constant(f"{name}_raw", spread), scale, bits, narrow=1)

    def bipolar(self, name: str, value: str, scale: float = 1.0) -> str:
        """A `BipolarQuant` node."""
        return self.add(
            "BipolarQuant", name, value, self.constant(f"{name}_scale", scale), domain=QUANT
        )

    def normal(self, name: str, value: str, channels: int) -> str:
        """A batch normalization with random statistics."""
        names = ("gamma", "beta", "mean", "var")
        rows = self.rng.uniform(0.5, 1.5, (4, channels))
        constants = [self.constant(f"{name}_{n}", r) for n, r in zip(names, rows, strict=True)]
        return self.add("BatchNormalization", name, value, *constants)

    def model(self, *outputs: tuple[str, Sequence[int]]) -> Any:
        """The model, cleaned and with channels last."""
        from qonnx.core.modelwrapper import ModelWrapper
        from qonnx.transformation.channels_last import ConvertToChannelsLastAndClean
        from qonnx.transformation.gemm_to_matmul import GemmToMatMul
        from qonnx.util.cleanup import cleanup_model

        infos = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, *shape))
            for name, shape in outputs
        ]
        graph = helper.make_graph(self.nodes, "model", self.inputs, infos, self.constants)
        opsets = [helper.make_opsetid("", 11), helper.make_opsetid(QUANT, 1)]
        wrapped = cleanup_model(
            ModelWrapper(helper.make_model(graph, opset_imports=opsets, ir_version=8))
        )
        wrapped = wrapped.transform(ConvertToChannelsLastAndClean()).transform(GemmToMatMul())
        return cleanup_model(wrapped).model


def powers() -> Any:
    """Every scale is a power of two: formats alone."""
    net = Net((11,))
    x = net.quant("first", "x", 2.0**-3, 7)
    hidden = net.add("MatMul", "hidden", x, net.weight("w1", (11, 8), 2.0**-3, 4))
    bias = net.add("Add", "bias", hidden, net.weight("b1", (8,), 2.0**-4, 6))
    kept = net.quant("kept", net.add("Relu", "relu", bias), 2.0**-2, 5, signed=0)
    last = net.add("MatMul", "last", kept, net.weight("w2", (8, 5), 2.0**-2, 3))
    return net.model((last, (5,)))


def scales() -> Any:
    """Scales that are no powers of two, and a zero point behind the last of them."""
    net = Net((11,))
    x = net.quant("first", "x", 0.11, 7)
    hidden = net.add("MatMul", "hidden", x, net.weight("w1", (11, 8), 0.2, 4))
    kept = net.quant("kept", net.add("Relu", "relu", hidden), 0.37, 5, signed=0)
    middle = net.add("MatMul", "middle", kept, net.weight("w2", (8, 6), 0.3, 3))
    moved = net.quant("moved", middle, 0.6, 6, zero=3, rounding_mode="FLOOR")
    last = net.add("MatMul", "last", moved, net.weight("w3", (6, 5), 2.0**-2, 5))
    return net.model((last, (5,)))


def bipolar() -> Any:
    """Weights and activations of -1 and +1."""
    net = Net((10,))
    x = net.bipolar("first", "x")
    hidden = net.add(
        "MatMul", "hidden", x, net.bipolar("w1", net.constant("r1", net.rng.normal(size=(10, 8))))
    )
    signs = net.bipolar("signs", net.normal("normal", hidden, 8))
    last = net.add(
        "MatMul", "last", signs, net.bipolar("w2", net.constant("r2", net.rng.normal(size=(8, 5))))
    )
    return net.model((last, (5,)))


def pictures() -> Any:
    """Convolutions, a normalization, both pools, a classifier."""
    net = Net((3, 9, 8))
    x = net.quant("first", "x", 2.0**-3, 7)
    conv = net.add(
        *("Conv", "conv", x, net.weight("w1", (4, 3, 3, 2), 2.0**-3, 4)),
        kernel_shape=[3, 2], pads=[1, 0, 1, 1], strides=[1, 1], dilations=[1, 1], group=1,
    )  # fmt: skip
    relu = net.add("Relu", "relu", net.normal("normal", conv, 4))
    kept = net.quant("kept", relu, 2.0**-2, 6, signed=0)
    small = net.add(
        *("MaxPool", "small", kept), kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0]
    )
    wide = net.add(
        *("Conv", "wide", small, net.weight("w2", (5, 4, 2, 2), 2.0**-2, 4)),
        kernel_shape=[2, 2], pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1], group=1,
    )  # fmt: skip
    peak = net.add("MaxPool", "peak", wide, kernel_shape=[3, 1], strides=[3, 1], pads=[0, 0, 0, 0])
    flat = net.add("Reshape", "flat", peak, net.integers("shape", (1, 15)))
    last = net.add("MatMul", "last", flat, net.weight("w3", (15, 4), 2.0**-3, 4))
    return net.model((last, (4,)))


def deep() -> Any:
    """A depthwise convolution and scales of each channel, which move behind the products."""
    net = Net((3, 6, 7))
    x = net.quant("first", "x", 2.0**-3, 6)
    deep = net.add(
        *("Conv", "deep", x, net.weight("w1", (3, 1, 2, 3), 2.0**-2, 4)),
        kernel_shape=[2, 3], pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1], group=3,
    )  # fmt: skip
    kept = net.quant("kept", net.add("Relu", "relu", deep), 2.0**-2, 5, signed=0)
    scales = net.rng.uniform(0.1, 0.4, (4, 1, 1, 1))
    point = net.add(
        *("Conv", "point", kept, net.weight("w2", (4, 3, 1, 1), scales, 4)),
        kernel_shape=[1, 1], pads=[0, 0, 0, 0], strides=[1, 1], dilations=[1, 1], group=1,
    )  # fmt: skip
    return net.model((point, (4, 5, 5)))


def functions() -> Any:
    """Activations, and constants that are added, subtracted, multiplied and divided by."""
    net = Net((6,))
    x = net.quant("first", "x", 2.0**-4, 8)
    ends = [
        net.add("Tanh", "tanh", x),
        net.add("Sigmoid", "sigmoid", x),
        net.add("Softmax", "softmax", x),
        net.add("Mul", "product", x, net.weight("m", (6,), 2.0**-3, 5)),
        net.add("Sub", "difference", x, net.weight("s", (6,), 2.0**-3, 5)),
    ]
    return net.model(*((end, (6,)) for end in ends))


def branches() -> Any:
    """A residual network of dense layers: a tensor that is read twice."""
    net = Net((7,))
    x = net.quant("first", "x", 2.0**-3, 7)
    hidden = net.add("MatMul", "hidden", x, net.weight("w1", (7, 7), 2.0**-3, 4))
    kept = net.quant("kept", hidden, 2.0**-2, 6)
    total = net.add("Relu", "relu", net.add("Add", "plus", kept, x))
    last = net.add("MatMul", "last", total, net.weight("w2", (7, 3), 2.0**-2, 4))
    return net.model((last, (3,)))


MODELS: tuple[tuple[Callable[[], Any], tuple[str, ...], Edit | None], ...] = (
    (powers, BOTH, None),
    (scales, BOTH, None),
    (bipolar, BOTH, None),
    (pictures, BOTH, None),
    (deep, BOTH, None),
    (functions, BOTH, SATURATED),
    (branches, BOTH, None),
)
"""Model, io types, edit."""


def samples() -> tuple[Sample, ...]:
    """All of them."""
    return tuple(
        Sample(f"qonnx_{model.__name__}", "qonnx", io_type, model, edit)
        for model, io_types, edit in MODELS
        for io_type in io_types
    )
