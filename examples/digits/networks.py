"""The three digits networks as PyTorch modules."""

from __future__ import annotations

import torch
from quantizers import ActivationQuant, WeightQuant, bipolar
from torch import nn
from torch.nn import functional


class BinaryMlp(nn.Module):
    """64-128-128-10 with weights and hidden activations in {-1, +1}; 4-bit pixels."""

    sizes = (64, 128, 128, 10)

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Linear(a, b, bias=False) for a, b in zip(self.sizes, self.sizes[1:], strict=False)
        )
        for weight in self.weights:
            nn.init.uniform_(weight, -1, 1)
        self.norms = nn.ModuleList(nn.BatchNorm1d(n) for n in self.sizes[1:])

    @property
    def weights(self) -> list[torch.Tensor]:
        """The latent weights of every layer, [outputs, inputs]."""
        return [layer.weight for layer in self.layers if isinstance(layer, nn.Linear)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.clamp(torch.round(x.flatten(1) * 16), 0, 15) / 16
        for index, (weight, norm) in enumerate(zip(self.weights, self.norms, strict=True)):
            x = norm(functional.linear(x, bipolar(weight)))
            if index + 1 < len(self.layers):
                x = bipolar(x)
        return x


class QuantConv(nn.Module):
    """Convolution with quantized weights and a batch normalization."""

    def __init__(
        self, cin: int, cout: int, kernel: int, bits: int, *, groups: int = 1, stride: int = 1
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            cin, cout, kernel, stride, padding=kernel // 2, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(cout)
        self.quant = WeightQuant(bits)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        c = self.conv
        weight = self.quant(c.weight)
        x = functional.conv2d(x, weight, None, c.stride, c.padding, c.dilation, c.groups)
        y: torch.Tensor = self.norm(x)
        return y


class ResidualCnn(nn.Module):
    """3-bit CNN: stem, residual block, depthwise separable layer, max-pool, classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = QuantConv(1, 16, 3, bits=3)
        self.stem_act = ActivationQuant(3, signed=False, start=0.3)
        self.block1 = QuantConv(16, 16, 3, bits=3)
        self.block1_act = ActivationQuant(3, signed=False, start=0.3)
        self.block2 = QuantConv(16, 16, 3, bits=3)
        self.block2_act = ActivationQuant(4, signed=True, start=0.3)
        self.join_act = ActivationQuant(3, signed=False, start=0.3)
        self.depthwise = QuantConv(16, 16, 3, bits=3, groups=16, stride=2)
        self.depthwise_act = ActivationQuant(3, signed=False, start=0.3)
        self.pointwise = QuantConv(16, 32, 1, bits=3)
        self.pointwise_act = ActivationQuant(3, signed=False, start=0.3)
        self.head = nn.Linear(32 * 4, 10, bias=False)
        self.head_quant = WeightQuant(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.clamp(torch.round(x * 16), 0, 15) / 16
        x = self.stem_act(functional.relu(self.stem(x)))
        branch = self.block1_act(functional.relu(self.block1(x)))
        branch = self.block2_act(self.block2(branch))
        x = self.join_act(functional.relu(x + branch))
        x = self.depthwise_act(functional.relu(self.depthwise(x)))
        x = self.pointwise_act(functional.relu(self.pointwise(x)))
        x = functional.max_pool2d(x, 2)
        return functional.linear(x.flatten(1), self.head_quant(self.head.weight))


class FloatCnn(nn.Module):
    """An ordinary float CNN, quantized to 8 bits after training."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.conv3 = nn.Conv2d(24, 24, 3, padding=1)
        self.head = nn.Linear(24, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.relu(self.conv2(x))
        x = functional.relu(x + self.conv3(x))
        scores: torch.Tensor = self.head(x.mean((2, 3)))
        return scores
