"""Small models of PyTorch that hls4ml converts; PyTorch is imported when one is made.

Its maps have the order channels_first, which hls4ml turns into channels_last: with inputs that come
as PyTorch's (`full`) or turned already (`internal`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from benchmarks.hls4ml_sample import BOTH, PARALLEL, SATURATED, Edit, Sample

if TYPE_CHECKING:
    from torch import Tensor, nn

Shapes = tuple[int | None, ...] | list[tuple[int | None, ...]]
Made = tuple["nn.Module", Shapes]


def with_statistics(module: nn.Module) -> nn.Module:
    """Random statistics for batch normalizations, which start as nothing at all."""
    import torch
    from torch import nn

    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor in (part.weight, part.bias, part.running_mean, part.running_var):
                if tensor is not None:
                    torch.nn.init.uniform_(tensor, 0.5, 1.5)
    return module


def perceptron() -> Made:
    from torch import nn

    return nn.Sequential(
        nn.Linear(11, 8),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(8, 6, bias=False),
        nn.BatchNorm1d(6),
        nn.Tanh(),
        nn.Linear(6, 5),
        nn.Softmax(dim=-1),
    ), (None, 11)


def activations() -> Made:
    """Each with a name of its own, where PyTorch has a module for it."""
    import torch
    from torch import nn

    kinds = {
        "relu": nn.ReLU(),
        "leaky": nn.LeakyReLU(0.3),
        "elu": nn.ELU(0.7),
        "prelu": nn.PReLU(6),
        "threshold": nn.Threshold(0.25, 0.0),
    }

    class Activations(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.spread = nn.Linear(7, 6)
            self.kinds = nn.ModuleList(kinds.values())
            for name, kind in kinds.items():
                setattr(self, name, kind)
            torch.nn.init.uniform_(self.prelu.weight, -0.5, 0.9)

        def forward(self, x: Tensor) -> tuple[Tensor, ...]:
            spread = self.spread(x)
            return tuple(getattr(self, name)(spread) for name in kinds)

    return Activations(), (None, 7)


def functions() -> Made:
    """Functions in place of modules."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Functions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.spread = nn.Linear(7, 6)

        def forward(self, x: Tensor) -> tuple[Tensor, ...]:
            spread = self.spread(x)
            return (
                torch.relu(spread),
                torch.sigmoid(spread),
                torch.tanh(spread),
                functional.leaky_relu(spread, negative_slope=0.2),
                functional.elu(spread, alpha=1.0),
                functional.softmax(spread, dim=-1),
            )

    return Functions(), (None, 7)


def pictures() -> Made:
    """Convolutions with strides and padding, normalizations, both pools, a classifier."""
    from torch import nn

    return with_statistics(
        nn.Sequential(
            nn.Conv2d(3, 4, (3, 2), padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 5, 3, stride=(1, 2), padding=(1, 0), bias=False),
            nn.LeakyReLU(0.2),
            nn.AvgPool2d((2, 1)),
            nn.Flatten(),
            nn.Linear(10, 4),
        )
    ), (None, 3, 9, 8)


def maps() -> Made:
    """The results stay maps, in the order that hls4ml leaves or turns back."""
    from torch import nn

    return with_statistics(
        nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 5, 1))
    ), (None, 2, 6, 7)


def signals() -> Made:
    """One dimension."""
    from torch import nn

    return with_statistics(
        nn.Sequential(
            nn.Conv1d(3, 4, 3, padding=1),
            nn.BatchNorm1d(4),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(4, 5, 2, stride=2),
            nn.AvgPool1d(2, stride=1),
            nn.Flatten(),
            nn.Linear(10, 6),
            nn.Sigmoid(),
        )
    ), (None, 3, 13)


def residual() -> Made:
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 4, 3, padding=1)
            self.again = nn.Conv2d(4, 4, 3, padding=1)
            self.norm = nn.BatchNorm2d(4)
            self.small = nn.AvgPool2d(2)
            self.last = nn.Linear(24, 5)

        def forward(self, x: Tensor) -> Tensor:
            first = torch.relu(self.first(x))
            total = torch.relu(self.norm(self.again(first)) + first)
            return self.last(torch.flatten(self.small(total), 1))

    return with_statistics(Residual()), (None, 3, 6, 5)


def merges() -> Made:
    import torch
    from torch import nn

    class Merges(nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
            return (
                x + y,
                x - y,
                x * y,
                torch.maximum(x, y),
                torch.minimum(x, y),
                torch.cat((x, y), dim=1),
            )

    return Merges(), [(None, 6), (None, 6)]


def enlarged() -> Made:
    from torch import nn

    return nn.Sequential(
        nn.ConstantPad2d((1, 0, 2, 1), 0.0),
        nn.Conv2d(2, 3, 2),
        nn.Upsample(scale_factor=2),
        nn.ReLU(),
    ), (None, 2, 4, 3)


def viewed() -> Made:
    """`view` after a convolution: the classifier counts as PyTorch does."""
    from torch import nn

    class Viewed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv1d(2, 3, 2)
            self.last = nn.Linear(12, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.first(x).view(-1, 12))

    return Viewed(), (None, 2, 5)


INTERNAL = {"channels_last_conversion": "internal"}
TURNED = {"transpose_outputs": True}
OFF = {"channels_last_conversion": "off"}

MODELS: tuple[tuple[Callable[[], Made], tuple[str, ...], Edit | None, dict[str, Any], str], ...] = (
    (perceptron, BOTH, None, {}, ""),
    (activations, BOTH, SATURATED, {}, ""),
    (functions, BOTH, SATURATED, {}, ""),
    (pictures, PARALLEL, SATURATED, {}, ""),
    (pictures, BOTH, SATURATED, INTERNAL, "internal"),
    (maps, PARALLEL, SATURATED, TURNED, "turned"),
    (maps, BOTH, SATURATED, INTERNAL, "internal"),
    (maps, PARALLEL, SATURATED, OFF, "off"),
    (signals, PARALLEL, SATURATED, {}, ""),
    (signals, BOTH, SATURATED, INTERNAL, "internal"),
    (residual, PARALLEL, None, {}, ""),
    (residual, BOTH, SATURATED, INTERNAL, "internal"),
    (merges, BOTH, SATURATED, {}, ""),
    (enlarged, PARALLEL, SATURATED, {}, ""),
    (enlarged, BOTH, SATURATED, INTERNAL, "internal"),
    (viewed, PARALLEL, SATURATED, {}, ""),
)
"""Model, io types, edit, settings, what is added to the name."""


def samples() -> tuple[Sample, ...]:
    """All of them."""
    return tuple(
        Sample(
            f"torch_{model.__name__}{f'_{more}' if more else ''}",
            "pytorch",
            io_type,
            model,
            edit,
            settings=settings,
        )
        for model, io_types, edit, settings, more in MODELS
        for io_type in io_types
    )
