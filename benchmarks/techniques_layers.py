"""One layer for each compression technique: weights as a paper has them, and what they should take.

All are convolutions 3 x 3 of 16 into 16 channels on maps of 8 x 8 with inputs of 8 bits, so that
figures can be compared. Weights are whole numbers in units of a layer's step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.planning_models import QONNX, Grower

CHANNELS, SIZE = 16, 8
SHAPE = (CHANNELS, CHANNELS, 3, 3)
COUNT = CHANNELS * CHANNELS * 9
POSITIONS = SIZE * SIZE
OUTPUTS = CHANNELS * POSITIONS

Weights = npt.NDArray[np.int64]
Random = np.random.Generator


@dataclass(frozen=True)
class Layer:
    """A layer with the weights of a technique.

    Attributes:
        row: Of the list of techniques.
        name: Of the technique.
        weights: Makes them, in units of the layer's step.
        ideal_bits: What the technique says that they take, tables included.
        cycles: Of a frame at most.
        multipliers: That its lanes should have; None where nothing is said.
        sparse: Weights of zero take neither time nor memory.
        levels: Scales of residual binary levels of the inputs; none where they are numbers.
        beside: The style of a build with the same folding that must take more logic and more bits;
            empty where nothing is said.
    """

    row: int
    name: str
    weights: Callable[[Random], Weights]
    ideal_bits: Callable[[Weights], float]
    cycles: int = 9216
    multipliers: int | None = None
    sparse: bool = False
    levels: tuple[int, ...] = ()
    beside: str = ""


def chosen(random: Random, levels: list[int]) -> Weights:
    """Weights of which every level occurs."""
    weights = random.choice(np.array(levels, dtype=np.int64), SHAPE)
    weights.flat[random.permutation(COUNT)[: len(levels)]] = levels
    return weights


def levels_of(random: Random, count: int, largest: int) -> list[int]:
    """Levels as k-means finds them in weights with a normal distribution, zero among them."""
    samples = np.sort(random.normal(0, largest / 3, 4000)).clip(-largest, largest)
    centres = {round(float(part.mean())) for part in np.array_split(samples, count - 1)} | {0}
    while len(centres) < count:
        centres.add(int(random.integers(-largest, largest + 1)))
    return sorted(centres)


def powers(bits: int) -> list[int]:
    """INQ (1702.03044): zero, and 2**(bits - 2) powers of two with signs."""
    sizes = [1 << n for n in range(1 << (bits - 2))]
    return [0, *sizes, *(-n for n in sizes)]


def power_sums(terms: int, bits: int) -> list[int]:
    """ShiftCNN (1706.02393): sums of an entry of each of its code books."""
    count, sums = (1 << (bits - 1)) - 1, {0}
    for n in range(terms):
        book = [1 << (count + terms - 2 - n - i) for i in range(count)]
        sums = {a + b for a in sums for b in (0, *book, *(-c for c in book))}
    return sorted(sums)


def small_floats(exponent: int, mantissa: int) -> list[int]:
    """Minifloats with subnormal numbers, in units of the least one."""
    whole = 1 << mantissa
    sizes = list(range(whole))
    for e in range(1, 1 << exponent):
        sizes += [(whole + m) << (e - 1) for m in range(whole)]
    return sorted({*sizes, *(-n for n in sizes)})


def _book(count: int, bits: int, largest: int) -> Callable[[Weights], float]:
    return lambda weights: weights.size * bits + count * (largest.bit_length() + 1)


def _pruned(random: Random, levels: list[int], density: float) -> Weights:
    weights = chosen(random, [level for level in levels if level])
    weights[random.random(SHAPE) > density] = 0
    return weights


def _stored(bits: int, index: int, table: int) -> Callable[[Weights], float]:
    """Of weights that are not zero: a code, a gap, and whether a row ends."""
    return lambda weights: int(np.count_nonzero(weights)) * (bits + index + 1) + table


def fixed_filters(random: Random) -> Weights:
    """LBCNN (1608.06049): one weight in ten is -1 or 1, and none of them is ever trained."""
    return np.where(random.random(SHAPE) < 0.1, random.choice([-1, 1], SHAPE), 0)


def rebnet(scales: tuple[int, ...]) -> Layer:
    """ReBNet (1711.01243): binary weights, and inputs of so many residual levels."""
    count = len(scales)
    return Layer(
        28, f"ReBNet, {count} level{'s' if count > 1 else ''}", lambda r: chosen(r, [-1, 1]),
        lambda w: w.size + 8 * count, 2592 * count, multipliers=count if count > 1 else 0,
        levels=scales,
    )  # fmt: skip


def separable(random: Random) -> Weights:
    """BCNN with separable filters (1707.04693): kernels that are a column times a row of signs."""
    column = random.choice([-1, 1], (CHANNELS, CHANNELS, 3, 1))
    weights: Weights = column * random.choice([-1, 1], (CHANNELS, CHANNELS, 1, 3))
    return weights


LAYERS = (
    Layer(
        2, "k-means code book of 16", lambda r: chosen(r, levels_of(r, 16, 127)), _book(16, 4, 127)
    ),
    Layer(
        4, "minifloat, 5 bits", lambda r: chosen(r, small_floats(3, 1)), _book(31, 5, 192)
    ),
    Layer(
        4, "powers of two, 5 bits", lambda r: chosen(r, powers(5)), lambda w: 5 * w.size,
        multipliers=0,
    ),
    Layer(7, "INQ, 5 bits", lambda r: chosen(r, powers(5)), lambda w: 5 * w.size, multipliers=0),
    Layer(7, "INQ, 4 bits", lambda r: chosen(r, powers(4)), lambda w: 4 * w.size, multipliers=0),
    Layer(
        8, "Deep Compression, 32 levels and zero",
        lambda r: _pruned(r, levels_of(r, 33, 127), 0.15), _stored(6, 7, 33 * 8), 11520,
        sparse=True,
    ),
    Layer(13, "DoReFa-Net, 2 bits", lambda r: chosen(r, [-3, -1, 1, 3]), _book(4, 2, 3)),
    Layer(
        16, "ZipML, 5 levels", lambda r: chosen(r, [-90, -31, 4, 38, 101]), _book(5, 3, 127)
    ),
    Layer(
        18, "TTQ, two levels and zero", lambda r: chosen(r, [-87, 0, 113]), _book(2, 2, 127),
        multipliers=2,
    ),
    Layer(
        18, "TTQ, most weights zero", lambda r: _pruned(r, [-87, 113], 0.15), _stored(1, 7, 16),
        11520, multipliers=2, sparse=True,
    ),
    Layer(
        19, "entropy-coded scalar quantizer, 32 levels",
        lambda r: chosen(r, levels_of(r, 32, 255)), _book(32, 5, 255),
    ),
    Layer(
        21, "soft weight-sharing, 16 levels and zero",
        lambda r: _pruned(r, levels_of(r, 17, 127), 0.15), _stored(5, 6, 17 * 8), 11520,
        sparse=True,
    ),
    Layer(
        22, "ShiftCNN, N = 2, B = 4", lambda r: chosen(r, power_sums(2, 4)), lambda w: 8 * w.size,
        multipliers=0,
    ),
    Layer(
        24, "LC, code book of 8", lambda r: chosen(r, levels_of(r, 8, 127)), _book(8, 3, 127)
    ),
    Layer(
        26, "LBCNN, one weight in ten", lambda r: fixed_filters(r), lambda w: 0, POSITIONS,
        multipliers=0,
    ),
    Layer(
        27, "BCNN, separable kernels", separable, lambda w: 5 * w.size / 9, 144, multipliers=0,
        levels=(75,), beside="xnor",
    ),
    Layer(
        27, "separable kernels, inputs of 8 bits", separable, lambda w: 5 * w.size / 9, 256,
        multipliers=0, beside="select",
    ),
    *(rebnet(scales) for scales in ((75,), (75, 37), (75, 37, 17))),
)  # fmt: skip

PLAIN = Layer(0, "plain int8", lambda r: chosen(r, list(range(-127, 128))), lambda w: 8 * w.size)
"""What all others are compared with."""


def weights_of(layer: Layer) -> Weights:
    """The weights of a layer, always the same, int64 [filters, channels, height, width]."""
    return layer.weights(np.random.default_rng(layer.row))


def save(layer: Layer, path: Path) -> Weights:
    """Write the layer as a QONNX model whose weights nothing marks; returns them."""
    weights = weights_of(layer)
    net = Grower(CHANNELS, SIZE, SIZE)
    x = net.quant("x", 8, True)
    if layer.levels:
        x = residual_levels(net, x, layer.levels)
    real = (weights * 2.0**-4).astype(np.float32)
    pads = [0 if layer.levels else 1] * 4
    y = net.op("Conv", x, net.constant(real), kernel_shape=[3, 3], pads=pads)
    net.save(path, y)
    return weights


def residual_levels(net: Grower, x: str, scales: tuple[float, ...]) -> str:
    """ReBNet (1711.01243): the sign of what the levels before leave, times the scale of a level."""
    total = ""
    for scale in scales:
        level = net.op("BipolarQuant", x, net.constant(float(scale)), domain=QONNX)
        total = net.op("Add", total, level) if total else level
        x = net.op("Sub", x, level)
    return total


def binary_levels(x: npt.NDArray[np.float32], scales: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """What residual levels make of numbers: the sum of all levels."""
    total = np.zeros_like(x)
    for scale in scales:
        total += np.where(x - total >= 0, scale, -scale).astype(np.float32)
    return total
