"""Fastfood: a square matrix as diagonals, a permutation and two Walsh-Hadamard transforms."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2, sqrt

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import finite

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fastfood:
    """`V = S H G P H B / (sigma sqrt(n))` (Le, Sarlos, Smola, ICML 2013, equation 8).

    Deep Fried Convnets (arXiv 1412.7149) train the diagonals instead of drawing them. `3 n` numbers
    and a permutation take the place of `n**2` numbers, and `n log2(n)` additions twice that of
    `n**2` products.

    Attributes:
        signs: Diagonal of B [n], -1 and 1.
        order: The permutation: element `i` of its result is element `order[i]`.
        gauss: Diagonal of G [n].
        scale: Diagonal of S [n].
        sigma: What the kernel's width is.
    """

    signs: Floats
    order: npt.NDArray[np.int64]
    gauss: Floats
    scale: Floats
    sigma: float = 1.0

    def apply(self, x: npt.ArrayLike) -> Floats:
        """`x @ V.T` for [..., n], by transforms."""
        inner = walsh_hadamard(finite(x) * self.signs)[..., self.order]
        outer = walsh_hadamard(inner * self.gauss) * self.scale
        return np.asarray(outer / (self.sigma * sqrt(self.signs.size)))

    @property
    def matrix(self) -> Floats:
        """V, [n, n]."""
        return self.apply(np.eye(self.signs.size)).T


def fastfood(size: int, seed: int, sigma: float = 1.0) -> Fastfood:
    """Random diagonals whose matrix stands for one of independent normal numbers.

    Args:
        size: A power of two.
        seed: Of the numbers.
        sigma: Rows of the matrix have the length of `size` normal numbers of deviation `1 / sigma`.
    """
    if size < 1 or size & (size - 1):
        raise ValueError(f"the size of a Walsh-Hadamard transform is a power of two, not {size}")
    if sigma <= 0:
        raise ValueError(f"a width is above zero, not {sigma}")
    rng = np.random.default_rng(seed)
    gauss = rng.normal(size=size)
    lengths = np.sqrt(rng.chisquare(size, size))
    return Fastfood(
        rng.choice([-1.0, 1.0], size),
        rng.permutation(size),
        gauss,
        lengths / np.linalg.norm(gauss),
        sigma,
    )


def walsh_hadamard(x: npt.ArrayLike) -> Floats:
    """The transform of the last axis in natural order, without a factor: `n log2(n)` additions.

    Example: (1, 2, 3, 4) becomes (3, -1, 7, -1), then (10, -2, -4, 0).

    Raises:
        ValueError: A size that is no power of two.
    """
    values = finite(x).copy()
    size = values.shape[-1]
    if size & (size - 1):
        raise ValueError(f"the size of a Walsh-Hadamard transform is a power of two, not {size}")
    for stage in range(round(log2(size))):
        pairs = values.reshape(*values.shape[:-1], -1, 2, 1 << stage)
        first, second = pairs[..., 0, :], pairs[..., 1, :]
        values = np.stack([first + second, first - second], axis=-2).reshape(values.shape)
    return values
