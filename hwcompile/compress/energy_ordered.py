"""Energy-aware pruning: the layers that take most energy lose weights first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from hwcompile.compress.checked import FloatArray, finite, same_kind

Floats = npt.NDArray[np.float64]


def fitted_to_outputs(
    weights: npt.ArrayLike, inputs: npt.ArrayLike, density: float, restored: float = 0.25
) -> FloatArray:
    """Fewer weights with about the outputs of all of them.

    Weights of the least magnitude go, more than should; those come back whose lack changes the
    outputs most; what is left is fitted to the outputs by least squares (Yang, Chen, Sze, arXiv
    1611.05128, sections 4.2 to 4.4, with squared in the place of absolute errors).

    Args:
        weights: [outputs, inputs].
        inputs: Some that the layer gets, [samples, inputs].
        density: Share of each row's weights that stays, at least one each.
        restored: Share of those that came back.
    """
    array, samples = finite(weights), finite(inputs)
    if array.ndim != 2 or samples.ndim != 2 or samples.shape[1] != array.shape[1]:
        raise ValueError(f"weights {array.shape} do not fit inputs {samples.shape}")
    if not (0 < density <= 1 and 0 <= restored <= 1):
        raise ValueError("a density is above 0 and at most 1, and a share from 0 to 1")
    keep = max(1, round(density * array.shape[1]))
    rows = [_fitted(row, samples, keep, round((1 - restored) * keep)) for row in array]
    return same_kind(np.array(rows).reshape(array.shape), weights)


def _fitted(row: Floats, samples: Floats, keep: int, first: int) -> Floats:
    taken = np.zeros(row.size, dtype=bool)
    taken[np.argsort(-np.abs(row), kind="stable")[:first]] = True
    power = (samples**2).sum(axis=0)
    for _ in range(keep - first):
        missing = samples @ np.where(taken, 0, row)
        gain = 2 * row * (missing @ samples) - row**2 * power
        taken[np.argmax(np.where(taken, -np.inf, gain))] = True
    result = np.zeros_like(row)
    result[taken] = np.linalg.lstsq(samples[:, taken], samples @ row, rcond=None)[0]
    return result


def energy_ordered(
    layers: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    energies: Mapping[str, float],
    saving: float,
    most: float = 0.1,
) -> dict[str, FloatArray]:
    """Prune layers in the order of their energy until so much of it is saved.

    Every layer is pruned as far as its outputs allow, by `fitted_to_outputs`, before the next one
    loses any weight (arXiv 1611.05128, section 4.1). The energy of a layer is taken as proportional
    to the weights that it has left.

    Args:
        layers: Name to weights [outputs, inputs] and inputs [samples, inputs] of each layer.
        energies: Of each layer as it is, in any unit: `hwcompile explore` lists them.
        saving: Share of the energy of all layers that should go.
        most: Mean square that outputs may change, over their own.

    Returns:
        The weights of the layers that were pruned, by name, in the order in which they were.

    Raises:
        ValueError: Layers without energies; a saving that `most` does not allow.
    """
    if set(layers) - set(energies):
        raise ValueError(f"no energy of {', '.join(sorted(set(layers) - set(energies)))}")
    wanted = saving * sum(energies[name] for name in layers)
    saved = 0.0
    done: dict[str, FloatArray] = {}
    for name in sorted(layers, key=lambda name: -energies[name]):
        if saved >= wanted or energies[name] <= 0:
            break
        weights, inputs = finite(layers[name][0]), finite(layers[name][1])
        enough = max(0.0, 1 - (wanted - saved) / energies[name])
        pruned = _sparsest(weights, inputs, enough, most)
        if pruned is None:
            continue
        before = int(np.count_nonzero(weights))
        saved += energies[name] * (before - int(np.count_nonzero(pruned))) / max(before, 1)
        done[name] = same_kind(pruned, layers[name][0])
    if saved < wanted * (1 - _CLOSE):
        share = saved / max(wanted, 1e-300) * saving
        raise ValueError(f"outputs that change by at most {most} save {share:.3f}, not {saving}")
    return done


_CLOSE = 0.05
"""Of the saving, that rounding to whole weights of a row may miss."""


def _sparsest(weights: Floats, inputs: Floats, enough: float, most: float) -> Floats | None:
    """The least dense fit that changes outputs by at most `most`, not less dense than `enough`."""
    outputs = inputs @ weights.T
    power = float((outputs**2).sum()) or 1.0
    best: Floats | None = None
    columns = int(weights.shape[1])
    low, high = max(1, round(enough * columns)), columns
    while low < high:
        middle = (low + high) // 2
        fitted = finite(fitted_to_outputs(weights, inputs, middle / columns))
        if float(((inputs @ fitted.T - outputs) ** 2).sum()) <= most * power:
            high, best = middle, fitted
        else:
            low = middle + 1
    return best
