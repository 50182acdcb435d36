"""The integers that weights and activations become: multiples of powers of two.

With powers of two everywhere a sum of products is on a grid that biases can be rounded to, and a
requantization is a shift.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwcompile.frontends.deep_compression.network import CaffeLayer, CaffeNetwork
from hwcompile.frontends.deep_compression.stored import Floats, StoredLayer


@dataclass(frozen=True)
class IntegerGrid:
    """Multiples of a step.

    Attributes:
        step: A power of two.
        bits: Of the multiples.
        signed: Whether some are negative.
    """

    step: float
    bits: int
    signed: bool

    @property
    def largest(self) -> int:
        """Multiple."""
        return largest_of(self.bits, self.signed)


@dataclass(frozen=True)
class QuantizerPlaces:
    """Which values become integers.

    Attributes:
        signed: The values behind which a quantizer stands, and whether they may be negative.
        group: Of every value that is made of integers, the name of its group: the members have one
            step, because a layer joins them or passes them on.
    """

    signed: dict[str, bool]
    group: dict[str, str]


def largest_of(bits: int, signed: bool) -> int:
    """The largest integer; the least one is its negative, or zero."""
    return (1 << (bits - signed)) - 1


def power_step(size: float, largest: int) -> float:
    """The smallest power of two of which `largest` are at least `size`; 1 for no size."""
    if size <= 0:
        return 1.0
    step = math.ldexp(1.0, math.frexp(size / largest)[1])
    while step / 2 * largest >= size:
        step /= 2
    return step


def quantizer_places(network: CaffeNetwork) -> QuantizerPlaces:
    """The input, every ReLU, and what convolutions and means give to other layers than a ReLU."""
    signed, parent = {network.input: True}, {network.input: network.input}
    for layer in network.layers:
        sources = [name for name in layer.inputs if name in parent]
        if _needs_integers(network, layer, bool(sources)):
            # Means of what is not negative are not negative.
            signed[layer.name] = layer.kind == "Convolution" or (
                layer.mean and any(signed.get(_root(parent, name), True) for name in sources)
            )
            parent[layer.name] = layer.name
        elif sources and layer.kind not in ("Convolution", "Softmax") and not layer.mean:
            for name in sources[1:]:
                parent[_root(parent, name)] = _root(parent, sources[0])
            parent[layer.name] = _root(parent, sources[0])
    return QuantizerPlaces(signed, {name: _root(parent, name) for name in parent})


def _needs_integers(network: CaffeNetwork, layer: CaffeLayer, integers: bool) -> bool:
    """Whether a quantizer stands behind a layer whose inputs are integers or not."""
    readers = {reader.kind for reader in network.readers(layer.name)}
    if layer.kind == "ReLU":
        return not integers
    if layer.kind == "Convolution":
        return bool(readers - {"ReLU"})
    return layer.mean and bool(readers - {"Softmax"})


def _root(parent: Mapping[str, str], name: str) -> str:
    while parent[name] != name:
        name = parent[name]
    return name


def grids_of_sizes(
    places: QuantizerPlaces, sizes: Mapping[str, float], bits: int
) -> dict[str, IntegerGrid]:
    """Grids on which values have room.

    Args:
        places: Of the quantizers.
        sizes: The largest absolute number of every value with a quantizer.
        bits: Of all.
    """
    steps: dict[str, float] = {}
    for name, signed in places.signed.items():
        group, step = places.group[name], power_step(sizes[name], largest_of(bits, signed))
        steps[group] = max(step, steps.get(group, 0.0))
    return {
        name: IntegerGrid(steps[places.group[name]], bits, signed)
        for name, signed in places.signed.items()
    }


@dataclass(frozen=True, eq=False)
class RoundedLayer:
    """The weights of a layer as integers.

    Attributes:
        grid: Of the weights.
        weights: Multiples of its step, int64 [outputs, inputs, rows, columns].
        biases: float32 [outputs].
        levels: Different numbers among the weights, zero included if it occurs.
        error: Mean square of the change of all weights, over the mean square of the weights.
    """

    grid: IntegerGrid
    weights: npt.NDArray[np.int64]
    biases: Floats
    levels: int
    error: float


def rounded_layer(stored: StoredLayer, bits: int) -> RoundedLayer:
    """Round the levels of a layer to integers of so many bits, ties to the even one."""
    largest = largest_of(bits, True)
    levels = stored.levels.astype(np.float64)
    used = np.bincount(stored.codes.reshape(-1), minlength=levels.size)
    step = power_step(float(np.abs(levels[used > 0]).max()), largest)
    numbers = np.rint(levels / step).clip(-largest, largest).astype(np.int64)
    change = float((used * (numbers * step - levels) ** 2).sum())
    power = float((used * levels**2).sum()) or 1.0
    weights = numbers[stored.codes]
    return RoundedLayer(
        IntegerGrid(step, bits, True),
        weights,
        stored.biases,
        int(np.unique(weights).size),
        change / power,
    )


def rounded_biases(layer: RoundedLayer, step: float) -> Floats:
    """The biases as multiples of a step: that of the sums of a layer, so that sums stay exact."""
    return (np.rint(layer.biases.astype(np.float64) / step) * step).astype(np.float32)
