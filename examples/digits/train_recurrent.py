"""Trains a pruned LSTM and a pruned GRU that read digits row by row; writes their files beside.

    pip install "hwcompile[train]"
    python examples/digits/train_recurrent.py [lstm|gru]

Takes about two minutes each on two cores. `digits_<cell>.npz` holds floating-point weights, most of
them zero, and the number formats that `recurrent.py` rounds them to.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import load_split
from torch import nn
from torch.nn import functional

HERE = Path(sys.argv[0]).resolve().parent

CELLS = 48
DENSITY = 0.15
DENSE, PRUNING, RETRAINING = 60, 60, 120
"""Epochs before pruning, while it goes on, and behind it."""

FORMATS = {
    "x": (6, 4),
    "c": (12, 8),
    "m": (8, 7),
    "gate": (10, 9),
    "weights": (8, 6),
    "bias": (12, 9),
    "head": (8, 6),
}
"""Bits and fraction bits of each signal: pixels are sixteenths, weights are within ±2."""

TABLES = {"sigma": (256, 8), "tanh": (256, 4)}
"""Samples and reach of the functions' tables."""

LIMIT = 1.98
"""Weights stay within what their format holds."""


LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU}


class RowReader(nn.Module):
    """Eight rows of eight pixels through a recurrent layer; the last output decides."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        self.layer = LAYERS[cell](8, CELLS, batch_first=True)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(CELLS, 10, bias=False)
        self.masks = {name: torch.ones_like(self._weight(name)) for name in ("ih", "hh")}

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Scores [n, 10] of images [n, 1, 8, 8]."""
        outputs, _ = self.layer(images[:, 0])
        scores: torch.Tensor = self.head(self.dropout(outputs[:, -1]))
        return scores

    def prune(self, density: float) -> None:
        """Keep the largest weights of both matrices, which compete with each other."""
        sizes = torch.cat([self._weight(name).detach().abs().flatten() for name in self.masks])
        smallest = sizes.sort(descending=True).values[int(density * len(sizes)) - 1]
        for name in self.masks:
            self.masks[name] = (self._weight(name).detach().abs() >= smallest).float()

    def settle(self) -> None:
        """Pruned weights stay zero, the others within their format."""
        for name, mask in self.masks.items():
            self._weight(name).data.mul_(mask).clamp_(-LIMIT, LIMIT)
        self.head.weight.data.clamp_(-LIMIT, LIMIT)

    def tensor(self, name: str) -> torch.Tensor:
        """One of the layer's tensors, such as "bias_ih"."""
        found: torch.Tensor = getattr(self.layer, f"{name}_l0")
        return found

    def _weight(self, name: str) -> torch.Tensor:
        return self.tensor(f"weight_{name}")


def density(epoch: int) -> float:
    """Cubic from 1 to `DENSITY` (Zhu and Gupta, "To prune, or not to prune", 2017)."""
    progress = min(max((epoch - DENSE) / PRUNING, 0.0), 1.0)
    return DENSITY + (1 - DENSITY) * (1 - progress) ** 3


def fit(net: RowReader) -> None:
    """Train, prune while training, and train what is left."""
    train_x, train_y, _, _ = (torch.from_numpy(a) for a in load_split())
    epochs = DENSE + PRUNING + RETRAINING
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        net.prune(density(epoch))
        net.settle()
        for batch in torch.split(torch.randperm(len(train_x)), 64):
            loss = functional.cross_entropy(net(train_x[batch]), train_y[batch])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            net.settle()
        schedule.step()


def save(net: RowReader, path: Path) -> None:
    """Gates in the order of PyTorch, which is that of `hwcompile.rnn`."""
    arrays = {"wx": net.tensor("weight_ih"), "wr": net.tensor("weight_hh")}
    arrays["head"] = net.head.weight
    if isinstance(net.layer, nn.LSTM):
        arrays["bias"] = net.tensor("bias_ih") + net.tensor("bias_hh")
    else:
        # A GRU's recurrent bias of the candidate stands inside the reset gate's product.
        arrays |= {"bias": net.tensor("bias_ih"), "recurrent_bias": net.tensor("bias_hh")}
    values: dict[str, Any] = {name: array.detach().numpy() for name, array in arrays.items()}
    values |= {f"format_{name}": np.array(pair) for name, pair in FORMATS.items()}
    values |= {f"table_{name}": np.array(pair) for name, pair in TABLES.items()}
    np.savez_compressed(path, **values)


def train(cell: str) -> None:
    """Train one network, say how good it is, and write its file."""
    torch.manual_seed(7)
    net = RowReader(cell)
    fit(net)
    net.eval()
    _, _, test_x, test_y = (torch.from_numpy(a) for a in load_split())
    with torch.no_grad():
        right = int((net(test_x).argmax(1) == test_y).sum())
    kept = sum(int((net._weight(name) != 0).sum()) for name in net.masks)
    total = sum(mask.numel() for mask in net.masks.values())
    print(f"digits_{cell}  float accuracy {right / len(test_y):.4f}, {kept} of {total} weights")
    save(net, HERE / f"digits_{cell}.npz")


def main() -> None:
    torch.set_num_threads(2)
    for cell in sys.argv[1:] or LAYERS:
        train(cell)


if __name__ == "__main__":
    main()
