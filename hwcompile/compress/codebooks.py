"""Few levels for many weights: k-means, with weights of their own or with a price per bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind

MOST_ROUNDS = 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClusteredWeights:
    """Weights as codes.

    Attributes:
        levels: Ascending, float64 [K].
        codes: Which level every weight is, int64 in the weights' shape.
    """

    levels: Floats
    codes: npt.NDArray[np.int64]

    @property
    def weights(self) -> Floats:
        """What the codes stand for."""
        return self.levels[self.codes]

    def with_fraction(self, fraction: int) -> ClusteredWeights:
        """The same codes with levels that are multiples of `2**-fraction`."""
        return ClusteredWeights(
            np.ldexp(np.rint(np.ldexp(self.levels, fraction)), -fraction), self.codes
        )

    def error(self, weights: npt.ArrayLike) -> float:
        """Mean square of what the levels are off the weights."""
        return float(((finite(weights) - self.weights) ** 2).mean())


def kmeans(
    weights: npt.ArrayLike,
    count: int,
    importance: npt.ArrayLike | None = None,
    bit_price: float = 0.0,
) -> ClusteredWeights:
    """At most `count` levels with the least squared error that Lloyd's rounds reach.

    It begins with levels spread evenly from the least to the greatest weight (Han, Mao, Dally,
    "Deep Compression", arXiv 1510.00149, section 3.2), or with the weights themselves where no more
    than `count` of them differ. With `importance` the error of each weight
    counts as much as that, for example the diagonal of the loss's Hessian (Choi, El-Khamy, Lee,
    "Towards the limit of network quantization", arXiv 1612.01543, equation 8). With a `bit_price`,
    `bit_price * -log2(p)` is added for a level with the share p of weights: entropy-constrained
    scalar quantization (ibid., algorithm 1), for codes that are compressed afterwards. Levels that
    nothing chooses go.

    Args:
        weights: Any shape.
        count: Most levels, at least 1.
        importance: As `weights`, not negative.
        bit_price: Squared error that a bit is worth.
    """
    array = finite(weights)
    if count < 1:
        raise ValueError(f"at least one level, not {count}")
    values = array.reshape(-1)
    counted = np.ones_like(values) if importance is None else finite(importance).reshape(-1)
    if counted.shape != values.shape or counted.min() < 0:
        raise ValueError("the importance is one number for each weight, and not negative")
    distinct = np.unique(values)
    few = distinct.size <= count
    levels = distinct if few else np.linspace(distinct[0], distinct[-1], count)
    share = np.full(levels.size, 1.0 / levels.size)
    codes = np.full(values.size, -1)
    for _ in range(MOST_ROUNDS):
        chosen = _chosen(values, counted[:, None], levels, -bit_price * np.log2(share))
        used = np.unique(chosen)
        chosen = np.searchsorted(used, chosen)
        share = np.bincount(chosen) / values.size
        mass = np.bincount(chosen, counted)
        total = np.bincount(chosen, counted * values)
        levels = np.where(mass > 0, total / np.where(mass > 0, mass, 1), levels[used])
        if chosen.size == codes.size and np.array_equal(chosen, codes):
            break
        codes = chosen
    order = np.argsort(levels, kind="stable")
    return ClusteredWeights(levels[order], np.argsort(order)[codes].reshape(array.shape))


def soft_shared(
    weights: npt.ArrayLike,
    means: npt.ArrayLike,
    deviations: npt.ArrayLike,
    shares: npt.ArrayLike,
) -> ClusteredWeights:
    """Weights that were trained under a mixture of normal distributions, each as its mean.

    Soft weight-sharing (Ullrich, Meeds, Welling, arXiv 1702.04008, section 4.3): a weight becomes
    the mean of the component that is most responsible for it, the one with the greatest
    `share * normal(weight; mean, deviation)`. Components that no weight has go; the one whose mean
    is zero is what prunes.

    Args:
        weights: Any shape.
        means: Of the components [K], one of them 0 in the paper.
        deviations: Their standard deviations [K], above zero.
        shares: Their parts of the mixture [K], not negative; they need not add to one.
    """
    array, centres = finite(weights), finite(means)
    width, part = finite(deviations), finite(shares)
    if centres.ndim != 1 or not centres.shape == width.shape == part.shape:
        raise ValueError("means, deviations and shares are one number for each component")
    if width.min() <= 0 or part.min() < 0 or not part.any():
        raise ValueError("deviations are above zero, and shares not negative")
    with np.errstate(divide="ignore"):
        prices = np.log(width) - np.log(part)
    chosen = _chosen(array.reshape(-1), 0.5 / width**2, centres, prices)
    levels, codes = np.unique(centres[chosen], return_inverse=True)
    return ClusteredWeights(levels, codes.reshape(array.shape))


def shared_kmeans(layers: Mapping[str, npt.ArrayLike], count: int) -> dict[str, ClusteredWeights]:
    """One code book for all layers: every layer's `levels` are the same array."""
    arrays = {name: finite(weights) for name, weights in layers.items()}
    joined = kmeans(np.concatenate([array.reshape(-1) for array in arrays.values()]), count)
    ends = np.cumsum([array.size for array in arrays.values()])[:-1]
    parts = np.split(joined.codes, ends)
    return {
        name: ClusteredWeights(joined.levels, codes.reshape(array.shape))
        for (name, array), codes in zip(arrays.items(), parts, strict=True)
    }


def product_codebooks(weights: npt.ArrayLike, segments: int, count: int) -> FloatArray:
    """Product quantization: rows are cut in segments, and each segment is one of `count` vectors.

    Lloyd's rounds over the rows of every segment from evenly spaced rows (Gong et al., "Compressing
    deep convolutional networks using vector quantization", arXiv 1412.6115, section 3.3).

    Args:
        weights: [rows, columns].
        segments: Divides the columns.
        count: Vectors of a segment.
    """
    array = finite(weights)
    if array.ndim != 2 or segments < 1 or array.shape[1] % segments or count < 1:
        raise ValueError(f"{segments} segments of {count} vectors do not fit {array.shape}")
    parts = [_vectors(part, count) for part in np.split(array, segments, axis=1)]
    return same_kind(np.concatenate(parts, axis=1), weights)


def _chosen(
    values: Floats, counted: Floats, levels: Floats, prices: Floats
) -> npt.NDArray[np.int64]:
    """The cheapest level of every value, in blocks so that memory stays small.

    `counted` is what a squared distance costs: [values, 1], or [levels].
    """
    block = max(1, (1 << 22) // levels.size)
    parts = []
    for start in range(0, values.size, block):
        part = slice(start, start + block)
        weight = counted[part] if counted.ndim == 2 else counted
        cost = weight * (values[part, None] - levels) ** 2 + prices
        parts.append(np.argmin(cost, axis=1))
    return np.concatenate(parts)


def _vectors(rows: Floats, count: int) -> Floats:
    distinct = np.unique(rows, axis=0)
    start = np.linspace(0, distinct.shape[0] - 1, min(count, distinct.shape[0])).round().astype(int)
    centres = distinct[start]
    codes = np.full(rows.shape[0], -1)
    for _ in range(MOST_ROUNDS):
        distance = ((rows[:, None] - centres) ** 2).sum(axis=2)
        chosen = np.argmin(distance, axis=1)
        if np.array_equal(chosen, codes):
            break
        codes = chosen
        for index in np.unique(codes):
            centres[index] = rows[codes == index].mean(axis=0)
    return np.asarray(centres[codes])
