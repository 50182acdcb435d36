"""Networks with random weights for `planning.py`, as QONNX and ONNX files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from benchmarks.attention_models import Sizes, quantized_model, vision_transformer

QONNX = "qonnx.custom_op.general"


class Grower:
    """A network that grows layer by layer; every value is a tensor of shape (1, C, H, W)."""

    def __init__(self, *shape: int) -> None:
        self.random = np.random.default_rng(1)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.channels = {"x": shape[0]}
        self.input = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, *shape])

    def constant(self, array: object) -> str:
        """A constant of floats, or what `array` is."""
        values = np.asarray(array)
        values = values.astype(np.float32) if values.dtype == np.float64 else values
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """A node with one result."""
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **attributes)
        )
        self.channels[name] = self.channels.get(inputs[0], 0)
        return name

    def quant(self, x: str, bits: int, signed: bool, step: float = 1.0) -> str:
        """QONNX's quantizer with one step for all."""
        numbers = (self.constant(step), self.constant(0.0), self.constant(float(bits)))
        return self.op(
            "Quant", x, *numbers, domain=QONNX, signed=int(signed), narrow=0, rounding_mode="ROUND"
        )

    def weights(self, bits: int, *shape: int) -> str:
        """Random weights behind their quantizer; of one bit they are -1 and 1."""
        if bits == 1:
            values = self.random.choice([-1.0, 1.0], shape)
            return self.op("BipolarQuant", self.constant(values), self.constant(1.0), domain=QONNX)
        half = 1 << (bits - 1)
        values = self.random.integers(-half + 1, half, shape).astype(np.float32)
        return self.quant(self.constant(values), bits, True)

    def conv(
        self, x: str, filters: int, size: int, bits: int, stride: int = 1, depthwise: bool = False
    ) -> str:
        """A convolution padded to keep the map, without an activation."""
        channels = self.channels[x]
        weights = self.weights(bits, filters, 1 if depthwise else channels, size, size)
        pads = [size // 2] * 4
        y = self.op(
            "Conv", x, weights, kernel_shape=[size, size], strides=[stride, stride], pads=pads,
            group=channels if depthwise else 1,
        )  # fmt: skip
        self.channels[y] = filters
        return y

    def act(self, x: str, bits: int, step: float = 16.0) -> str:
        """A ReLU and its quantizer."""
        return self.quant(self.op("Relu", x), bits, False, step)

    def pool(self, x: str, size: int, stride: int, pad: int = 0) -> str:
        """Maxima."""
        steps = [stride, stride]
        return self.op("MaxPool", x, kernel_shape=[size, size], strides=steps, pads=[pad] * 4)

    def classifier(self, x: str, classes: int, bits: int, act: int) -> str:
        """The mean of each channel, and a matrix."""
        channels = self.channels[x]
        mean = self.quant(self.op("GlobalAveragePool", x), act, False)
        flat = self.op("Flatten", mean)
        weights = self.op("Transpose", self.weights(bits, classes, channels), perm=[1, 0])
        return self.op("MatMul", flat, weights)

    def save(self, path: Path, result: str) -> None:
        """Write the model with one result."""
        output = helper.make_tensor_value_info(result, onnx.TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, path.stem, [self.input], [output], self.constants)
        versions = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
        onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), path)


def picture(path: Path, height: int = 1080, width: int = 1920) -> None:
    """One layer on a large picture: 3 x 3 in steps of 2, 8 filters."""
    net = Grower(1, height, width)
    x = net.quant("x", 8, False)
    net.save(path, net.act(net.conv(x, 8, 3, 4, stride=2), 4))


def deep(path: Path, layers: int = 20, channels: int = 64, size: int = 128) -> None:
    """Many equal layers."""
    net = Grower(channels, size, size)
    x = net.quant("x", 4, False)
    for _ in range(layers):
        x = net.act(net.conv(x, channels, 3, 4), 4)
    net.save(path, x)


def mobilenet(path: Path, size: int = 224) -> None:
    """MobileNetV1 with 4 bits."""
    net = Grower(3, size, size)
    x = net.act(net.conv(net.quant("x", 8, False), 32, 3, 8, stride=2), 4, 64.0)
    for filters, stride in (
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
        *[(512, 1)] * 5, (1024, 2), (1024, 1),
    ):  # fmt: skip
        x = net.act(net.conv(x, net.channels[x], 3, 4, stride, depthwise=True), 4)
        x = net.act(net.conv(x, filters, 1, 4), 4)
    net.save(path, net.classifier(x, 1000, 4, 4))


def squeezenet(path: Path, size: int = 227) -> None:
    """SqueezeNet 1.0 with 4 bits."""
    net = Grower(3, size, size)
    x = net.act(net.conv(net.quant("x", 8, False), 96, 7, 4, stride=2), 4, 256.0)
    for index, (squeeze, expand) in enumerate(
        ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
    ):
        if index in (0, 3, 7):
            x = net.pool(x, 3, 2)
        x = net.act(net.conv(x, squeeze, 1, 4), 4)
        parts = [net.act(net.conv(x, expand, size, 4), 4) for size in (1, 3)]
        x = net.op("Concat", *parts, axis=1)
        net.channels[x] = 2 * expand
    x = net.act(net.conv(x, 1000, 1, 4), 4)
    net.save(path, net.op("GlobalAveragePool", x))


def resnet(path: Path, size: int = 224) -> None:
    """ResNet-50, weights of 1 bit and activations of 2, 8 in the first layer."""
    net = Grower(3, size, size)
    x = net.act(net.conv(net.quant("x", 8, False), 64, 7, 8, stride=2), 2, 1024.0)
    x = net.pool(x, 3, 2, 1)
    for stage, (filters, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3))):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            inner = net.act(net.conv(x, filters, 1, 1), 2)
            inner = net.act(net.conv(inner, filters, 3, 1, stride), 2)
            inner = net.quant(net.conv(inner, 4 * filters, 1, 1), 2, True, 16.0)
            if not block:
                x = net.quant(net.conv(x, 4 * filters, 1, 1, stride), 2, True, 16.0)
            x = net.act(net.op("Add", x, inner), 2, 16.0)
    net.save(path, net.classifier(x, 1000, 1, 2))


def matrix(path: Path, size: int = 4096) -> None:
    """One matrix of 8 bits, as ONNX Runtime's quantizer writes it."""
    net = Grower(1, 1, size)
    zero = net.constant(np.uint8(0))
    x = net.op("QuantizeLinear", "x", net.constant(1.0), zero)
    x = net.op("Reshape", x, net.constant(np.array([1, size], dtype=np.int64)))
    weights = net.constant(net.random.integers(-127, 128, (size, size)).astype(np.int8))
    step = (net.constant(1.0), net.constant(np.int8(0)))
    result = (net.constant(65536.0), zero)
    x = net.op("QLinearMatMul", x, net.constant(1.0), zero, weights, *step, *result)
    net.save(path, net.op("DequantizeLinear", x, *result))


def vit(path: Path, layers: int = 12) -> None:
    """ViT-tiny: 197 tokens of 192 channels, 3 heads, as ONNX Runtime quantizes it to 8 bits."""
    sizes = Sizes(tokens=197, width=192, heads=3, hidden=768, layers=layers, first=True)
    model = vision_transformer(sizes, patch=16, image=224, classes=1000)
    frames = np.random.default_rng(1).normal(0, 1, (2, 1, 3, 224, 224)).astype(np.float32)
    with TemporaryDirectory() as folder:
        shutil.move(quantized_model(model, frames, Path(folder)), path)


def fifty(path: Path) -> None:
    """Fifty layers of 16 channels."""
    deep(path, layers=50, channels=16, size=16)


def wide(path: Path) -> None:
    """Three layers of 256 channels."""
    deep(path, layers=3, channels=256, size=32)


MODELS: dict[str, Callable[[Path], None]] = {
    "layer_1080x1920": picture,
    "layers20_64_128x128": deep,
    "mobilenet_v1_224": mobilenet,
    "dense_4096": matrix,
    "squeezenet_227": squeezenet,
    "resnet50_w1a2_224": resnet,
    "vit_tiny_224": vit,
    "layers50_16_16x16": fifty,
    "layers3_256_32x32": wide,
}
"""By name, what writes the file."""
