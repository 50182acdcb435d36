"""Small models of PyTorch, by kind of layer, and what PyTorch makes of them: ONNX, and PT2E."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from hwcompile.frontends.memory.packages import quiet

IMAGE = (3, 6, 5)


class Of(nn.Module):
    """A function of its parts and the input."""

    def __init__(self, function: Callable[[Any, Any], Any], **parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Any) -> Any:
        return self.function(self, x)


def _heads(x: Any) -> Any:
    return x.reshape(1, 5, 2, 4).transpose(1, 2)


def _attention(m: Any, x: Any) -> Any:
    q, k, v = _heads(m.q(x)), _heads(m.k(x)), _heads(m.v(x))
    shares = functional.softmax(q @ k.transpose(-1, -2) * 0.5, dim=-1)
    return m.o((shares @ v).transpose(1, 2).reshape(1, 5, 8))


def _gate(m: Any, x: Any) -> Any:
    x = m.first(x)
    return m.last(x * torch.sigmoid(m.gate(functional.adaptive_avg_pool2d(x, 1))))


def _behind(*layers: nn.Module, last: int = 1) -> nn.Sequential:
    """Layers between two convolutions."""
    return nn.Sequential(nn.Conv2d(3, 4, 1), *layers, nn.Conv2d(4, 2, last))


Conv, Dense = nn.Conv2d, nn.Linear

MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "convolution": (
        lambda: nn.Sequential(Conv(3, 4, 3, (2, 1), 1), nn.ReLU(), Conv(4, 2, 1)), IMAGE),
    "batch normalization": (
        lambda: nn.Sequential(
            Conv(3, 4, (3, 2), bias=False), nn.BatchNorm2d(4), nn.ReLU(), Conv(4, 2, 1)), IMAGE),
    "depthwise": (
        lambda: nn.Sequential(Conv(3, 3, 3, padding=1, groups=3), nn.ReLU6(), Conv(3, 5, 1)),
        IMAGE),
    "groups, dilation": (
        lambda: nn.Sequential(Conv(4, 6, 2, groups=2, dilation=(1, 2)), nn.ReLU()), (4, 6, 5)),
    "transposed": (
        lambda: nn.Sequential(
            nn.ConvTranspose2d(3, 4, 3, 2, 1), nn.ReLU(), Conv(4, 2, 1)), IMAGE),
    "1-D convolution": (
        lambda: nn.Sequential(
            nn.Conv1d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(4, 2, 1)),
        (3, 9)),
    "dense": (lambda: nn.Sequential(Dense(12, 7), nn.ReLU(), Dense(7, 5)), (12,)),
    "flatten": (
        lambda: nn.Sequential(Conv(3, 4, 2), nn.ReLU(), nn.Flatten(), Dense(80, 5)), IMAGE),
    "residual": (
        lambda: Of(lambda m, x: m.last(functional.relu(x + m.conv(x))),
                   conv=Conv(3, 3, 3, padding=1), last=Conv(3, 2, 1)), IMAGE),
    "concatenation": (
        lambda: Of(lambda m, x: m.last(torch.cat([functional.relu(m.one(x)), m.two(x)], 1)),
                   one=Conv(3, 2, 1), two=Conv(3, 4, 1), last=Conv(6, 2, 1)), IMAGE),
    "max pool": (lambda: _behind(nn.MaxPool2d(3, 2, padding=1)), IMAGE),
    "average pool": (lambda: _behind(nn.AvgPool2d((2, 3))), IMAGE),
    "global average pool": (
        lambda: nn.Sequential(
            Conv(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), Dense(4, 5)), IMAGE),
    "nearest": (lambda: _behind(nn.Upsample(scale_factor=2), last=2), IMAGE),
    "bilinear": (lambda: _behind(nn.Upsample(scale_factor=2, mode="bilinear")), IMAGE),
    "squeeze and excite": (
        lambda: Of(_gate, first=Conv(3, 4, 1), gate=Conv(4, 4, 1), last=Conv(4, 2, 1)), IMAGE),
    "sigmoid, tanh": (
        lambda: nn.Sequential(
            Dense(12, 7), nn.Sigmoid(), Dense(7, 6), nn.Tanh(), Dense(6, 4)), (12,)),
    "hard swish": (lambda: _behind(nn.Hardswish()), IMAGE),
    "gelu": (lambda: _behind(nn.GELU()), IMAGE),
    "silu": (lambda: _behind(nn.SiLU()), IMAGE),
    "leaky and parametric relu": (
        lambda: _behind(nn.LeakyReLU(0.1), Conv(4, 4, 1), nn.PReLU(4)), IMAGE),
    "layer normalization": (
        lambda: nn.Sequential(Dense(8, 6), nn.LayerNorm(6), Dense(6, 4)), (5, 8)),
    "attention": (
        lambda: Of(_attention, **{name: Dense(8, 8) for name in "qkvo"}), (5, 8)),
    "LSTM": (
        lambda: Of(lambda m, x: m.cell(m.first(x))[0],
                   first=Dense(6, 4), cell=nn.LSTM(4, 3, batch_first=True)), (5, 6)),
    "GRU": (
        lambda: Of(lambda m, x: m.cell(m.first(x))[0],
                   first=Dense(6, 4), cell=nn.GRU(4, 3, batch_first=True)), (5, 6)),
    "softmax at the end": (lambda: nn.Sequential(Dense(12, 7), nn.Softmax(-1)), (12,)),
}  # fmt: skip
"""Kind of layer to what makes its model, and the shape of a frame."""


def made(kind: str) -> tuple[nn.Module, Any]:
    """The model of a kind with random weights and statistics, and 16 random frames."""
    torch.manual_seed(len(kind))
    make, shape = MODELS[kind]
    module = make().eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor in (part.weight, part.bias, part.running_mean, part.running_var):
                nn.init.uniform_(tensor, 0.5, 1.5)
    return module, torch.randn(16, *shape)


def export(kind: str, path: Path) -> Any:
    """The model of a kind as an ONNX file of one frame with input `x`; returns the frames."""
    module, frames = made(kind)
    with quiet():
        torch.onnx.export(
            module, (frames[:1],), str(path), dynamo=True, verbose=False,
            input_names=["x"], external_data=False,
        )  # fmt: skip
    return frames.numpy()


def quantized_program(kind: str) -> tuple[Any, Any, Any]:
    """An exported program with PT2E's quantizers (XNNPACK's), frames, and what PyTorch computes."""
    with quiet():
        from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
        from torchao.testing.pt2e import _xnnpack_quantizer as xnnpack

        module, frames = made(kind)
        config = xnnpack.get_symmetric_quantization_config(is_per_channel=kind != "transposed")
        quantizer = xnnpack.XNNPACKQuantizer().set_global(config)
        program = torch.export.export(module, (frames[:1],)).module()
        prepared = prepare_pt2e(program, quantizer)
        with torch.no_grad():
            for frame in frames:
                prepared(frame[None])
            program = torch.export.export(convert_pt2e(prepared), (frames[:1],))
            run = program.module()
            expected = torch.cat([run(frame[None]) for frame in frames])
    return program, frames.numpy(), expected.numpy()
