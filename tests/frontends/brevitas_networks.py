"""Small networks of Brevitas, untrained; a few frames in training mode set their scales.

Scales are powers of two where the name does not say otherwise, so that float32 sums are exact.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from brevitas import export, nn, quant
from torch.nn import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Flatten,
    MaxPool2d,
    Module,
    Sequential,
)

SIGNED = {"act_quant": quant.Int8ActPerTensorFixedPoint}
UNSIGNED = {"act_quant": quant.Uint8ActPerTensorFixedPoint}
SHIFTED = {"act_quant": quant.ShiftedUint8ActPerTensorFixedPoint}
BINARY = {"act_quant": quant.SignedBinaryActPerTensorConst}
TERNARY = {"act_quant": quant.SignedTernaryActPerTensorConst}
WEIGHTS = {"weight_quant": quant.Int8WeightPerTensorFixedPoint}
IMAGE = (3, 6, 4)


@dataclass(frozen=True)
class Network:
    """A network's maker and the shape of a frame.

    Attributes:
        make: The module.
        shape: Of a frame, without the batch.
        forms: What Brevitas 0.13 can write it as: "qonnx" or "qcdq", and with `dynamo` or without.
    """

    make: Callable[[], Any]
    shape: tuple[int, ...] = IMAGE
    forms: tuple[str, ...] = ("qonnx dynamo", "qonnx script", "qcdq dynamo", "qcdq script")


def signed(**more: Any) -> Any:
    return nn.QuantIdentity(**SIGNED, **more)


def between(layer: Any, end: Any = None, start: Any = None) -> Sequential:
    """A layer between a quantizer and another."""
    return Sequential(start or signed(), layer, end or nn.QuantReLU(**UNSIGNED))


class Residual(Module):
    """A convolution beside itself left out."""

    def __init__(self) -> None:
        super().__init__()
        self.before = signed(return_quant_tensor=True)
        self.conv = nn.QuantConv2d(3, 3, 3, padding=1, **WEIGHTS)
        of_both = quant.Int8ActPerTensorFixedPoint
        self.sum = nn.QuantEltwiseAdd(input_quant=of_both, output_quant=of_both)
        self.behind = signed()

    def forward(self, x: Any) -> Any:
        x = self.before(x)
        return self.behind(self.sum(x, self.conv(x)))


class Concatenated(Module):
    """Two convolutions whose channels stand beside each other."""

    def __init__(self) -> None:
        super().__init__()
        self.before = signed()
        self.one = Sequential(nn.QuantConv2d(3, 2, 1, **WEIGHTS), nn.QuantReLU(**UNSIGNED))
        self.two = Sequential(nn.QuantConv2d(3, 4, 1, **WEIGHTS), nn.QuantReLU(**UNSIGNED))
        self.behind = signed()

    def forward(self, x: Any) -> Any:
        x = self.before(x)
        return self.behind(torch.cat([self.one(x), self.two(x)], 1))


class Recurrent(Module):
    """A QuantLSTM, all of whose scales are powers of two."""

    def __init__(self) -> None:
        super().__init__()
        act, sigmoid = quant.Int8ActPerTensorFixedPoint, quant.Uint8ActPerTensorFixedPoint
        self.before = signed()
        self.lstm = nn.QuantLSTM(
            *(5, 4),
            batch_first=True,
            **WEIGHTS,
            io_quant=act,
            gate_acc_quant=act,
            sigmoid_quant=sigmoid,
            tanh_quant=act,
            cell_state_quant=act,
        )

    def forward(self, x: Any) -> Any:
        return self.lstm(self.before(x))[0]


class Attention(Module):
    """Attention of 4 bits over itself, two heads of 4 channels, scales as they come."""

    def __init__(self, packed: bool) -> None:
        super().__init__()
        inner = ("attn_output_weights", "q_scaled", "k_transposed", "v", "out_proj_input")
        widths = {f"{word}_bit_width": 4 for word in inner}
        widths |= {f"{word}_weight_bit_width": 4 for word in ("in_proj", "out_proj")}
        none = dict.fromkeys(("in_proj_input_quant", "in_proj_bias_quant", "out_proj_bias_quant"))
        self.before = nn.QuantIdentity(bit_width=4, return_quant_tensor=True)
        self.attention = nn.QuantMultiheadAttention(
            8, 2, packed_in_proj=packed, batch_first=True, **widths, **none
        )
        self.behind = nn.QuantIdentity(bit_width=4)

    def forward(self, x: Any) -> Any:
        x = self.before(x)
        return self.behind(self.attention(x, x, x, need_weights=False)[0])


class Causal(Module):
    """Scaled dot product attention of 4 bits, in which no token sees one behind it."""

    def __init__(self) -> None:
        super().__init__()
        widths = {
            f"{w}_bit_width": 4 for w in ("q_scaled", "k_transposed", "v", "attn_output_weights")
        }
        self.before, self.mixed, self.behind = (nn.QuantIdentity(bit_width=4) for _ in range(3))
        self.layers = torch.nn.ModuleList(
            nn.QuantLinear(8, 8, bias=True, weight_bit_width=4) for _ in "qkvo"
        )
        self.attention = nn.QuantScaledDotProductAttention(**widths)

    def forward(self, x: Any) -> Any:
        x = self.before(x)
        *heads, last = self.layers
        q, k, v = (layer(x).reshape(-1, 6, 2, 4).transpose(1, 2) for layer in heads)
        y = self.attention(q, k, v, is_causal=True).transpose(1, 2).reshape(-1, 6, 8)
        return self.behind(last(self.mixed(y)))


def of_any_scale() -> Any:
    """Layers as a first example of Brevitas has them."""
    per_channel = quant.Int8WeightPerChannelFloat
    return Sequential(
        nn.QuantIdentity(),
        nn.QuantConv2d(3, 5, 3, weight_bit_width=4, weight_quant=per_channel, bias=False),
        BatchNorm2d(5),
        nn.QuantReLU(bit_width=3),
        MaxPool2d(2),
        Flatten(),
        nn.QuantLinear(10, 7, bias=True, weight_bit_width=5),
        nn.QuantIdentity(),
    )


def of_one_bit() -> Any:
    one_bit = {"weight_quant": quant.SignedBinaryWeightPerTensorConst, "bias": False}
    return Sequential(
        nn.QuantIdentity(**BINARY),
        nn.QuantLinear(6, 5, **one_bit),
        BatchNorm1d(5),
        nn.QuantIdentity(**BINARY),
        nn.QuantLinear(5, 4, **one_bit),
        signed(),
    )


def of_two_bits() -> Any:
    weights = quant.SignedTernaryWeightPerTensorConst
    layer = nn.QuantLinear(6, 5, bias=False, weight_quant=weights)
    return between(layer, signed(), nn.QuantIdentity(**TERNARY))


def with_functions() -> Any:
    first, second = (nn.QuantLinear(*size, bias=True, **WEIGHTS) for size in ((6, 4), (4, 3)))
    third = nn.QuantLinear(3, 5, bias=True, **WEIGHTS)
    functions = nn.QuantTanh(**SIGNED), nn.QuantSigmoid(**UNSIGNED), nn.QuantHardSwish(**SIGNED)
    return Sequential(signed(), first, functions[0], second, functions[1], third, functions[2])


def with_own_quantizers() -> Any:
    act = quant.Int8ActPerTensorFixedPoint
    layer = nn.QuantLinear(6, 4, bias=True, input_quant=act, output_quant=act, **WEIGHTS)
    return Sequential(layer)


def with_bias(kind: Any) -> Any:
    layer = nn.QuantLinear(6, 4, bias=True, bias_quant=kind, **WEIGHTS)
    return between(layer, start=signed(return_quant_tensor=True))


def shifted_of_any_scale() -> Any:
    conv = nn.QuantConv2d(3, 5, 3, weight_quant=quant.ShiftedUint8WeightPerTensorFloat)
    ends = (nn.QuantIdentity(act_quant=quant.ShiftedUint8ActPerTensorFloat) for _ in range(2))
    return between(conv, *ends)


SCRIPT = ("qonnx script", "qcdq script")
QONNX = ("qonnx dynamo", "qonnx script")
WITHOUT_QCDQ_DYNAMO = (*QONNX, "qcdq script")

NETWORKS: dict[str, Network] = {
    "conv": Network(lambda: between(nn.QuantConv2d(3, 5, 3, padding=1, stride=2, **WEIGHTS))),
    "any scale": Network(of_any_scale),
    "shifted": Network(
        lambda: between(
            nn.QuantConv2d(3, 5, 3, padding=1, **WEIGHTS),
            *(nn.QuantIdentity(**SHIFTED) for _ in range(2)),
        )
    ),
    "shifted, any scale": Network(shifted_of_any_scale),
    "depthwise": Network(lambda: between(nn.QuantConv2d(3, 3, 3, groups=3, padding=1, **WEIGHTS))),
    "groups": Network(lambda: between(nn.QuantConv2d(3, 6, 2, groups=3, **WEIGHTS))),
    "dilation": Network(lambda: between(nn.QuantConv2d(3, 4, 2, dilation=2, **WEIGHTS))),
    "transposed": Network(
        lambda: between(
            nn.QuantConvTranspose2d(3, 5, 3, stride=2, padding=1, output_padding=1, **WEIGHTS)
        )
    ),
    "one dimension": Network(
        lambda: between(nn.QuantConv1d(3, 4, 3, padding=1, **WEIGHTS)), (3, 9)
    ),
    "int16 bias": Network(lambda: with_bias(quant.Int16Bias), (6,), WITHOUT_QCDQ_DYNAMO),
    "int8 bias": Network(
        lambda: with_bias(quant.Int8BiasPerTensorFixedPointInternalScaling),
        (6,),
        WITHOUT_QCDQ_DYNAMO,
    ),
    "own quantizers": Network(with_own_quantizers, (6,)),
    "one bit": Network(of_one_bit, (6,), QONNX),
    "two bits": Network(of_two_bits, (6,)),
    "functions": Network(with_functions, (6,)),
    "residual": Network(Residual),
    "concatenation": Network(Concatenated),
    "global average": Network(lambda: between(AdaptiveAvgPool2d((1, 1)), signed())),
    "average": Network(lambda: between(AvgPool2d(2), signed())),
    "truncated average": Network(
        lambda: between(
            nn.TruncAvgPool2d(2, trunc_quant=quant.TruncTo8bit),
            signed(),
            signed(return_quant_tensor=True),
        ),
        # What Brevitas writes as QCDQ rounds where its module drops bits.
        forms=QONNX,
    ),
    "larger": Network(
        lambda: between(
            nn.QuantUpsample(scale_factor=2, mode="nearest"),
            signed(),
            signed(return_quant_tensor=True),
        ),
        forms=SCRIPT,
    ),
    "scale and bias": Network(
        lambda: between(
            nn.QuantScaleBias(3, bias=True, runtime_shape=(1, -1, 1, 1), **WEIGHTS), signed()
        )
    ),
    "LSTM": Network(Recurrent, (7, 5), ("qonnx script",)),
    "attention": Network(lambda: Attention(False), (6, 8)),
    # Other exporters fall, or write it without quantizers.
    "packed attention": Network(lambda: Attention(True), (6, 8), ("qonnx script",)),
    "causal attention": Network(Causal, (6, 8), ("qonnx dynamo",)),
}


def prepared(name: str) -> Any:
    """The network in evaluation mode, with the scales of three batches."""
    torch.manual_seed(1)
    network = NETWORKS[name]
    module = network.make()
    module.train()
    frames = torch.randn(40, *network.shape)
    for _ in range(3):
        module(frames)
    return module.eval()


def written(module: Any, frame: Any, path: Path, form: str) -> Path:
    """The network as a file, in one of Brevitas' forms."""
    kind, exporter = form.split()
    write = export.export_qonnx if kind == "qonnx" else export.export_onnx_qcdq
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        write(module, frame, str(path), dynamo=exporter == "dynamo")
    return path
