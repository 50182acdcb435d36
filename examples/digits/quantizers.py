"""Quantizers for training (straight-through gradients), with the meaning of the QONNX operators."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.autograd.function import BackwardCFunction, FunctionCtx


class _RoundThrough(torch.autograd.Function):
    """Round half to even; the gradient passes unchanged."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: torch.Tensor) -> torch.Tensor:
        return torch.round(x)

    @staticmethod
    def backward(ctx: BackwardCFunction, gradient: torch.Tensor) -> torch.Tensor:
        return gradient


class _SignThrough(torch.autograd.Function):
    """-1 or +1 (zero gives +1); the gradient passes where |x| <= 1."""

    @staticmethod
    def forward(ctx: FunctionCtx, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return torch.where(x >= 0, 1.0, -1.0)

    @staticmethod
    def backward(ctx: BackwardCFunction, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() <= 1)


round_through: Callable[[torch.Tensor], torch.Tensor] = _RoundThrough.apply

bipolar: Callable[[torch.Tensor], torch.Tensor] = _SignThrough.apply
"""QONNX `BipolarQuant` with scale 1."""


class ActivationQuant(nn.Module):
    """QONNX `Quant` with a learned per-tensor scale (Esser et al., LSQ, arXiv 1902.08153)."""

    def __init__(self, bits: int, signed: bool, start: float) -> None:
        super().__init__()
        self.bits, self.signed = bits, signed
        self.low = -(2 ** (bits - 1)) if signed else 0
        self.high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
        self.scale = nn.Parameter(torch.tensor(start))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        share = 1.0 / (x[0].numel() * self.high) ** 0.5
        scale = self.scale.abs() * share + (self.scale.abs() * (1 - share)).detach()
        y: torch.Tensor = round_through(torch.clamp(x / scale, self.low, self.high)) * scale
        return y


class WeightQuant(nn.Module):
    """QONNX `Quant`, narrow signed, one scale per output channel: the largest weight / levels."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = bits
        self.high = 2 ** (bits - 1) - 1

    def scale(self, weight: torch.Tensor) -> torch.Tensor:
        peak = weight.detach().abs().flatten(1).amax(1).clamp_min(1e-3)
        steps: torch.Tensor = peak / self.high
        return steps.reshape(-1, *[1] * (weight.ndim - 1))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        scale = self.scale(weight)
        steps = torch.clamp(weight / scale, -self.high, self.high)
        y: torch.Tensor = round_through(steps) * scale
        return y
