"""Low rank (rows 46 to 49, 51 to 53, 55): layers as chains of thinner ones, beside their product.

Nothing rounds between the factors, so a chain equals the one layer that it stands for in every
integer: what a chain must give is what an executor says of that layer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.techniques_networks.chains import STEP, Chain, Random, Weights, whole
from benchmarks.techniques_networks.network import Frames, Network, executed

MAP = (6, 5)
"""Rows and columns."""

CYCLES = 60
"""Two per pixel."""


@dataclass(frozen=True, eq=False)
class Factors:
    """A layer in two forms.

    Attributes:
        layers: Weights [filters, channels of a group, height, width] of each, and its groups.
        product: The one layer that they stand for, and its groups.
        bias: [filters], behind both, in units of the product.
    """

    layers: tuple[tuple[Weights, int], ...]
    product: tuple[Weights, int]
    bias: Weights | None = None

    @property
    def channels(self) -> int:
        """Of the input."""
        weights, group = self.layers[0]
        return int(weights.shape[1]) * group


def clustered_colours(r: Random) -> Factors:
    """Denton, 1404.0736: 3 colours to 2, and filters that read one of them each."""
    colours, filters = whole(r, 2, 3, 1, 1), whole(r, 8, 1, 3, 3)
    return Factors(((colours, 1), (filters, 2)), (filters * np.repeat(colours, 4, axis=0), 1))


def biclusters(r: Random) -> Factors:
    """Denton, 1404.0736: clusters of inputs and of outputs, a product of rank 1 in each pair."""
    into, core, out = whole(r, 2, 4, 1, 1), whole(r, 2, 1, 3, 3), whole(r, 6, 1, 1, 1)
    product = out * np.repeat(core * into, 3, axis=0)
    return Factors(((into, 2), (core, 2), (out, 2)), (product, 2))


def separable_basis(r: Random) -> Factors:
    """Jaderberg, 1405.3866, scheme 1: separable filters of each channel, and how they mix."""
    columns, rows, mix = whole(r, 6, 1, 3, 1), whole(r, 6, 1, 1, 3), whole(r, 7, 6, 1, 1)
    basis = (columns * rows).reshape(3, 2, 3, 3)  # Two of each of three channels.
    product = np.einsum("ncb,cbkl->nckl", mix.reshape(7, 3, 2), basis)
    return Factors(((columns, 3), (rows, 6), (mix, 1)), (product, 1))


def vertical_horizontal(r: Random) -> Factors:
    """Jaderberg, 1405.3866, scheme 2: columns of 3 to few maps, and rows of 3."""
    first, second = whole(r, 2, 4, 3, 1), whole(r, 8, 2, 1, 3)
    product = np.einsum("rck,nrl->nckl", first[..., 0], second[:, :, 0])
    return Factors(((first, 1), (second, 1)), (product, 1))


def few_filters(r: Random) -> Factors:
    """Zhang, 1411.4229: few filters of 3 x 3, and 1 x 1 with a bias to all."""
    first, second = whole(r, 3, 5, 3, 3), whole(r, 9, 3, 1, 1)
    product = np.einsum("rckl,nr->nckl", first, second[:, :, 0, 0])
    return Factors(((first, 1), (second, 1)), (product, 1), whole(r, 9, largest=500))


def three_ways(r: Random) -> Factors:
    """Zhang, 1505.06798: columns, rows and 1 x 1."""
    first, second, third = whole(r, 3, 5, 3, 1), whole(r, 2, 3, 1, 3), whole(r, 9, 2, 1, 1)
    product = np.einsum(
        "rck,srl,ns->nckl", first[..., 0], second[:, :, 0], third[..., 0, 0]
    )  # fmt: skip
    layers = ((first, 1), (second, 1), (third, 1))
    return Factors(layers, (product, 1), whole(r, 9, largest=500))


def tucker(r: Random) -> Factors:
    """Kim, 1511.06530: 1 x 1 to fewer channels, 3 x 3, 1 x 1 to more."""
    into, core, out = whole(r, 2, 6, 1, 1), whole(r, 3, 2, 3, 3), whole(r, 7, 3, 1, 1)
    product = np.einsum("ic,oikl,no->nckl", into[..., 0, 0], core, out[..., 0, 0])
    return Factors(((into, 1), (core, 1), (out, 1)), (product, 1))


def canonical(r: Random) -> Factors:
    """Lebedev, 1412.6553: 1 x 1, a column and a row of each channel, 1 x 1."""
    into, columns, rows = whole(r, 3, 6, 1, 1), whole(r, 3, 1, 3, 1), whole(r, 3, 1, 1, 3)
    out = whole(r, 7, 3, 1, 1)
    product = np.einsum(
        "rc,rk,rl,nr->nckl", into[..., 0, 0], columns[:, 0, :, 0], rows[:, 0, 0], out[..., 0, 0]
    )  # fmt: skip
    return Factors(((into, 1), (columns, 3), (rows, 3), (out, 1)), (product, 1))


def coordinated(r: Random) -> Factors:
    """Wen, 1703.09746: filters that training made alike, as sums of few."""
    first, second = whole(r, 2, 4, 3, 3), whole(r, 7, 2, 1, 1)
    product = np.einsum("rckl,nr->nckl", first, second[:, :, 0, 0])
    return Factors(((first, 1), (second, 1)), (product, 1))


def flattened(r: Random) -> Factors:
    """Jin, 1412.5474: along channels, then columns, then rows."""
    along, columns, rows = whole(r, 7, 5, 1, 1), whole(r, 7, 1, 3, 1), whole(r, 7, 1, 1, 3)
    return Factors(((along, 1), (columns, 7), (rows, 7)), (along * columns * rows, 1))


FORMS: dict[tuple[int, str], Callable[[Random], Factors]] = {
    (46, "clustered colours"): clustered_colours,
    (46, "biclusters"): biclusters,
    (47, "separable basis"): separable_basis,
    (47, "columns, then rows"): vertical_horizontal,
    (48, "few filters, then 1 x 1"): few_filters,
    (49, "columns, rows, 1 x 1"): three_ways,
    (51, "Tucker-2"): tucker,
    (52, "CP decomposition"): canonical,
    (53, "coordinated filters"): coordinated,
    (55, "flattened"): flattened,
}
"""By row and name."""


def factors_of(row: int, name: str) -> Factors:
    """Both forms of a layer, always the same."""
    return FORMS[row, name](np.random.default_rng(row))


def save_chain(factors: Factors, path: Path) -> None:
    """Write the thin layers one after the other."""
    _save(factors, factors.layers, STEP, path)


def save_product(factors: Factors, path: Path) -> None:
    """Write the one layer that they stand for."""
    _save(factors, (factors.product,), STEP ** len(factors.layers), path)


def _save(
    factors: Factors, layers: tuple[tuple[Weights, int], ...], step: float, path: Path
) -> None:
    net = Chain(factors.channels, *MAP)
    y = net.quant("x", 5, True)
    for weights, group in layers:
        y = net.layer(y, weights, group=group, step=step)
    if factors.bias is not None:
        unit = STEP ** len(factors.layers)
        y = net.op("Add", y, net.constant((factors.bias * unit)[:, None, None]))
    net.save(path, y)


def _of_the_product(factors: Factors, path: Path, inputs: Frames) -> Frames:
    product = path.with_name("product.onnx")
    save_product(factors, product)
    return executed(product, inputs)


def _network(row: int, name: str) -> Network:
    factors = factors_of(row, name)
    return Network(
        row,
        name,
        partial(save_chain, factors),
        codes=(-16, 15),
        expected=partial(_of_the_product, factors),
        options={"target_cycles": CYCLES},
        bound=CYCLES,
        plain=partial(save_product, factors),
        gains=("lut", "dsp"),
    )


NETWORKS = tuple(_network(*key) for key in FORMS)
