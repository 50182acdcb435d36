"""Recurrent cells with weights and signals of few bits: QNN, fixed point, balanced, loss-aware."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.techniques_networks.network import Array, Frames, Network, extremes_first
from hwcompile import compress, rnn
from hwcompile.ir.graph import Graph
from hwcompile.rnn import Format, Formats, Table

INPUTS, CELLS = 5, 4


@dataclass(frozen=True, eq=False)
class Cell:
    """An LSTM without projection, its weights multiples of what their formats say.

    Attributes:
        wx: [4, C, X], gates in the order i, f, candidate, o.
        wr: [4, C, C].
        bias: [4, C].
        formats: Of all signals.
        steps: Of a frame.
        squash: Of the state.
    """

    wx: Array
    wr: Array
    bias: Array
    formats: Formats
    steps: int
    squash: str = "tanh"

    def build(self, path: Path) -> Graph:
        """The layer as a graph."""
        return rnn.lstm(
            list(self.wx), list(self.wr), self.bias, formats=self.formats, steps=self.steps,
            squash=self.squash,
        )  # fmt: skip

    def frames(self, path: Path) -> Frames:
        """Sequences of the input's format, extremes first."""
        kind = self.formats.x
        x = extremes_first(
            np.random.default_rng(1), (1, self.steps, INPUTS), kind.type.low, kind.type.high
        )
        return {"x": x * 2.0 ** -kind.known()}

    def expected(self, path: Path, inputs: Frames) -> Frames:
        """The cell's equations, with a rounding of c and of m, in float64, which holds all of it.

        Tables hold a function at the middle of each of their steps.
        """
        (x,) = inputs.values()
        kinds = self.formats
        found = np.zeros((len(x), self.steps, CELLS))
        y, c = np.zeros((2, len(x), CELLS))
        for step in range(self.steps):
            z = np.einsum("gcx,nx->gnc", self.wx, x[:, 0, step]) + self.bias[:, None]
            z += np.einsum("gcy,ny->gnc", self.wr, y)
            i, f, o = (sampled(sigma, z[k], kinds.sigma, kinds.gate) for k in (0, 1, 3))
            g = sampled(np.tanh, z[2], kinds.tanh, kinds.gate)
            c = rounded(f * c + i * g, kinds.c)
            squash = np.tanh if self.squash == "tanh" else hard_tanh
            y = rounded(o * sampled(squash, c, kinds.tanh, kinds.gate), kinds.m)
            found[:, step] = y
        return {"lstm": found[:, None]}


def sigma(z: Array) -> Array:
    """The logistic function."""
    return np.asarray(1 / (1 + np.exp(-z)))


def hard_tanh(z: Array) -> Array:
    """Itself between -1 and 1."""
    return np.asarray(np.clip(z, -1, 1))


def rounded(value: Array, kind: Format) -> Array:
    """The nearest number of a format, halves up, no further than its ends."""
    step = 2.0 ** -kind.known()
    return np.asarray(np.clip(np.floor(value / step + 0.5), kind.type.low, kind.type.high) * step)


def sampled(function: Any, z: Array, table: Table, kind: Format) -> Array:
    """The function at the middle of the step of the table in which z lies, in the format."""
    step = 2.0 * table.reach / table.size
    place = np.clip(np.floor(z / step), -table.size // 2, table.size // 2 - 1)
    codes = np.rint(function((place + 0.5) * step) / 2.0 ** -kind.known())
    return np.asarray(np.clip(codes, kind.type.low, kind.type.high) * 2.0 ** -kind.known())


FORMATS = Formats(
    x=Format(6, 4), c=Format(8, 5), m=Format(7, 6), wx=Format(3, 1), wr=Format(4, 2),
    bias=Format(6, 3), gate=Format(8, 7), sigma=Table(128, 8), tanh=Table(64, 4),
)  # fmt: skip
"""A format for each signal, of 3 to 8 bits (1512.01322)."""


def cell(seed: int, formats: Formats, steps: int, wx: Array, wr: Array, **more: Any) -> Cell:
    """With biases of the format."""
    random = np.random.default_rng(seed)
    kind = formats.bias
    bias = random.integers(kind.type.low, kind.type.high + 1, (4, CELLS)) * 2.0 ** -kind.known()
    return Cell(wx, wr, bias, formats, steps, **more)


def whole(seed: int, formats: Formats) -> tuple[Array, Array]:
    """Any weights of the formats."""
    random = np.random.default_rng(seed)
    return tuple(  # type: ignore[return-value]
        random.integers(kind.type.low, kind.type.high + 1, (4, CELLS, size)) * 2.0 ** -kind.known()
        for kind, size in ((formats.wx, INPUTS), (formats.wr, CELLS))
    )


def balanced(bits: int, steps: int) -> Cell:
    """Even levels of which each has as many weights: odd multiples of a step."""
    random = np.random.default_rng(15)
    kind = Format(bits + 1, bits)
    formats = replace(FORMATS, wx=kind, wr=kind)
    parts = []
    for size in (INPUTS, CELLS):
        w = random.normal(0, 0.4, (4, CELLS, size))
        w /= np.abs(w).max()
        parts.append(compress.balanced(w, bits, means=False))
    return cell(15, formats, steps, *parts)


def loss_aware(steps: int) -> Cell:
    """Signs times a factor of the layer, which moves into the scale of the sums."""
    random = np.random.default_rng(17)
    kind = Format(2, 1)
    signs = [random.choice([-0.5, 0.5], (4, CELLS, size)) for size in (INPUTS, CELLS)]
    return cell(17, replace(FORMATS, wx=kind, wr=kind), steps, *signs)


def network(row: int, name: str, made: Cell) -> Network:
    """A cell as an entry of the table; programs of engines have more than weights in memory."""
    return Network(row, name, made.build, frames=made.frames, expected=made.expected)


QNN = replace(FORMATS, x=Format(4, 2), wx=Format(4, 2), wr=Format(4, 2), m=Format(4, 3))

NETWORKS = (
    network(12, "QNN, LSTM of 4 bits", cell(12, QNN, 6, *whole(12, QNN))),
    network(14, "fixed-point LSTM, 300 steps", cell(14, FORMATS, 300, *whole(14, FORMATS))),
    network(15, "balanced LSTM, 2 bits", balanced(2, 6)),
    network(17, "loss-aware LSTM, 1 bit", loss_aware(6)),
)
