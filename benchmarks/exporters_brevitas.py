"""Small networks of Brevitas, by kind of layer, that are written as QONNX and as QCDQ.

Each is the network of `exporters_torch.py` in the layers that Brevitas has for it; functions
without one of their own are PyTorch's between two quantizers, as its users write them. Scales are
powers of two, so that float32 sums are exact, but for attention, whose scales are as they come.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from brevitas import export as exporters
from brevitas import nn, quant
from torch.nn import functional

from benchmarks.exporters_torch import IMAGE, Of
from hwcompile.frontends.memory.packages import quiet

LACKS = {
    ("GRU", "qonnx"): "Brevitas has no GRU",
    ("GRU", "qcdq"): "Brevitas has no GRU",
    ("LSTM", "qcdq"): "its QCDQ exporter has no form of QuantLSTM",
}
"""Kind of layer and format that Brevitas 0.13 can not write, and why."""

WEIGHTS = {"weight_quant": quant.Int8WeightPerTensorFixedPoint}


def _signed(**more: Any) -> Any:
    return nn.QuantIdentity(act_quant=quant.Int8ActPerTensorFixedPoint, **more)


def _relu() -> Any:
    return nn.QuantReLU(act_quant=quant.Uint8ActPerTensorFixedPoint)


def _conv(*size: Any, **more: Any) -> Any:
    return nn.QuantConv2d(*size, **WEIGHTS, **more)


def _dense(*size: int) -> Any:
    return nn.QuantLinear(*size, bias=True, **WEIGHTS)


def _row(*layers: Any) -> Any:
    """Layers between a quantizer of the input and one of the result."""
    return torch.nn.Sequential(_signed(), *layers, _signed())


def _behind(*layers: Any, last: int = 1) -> Any:
    """Layers between two convolutions."""
    return _row(_conv(3, 4, 1), _signed(), *layers, _conv(4, 2, last))


def _function(layer: Any) -> Any:
    """A function of PyTorch, and a quantizer behind it."""
    return _behind(layer, _signed())


def _residual() -> Any:
    both = quant.Int8ActPerTensorFixedPoint
    return Of(
        lambda m, x: m.behind(m.last(m.relu(m.sum(m.before(x), m.conv(m.before(x)))))),
        before=_signed(return_quant_tensor=True),
        conv=_conv(3, 3, 3, padding=1),
        sum=nn.QuantEltwiseAdd(input_quant=both, output_quant=both),
        relu=_relu(),
        last=_conv(3, 2, 1),
        behind=_signed(),
    )


def _concatenation() -> Any:
    def forward(m: Any, x: Any) -> Any:
        x = m.before(x)
        return m.behind(m.last(torch.cat([m.relu(m.one(x)), m.other(m.two(x))], 1)))

    return Of(
        forward, before=_signed(), one=_conv(3, 2, 1), relu=_relu(), two=_conv(3, 4, 1),
        other=_signed(), last=_conv(6, 2, 1), behind=_signed(),
    )  # fmt: skip


def _gate() -> Any:
    def forward(m: Any, x: Any) -> Any:
        x = m.inner(m.first(m.before(x)))
        gate = m.sigmoid(m.gate(m.mean(functional.adaptive_avg_pool2d(x, 1))))
        return m.behind(m.last(m.product(x * gate)))

    return Of(
        forward, before=_signed(), first=_conv(3, 4, 1), inner=_signed(), mean=_signed(),
        gate=_conv(4, 4, 1), product=_signed(), last=_conv(4, 2, 1), behind=_signed(),
        sigmoid=nn.QuantSigmoid(act_quant=quant.Uint8ActPerTensorFixedPoint),
    )  # fmt: skip


def _attention() -> Any:
    inner = ("attn_output_weights", "q_scaled", "k_transposed", "v", "out_proj_input")
    widths = {f"{word}_bit_width": 6 for word in inner}
    none = dict.fromkeys(("in_proj_input_quant", "in_proj_bias_quant", "out_proj_bias_quant"))

    def forward(m: Any, x: Any) -> Any:
        x = m.before(x)
        return m.behind(m.attention(x, x, x, need_weights=False)[0])

    layer = nn.QuantMultiheadAttention(
        8, 2, packed_in_proj=False, batch_first=True, **widths, **none
    )
    before = nn.QuantIdentity(bit_width=6, return_quant_tensor=True)
    return Of(forward, before=before, attention=layer, behind=nn.QuantIdentity())


def _lstm() -> Any:
    act, gate = quant.Int8ActPerTensorFixedPoint, quant.Uint8ActPerTensorFixedPoint
    layer = nn.QuantLSTM(
        4, 3, batch_first=True, io_quant=act, gate_acc_quant=act, sigmoid_quant=gate,
        tanh_quant=act, cell_state_quant=act, **WEIGHTS,
    )  # fmt: skip
    inner = _signed()
    return Of(lambda m, x: m.cell(m.inner(m.first(m.before(x))))[0], before=_signed(),
              first=_dense(6, 4), inner=inner, cell=layer)  # fmt: skip


MODELS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "convolution": (
        lambda: _row(_conv(3, 4, 3, stride=(2, 1), padding=1), _relu(), _conv(4, 2, 1)), IMAGE),
    "batch normalization": (
        lambda: _row(_conv(3, 4, (3, 2), bias=False), torch.nn.BatchNorm2d(4), _relu(),
                     _conv(4, 2, 1)), IMAGE),
    "depthwise": (
        lambda: _row(_conv(3, 3, 3, padding=1, groups=3), _relu(), _conv(3, 5, 1)), IMAGE),
    "groups, dilation": (
        lambda: _row(_conv(4, 6, 2, groups=2, dilation=(1, 2))), (4, 6, 5)),
    "transposed": (
        lambda: _row(nn.QuantConvTranspose2d(3, 4, 3, stride=2, padding=1, **WEIGHTS), _relu(),
                     _conv(4, 2, 1)), IMAGE),
    "1-D convolution": (
        lambda: _row(nn.QuantConv1d(3, 4, 3, padding=1, **WEIGHTS), _relu(),
                     torch.nn.MaxPool1d(2), nn.QuantConv1d(4, 2, 1, **WEIGHTS)), (3, 9)),
    "dense": (lambda: _row(_dense(12, 7), _relu(), _dense(7, 5)), (12,)),
    "flatten": (
        lambda: _row(_conv(3, 4, 2), _relu(), torch.nn.Flatten(), _dense(80, 5)), IMAGE),
    "residual": (_residual, IMAGE),
    "concatenation": (_concatenation, IMAGE),
    "max pool": (lambda: _behind(torch.nn.MaxPool2d(3, 2, padding=1)), IMAGE),
    "average pool": (lambda: _behind(torch.nn.AvgPool2d((2, 3)), _signed()), IMAGE),
    "global average pool": (
        lambda: _row(_conv(3, 4, 1), _signed(), torch.nn.AdaptiveAvgPool2d(1), _signed(),
                     torch.nn.Flatten(), _dense(4, 5)), IMAGE),
    "nearest": (
        lambda: _row(_conv(3, 4, 1), _signed(return_quant_tensor=True),
                     nn.QuantUpsample(scale_factor=2, mode="nearest"), _conv(4, 2, 2)), IMAGE),
    "bilinear": (
        lambda: _behind(torch.nn.Upsample(scale_factor=2, mode="bilinear"), _signed()), IMAGE),
    "squeeze and excite": (_gate, IMAGE),
    "sigmoid, tanh": (
        lambda: _row(
            _dense(12, 7), nn.QuantSigmoid(act_quant=quant.Uint8ActPerTensorFixedPoint),
            _dense(7, 6), nn.QuantTanh(act_quant=quant.Int8ActPerTensorFixedPoint),
            _dense(6, 4)), (12,)),
    "hard swish": (
        lambda: _behind(nn.QuantHardSwish(act_quant=quant.Int8ActPerTensorFixedPoint)), IMAGE),
    "gelu": (lambda: _function(torch.nn.GELU()), IMAGE),
    "silu": (lambda: _function(torch.nn.SiLU()), IMAGE),
    "leaky and parametric relu": (
        lambda: _behind(torch.nn.LeakyReLU(0.1), _signed(), _conv(4, 4, 1), torch.nn.PReLU(4),
                        _signed()), IMAGE),
    "layer normalization": (
        lambda: _row(_dense(8, 6), _signed(), torch.nn.LayerNorm(6), _signed(), _dense(6, 4)),
        (5, 8)),
    "attention": (_attention, (5, 8)),
    "LSTM": (_lstm, (5, 6)),
    "softmax at the end": (
        lambda: torch.nn.Sequential(_signed(), _dense(12, 7), _signed(), torch.nn.Softmax(-1)),
        (12,)),
}  # fmt: skip
"""Kind of layer to what makes its network, and the shape of a frame."""


def case(kind: str, form: str, path: Path) -> tuple[Path, Any, Any]:
    """The network of a kind as a file in the format `form`: qonnx or qcdq.

    Returns:
        The file, 16 random frames, and what PyTorch computes.
    """
    with quiet(), torch.no_grad():
        torch.manual_seed(len(kind))
        make, shape = MODELS[kind]
        module = make().train()
        for _ in range(3):  # scales are the ranges of these
            module(torch.randn(40, *shape))
        module.eval()
        frames = torch.randn(16, *shape)
        write = exporters.export_qonnx if form == "qonnx" else exporters.export_onnx_qcdq
        write(module, frames[:1], str(path), dynamo=False)
        found = module(frames)
    return path, frames.numpy(), getattr(found, "value", found).numpy()
