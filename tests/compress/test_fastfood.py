"""Fastfood's matrix is the product that its paper writes down."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from hwcompile import compress


@pytest.mark.parametrize("size", [1, 2, 8, 64])
def test_the_matrix_is_the_papers_product(size: int) -> None:
    made = compress.fastfood(size, 3, sigma=0.7)
    h = scipy.linalg.hadamard(size)
    p = np.eye(size)[made.order]
    s, g, b = (np.diag(values) for values in (made.scale, made.gauss, made.signs))
    expected = s @ h @ g @ p @ h @ b / (0.7 * np.sqrt(size))
    np.testing.assert_allclose(made.matrix, expected, atol=1e-12)
    x = np.random.default_rng(0).normal(size=(3, size))
    np.testing.assert_allclose(made.apply(x), x @ expected.T, atol=1e-12)


def test_the_transform_is_hadamards() -> None:
    assert compress.walsh_hadamard([1.0, 2.0, 3.0, 4.0]).tolist() == [10, -2, -4, 0]
    np.testing.assert_array_equal(compress.walsh_hadamard(np.eye(32)), scipy.linalg.hadamard(32))


def test_features_stand_for_a_gaussian_kernel() -> None:
    """Equation 9 of the paper: the mean of cos(V (x - y)) is exp(-|x - y|^2 / (2 sigma^2))."""
    x = np.random.default_rng(1).normal(size=64) * 0.15
    drawn = [np.cos(compress.fastfood(64, seed, 1.5).apply(x)).mean() for seed in range(400)]
    assert np.mean(drawn) == pytest.approx(np.exp(-(x**2).sum() / (2 * 1.5**2)), abs=0.01)


@pytest.mark.parametrize("size", [0, 3, 12])
def test_sizes_that_have_no_transform(size: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        compress.fastfood(size, 0)
