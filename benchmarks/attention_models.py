"""Small transformers with random weights, quantized by ONNX Runtime's `quantize_static`."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Frames = npt.NDArray[np.float32]
OPSET = 20  # the first one with Gelu


@dataclass(frozen=True)
class Sizes:
    """Of an encoder.

    Attributes:
        tokens: Rows.
        width: Channels.
        heads: They divide the channels.
        hidden: Channels between both layers of a feed-forward network.
        layers: Encoders one after the other.
        first: Normalizations stand in front of attention, as in ViT, not behind it, as in BERT.
        causal: A token sees none behind it.
        taps: Of the convolution over tokens that stands behind attention in a Conformer, whose
            feed-forward network is two halves, one in front and one behind; 0 for none.
        groups: That are normalized behind that convolution; 0 for a BatchNormalization.
    """

    tokens: int = 8
    width: int = 16
    heads: int = 2
    hidden: int = 32
    layers: int = 1
    first: bool = False
    causal: bool = False
    taps: int = 0
    groups: int = 0


@dataclass
class Floats:
    """A float model under construction."""

    rng: np.random.Generator
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, value: Any, kind: Any = np.float32, name: str = "c") -> str:
        """A constant, its name begun with `name`."""
        name = f"{name}{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype=kind), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node, and the name of its result."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=f"n_{name}", **attributes))
        return name

    def model(self, result: str, shape: Sequence[int]) -> onnx.ModelProto:
        """The model with the input "x" of a shape and one result."""
        source = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        target = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "network", [source], [target], self.constants)
        opsets = [helper.make_opsetid("", OPSET)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def linear(self, x: str, inputs: int, outputs: int) -> str:
        """A layer over the last axis, with a bias."""
        weights = self.rng.normal(0, inputs**-0.5, (inputs, outputs))
        product = self.op("MatMul", x, self.constant(weights))
        return self.op("Add", product, self.constant(self.rng.normal(0, 0.1, outputs)))

    def norm(self, x: str, width: int) -> str:
        """A LayerNormalization."""
        scale, offset = self.rng.normal(1, 0.1, width), self.rng.normal(0, 0.1, width)
        return self.op(
            "LayerNormalization", x, self.constant(scale), self.constant(offset), axis=-1
        )

    def attention(self, x: str, sizes: Sizes) -> str:
        """Attention of all heads, and the layer behind it."""
        width, head = sizes.width, sizes.width // sizes.heads
        split = self.constant([0, 0, sizes.heads, head], np.int64)

        def heads(order: list[int]) -> str:
            value = self.op("Reshape", self.linear(x, width, width), split)
            return self.op("Transpose", value, perm=order)

        scores = self.op("MatMul", heads([0, 2, 1, 3]), heads([0, 2, 3, 1]))
        scores = self.op("Mul", scores, self.constant(head**-0.5))
        if sizes.causal:
            mask = np.where(np.tril(np.ones((sizes.tokens, sizes.tokens))), 0.0, -1e9)
            scores = self.op("Add", scores, self.constant(mask, name="mask"))
        mixed = self.op("MatMul", self.op("Softmax", scores, axis=-1), heads([0, 2, 1, 3]))
        joined = self.op("Transpose", mixed, perm=[0, 2, 1, 3])
        flat = self.op("Reshape", joined, self.constant([0, 0, width], np.int64))
        return self.linear(flat, width, width)

    def feed_forward(self, x: str, sizes: Sizes) -> str:
        """Two layers with a Gelu between them."""
        inner = self.op("Gelu", self.linear(x, sizes.width, sizes.hidden))
        return self.linear(inner, sizes.hidden, sizes.width)

    def swish(self, x: str) -> str:
        """x * sigmoid(x), as exporters write it."""
        return self.op("Mul", x, self.op("Sigmoid", x))

    def half_forward(self, x: str, sizes: Sizes) -> str:
        """Half of a Conformer's feed-forward network."""
        inner = self.swish(self.linear(x, sizes.width, sizes.hidden))
        return self.op("Mul", self.linear(inner, sizes.hidden, sizes.width), self.constant(0.5))

    def conv(self, x: str, shape: tuple[int, ...], **attributes: Any) -> str:
        """A convolution over tokens or pixels with weights of that shape, and a bias."""
        weights = self.rng.normal(0, np.prod(shape[1:]) ** -0.5, shape)
        bias = self.constant(self.rng.normal(0, 0.1, shape[0]))
        return self.op(
            "Conv", x, self.constant(weights), bias, kernel_shape=shape[2:], **attributes
        )

    def convolution(self, x: str, sizes: Sizes) -> str:
        """A Conformer's: channels to both sides of a gate, over tokens, normalized, and back."""
        width, taps = sizes.width, sizes.taps
        wide = self.conv(self.op("Transpose", x, perm=[0, 2, 1]), (2 * width, width, 1))
        half, gate = f"half_{len(self.nodes)}", f"gate_{len(self.nodes)}"
        split = helper.make_node("Split", [wide], [half, gate], f"n_{half}", axis=1, num_outputs=2)
        self.nodes.append(split)
        gated = self.op("Mul", half, self.op("Sigmoid", gate))
        around = ((taps - 1) // 2, taps // 2)
        over = self.conv(gated, (width, 1, taps), group=width, pads=around)
        normal = self.in_groups(over, sizes) if sizes.groups else self.of_batches(over, width)
        back = self.conv(self.swish(normal), (width, width, 1))
        return self.op("Transpose", back, perm=[0, 2, 1])

    def of_batches(self, x: str, width: int) -> str:
        """A BatchNormalization."""
        scale, offset, mean = (self.rng.normal(center, 0.1, width) for center in (1, 0, 0))
        constants = map(self.constant, (scale, offset, mean, np.full(width, 0.3)))
        return self.op("BatchNormalization", x, *constants)

    def in_groups(self, x: str, sizes: Sizes) -> str:
        """A GroupNorm as PyTorch exports it: groups are channels of an InstanceNormalization."""
        groups, shape = sizes.groups, (sizes.width, 1)
        rows = self.op("Reshape", x, self.constant([0, groups, -1], np.int64))
        ones, zeros = self.constant(np.ones(groups)), self.constant(np.zeros(groups))
        normal = self.op("InstanceNormalization", rows, ones, zeros)
        back = self.op("Reshape", normal, self.constant([1, sizes.width, sizes.tokens], np.int64))
        scaled = self.op("Mul", back, self.constant(self.rng.normal(1, 0.1, shape)))
        return self.op("Add", scaled, self.constant(self.rng.normal(0, 0.1, shape)))

    def conformer(self, x: str, sizes: Sizes) -> str:
        """A block of a Conformer (arXiv:2005.08100), normalizations in front of its parts."""
        for part in (self.half_forward, self.attention, self.convolution, self.half_forward):
            x = self.op("Add", x, part(self.norm(x, sizes.width), sizes))
        return self.norm(x, sizes.width)

    def encoder(self, x: str, sizes: Sizes) -> str:
        """Attention and a feed-forward network, each with a way around it."""
        if sizes.taps:
            return self.conformer(x, sizes)
        for part in (self.attention, self.feed_forward):
            if sizes.first:
                x = self.op("Add", x, part(self.norm(x, sizes.width), sizes))
            else:
                x = self.norm(self.op("Add", x, part(x, sizes)), sizes.width)
        return x


def float_model(sizes: Sizes, seed: int = 0) -> onnx.ModelProto:
    """Encoders on (1, tokens, width), a positional table in front of them."""
    floats = Floats(np.random.default_rng(seed))
    shape = [1, sizes.tokens, sizes.width]
    x = floats.op("Add", "x", floats.constant(floats.rng.normal(0, 0.5, shape)))
    for _ in range(sizes.layers):
        x = floats.encoder(x, sizes)
    return floats.model(x, shape)


def vision_transformer(sizes: Sizes, patch: int, image: int, classes: int) -> onnx.ModelProto:
    """A whole ViT (arXiv:2010.11929): patches of a picture, a class token, encoders, a classifier.

    Args:
        sizes: Of the encoders; as many tokens as patches and one.
        patch: Side of a patch, pixels.
        image: Side of the picture.
        classes: Of the classifier.
    """
    floats, width = Floats(np.random.default_rng(0)), sizes.width
    strides = [patch, patch]
    patches = floats.conv("x", (width, 3, patch, patch), strides=strides)
    rows = floats.op("Reshape", patches, floats.constant([1, width, -1], np.int64))
    first = floats.constant(floats.rng.normal(0, 0.5, (1, 1, width)))
    x = floats.op("Concat", first, floats.op("Transpose", rows, perm=[0, 2, 1]), axis=1)
    x = floats.op("Add", x, floats.constant(floats.rng.normal(0, 0.5, (1, sizes.tokens, width))))
    for _ in range(sizes.layers):
        x = floats.encoder(x, sizes)
    token = floats.op("Gather", x, floats.constant(0, np.int64), axis=1)
    result = floats.linear(floats.norm(token, width), width, classes)
    return floats.model(result, [1, 3, image, image])


def calibration(sizes: Sizes, frames: int, seed: int = 1) -> Frames:
    """Random frames, [frames, 1, tokens, width]."""
    shape = (frames, 1, sizes.tokens, sizes.width)
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def quantized(sizes: Sizes, folder: Path, **options: Any) -> Path:
    """The model with QuantizeLinear and DequantizeLinear, as ONNX Runtime writes it.

    Args:
        sizes: Of the encoder.
        folder: Where the file is written.
        options: Of `quantize_static`.
    """
    model = float_model(sizes)
    # Scores behind a mask reach far below all others: no scale is good for both.
    masked = [
        node.name
        for node in model.graph.node
        if sizes.causal and (node.op_type == "Softmax" or node.input[-1].startswith("mask"))
    ]
    options = {"nodes_to_exclude": masked} | options
    return quantized_model(model, calibration(sizes, 32), folder, **options)


def quantized_model(model: onnx.ModelProto, frames: Frames, folder: Path, **options: Any) -> Path:
    """Any model with the input "x", as ONNX Runtime quantizes it.

    Args:
        model: Of real numbers.
        frames: For its calibration, [frames, ...].
        folder: Where the file is written.
        options: Of `quantize_static`.
    """
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.frames: Iterator[Frames] = iter(frames)

        def get_next(self) -> dict[str, Frames] | None:
            frame = next(self.frames, None)
            return None if frame is None else {"x": frame}

    source, target = folder / "float.onnx", folder / "int8.onnx"
    onnx.save(model, source)
    options = {"activation_type": QuantType.QInt8} | options
    logging.getLogger().setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        quantize_static(source, target, Reader(), quant_format=QuantFormat.QDQ, **options)
    return target


MODELS: dict[str, Sizes] = {
    "bert_block": Sizes(),
    "bert_2_layers": Sizes(layers=2),
    "vit_block": Sizes(tokens=7, width=24, heads=3, hidden=48, first=True),
    "causal_block": Sizes(tokens=6, causal=True),
    "conformer_block": Sizes(tokens=10, hidden=24, taps=5),
    "conformer_groups": Sizes(tokens=9, width=12, hidden=20, taps=4, groups=3),
}
