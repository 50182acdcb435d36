"""Pruning by outputs and by energy."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile import compress


def layer(seed: int, outputs: int, inputs: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights, and inputs of which every second one is nearly the one before."""
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=(200, inputs))
    samples[:, 1::2] = samples[:, : inputs - 1 : 2] + 0.01 * samples[:, 1::2]
    return rng.normal(size=(outputs, inputs)), samples


def missed(weights: np.ndarray, pruned: np.ndarray, samples: np.ndarray) -> float:
    return float(((samples @ (pruned - weights).T) ** 2).sum() / ((samples @ weights.T) ** 2).sum())


@pytest.mark.parametrize("seed", range(5))
def test_outputs_say_more_than_magnitudes(seed: int) -> None:
    """Where inputs are alike, weights that are left can do the work of those that went."""
    weights, samples = layer(seed, 3, 8)
    pruned = compress.fitted_to_outputs(weights, samples, 0.5, restored=1.0)
    assert (np.count_nonzero(pruned, axis=1) == 4).all()
    by_size = compress.magnitude(weights, 0.5)
    assert missed(weights, pruned, samples) < 0.85 * missed(weights, by_size, samples)


def test_what_stays_is_the_best_for_its_places() -> None:
    weights, samples = layer(1, 2, 7)
    pruned = np.asarray(compress.fitted_to_outputs(weights, samples, 3 / 7, restored=0.0))
    for row, kept in zip(weights, pruned, strict=True):
        places = np.flatnonzero(kept)
        assert set(places) == set(np.argsort(-np.abs(row))[:3])
        left = samples @ (row - kept)
        np.testing.assert_allclose(samples[:, places].T @ left, 0, atol=1e-9)


def test_everything_stays_at_full_density() -> None:
    weights, samples = layer(2, 3, 6)
    np.testing.assert_allclose(compress.fitted_to_outputs(weights, samples, 1.0), weights)


def test_layers_lose_weights_in_the_order_of_their_energy() -> None:
    layers = {"small": layer(3, 4, 8), "large": layer(4, 5, 16), "middle": layer(5, 6, 12)}
    energies = {"small": 10.0, "large": 100.0, "middle": 60.0}
    done = compress.energy_ordered(layers, energies, 0.4)
    assert list(done) == ["large", "middle"]
    saved = sum(energies[name] * (1 - np.count_nonzero(w) / w.size) for name, w in done.items())
    assert 0.38 <= saved / sum(energies.values()) <= 0.45
    for name, pruned in done.items():
        assert missed(layers[name][0], np.asarray(pruned), layers[name][1]) <= 0.1
    # What the first layer alone can save takes no other.
    assert list(compress.energy_ordered(layers, energies, 0.1)) == ["large"]


def test_savings_that_outputs_do_not_allow_are_refused() -> None:
    layers = {"a": layer(3, 4, 8)}
    with pytest.raises(ValueError, match=r"save 0\..*not 0.9"):
        compress.energy_ordered(layers, {"a": 1.0}, 0.9, most=0.001)
    with pytest.raises(ValueError, match="no energy of a"):
        compress.energy_ordered(layers, {}, 0.1)
