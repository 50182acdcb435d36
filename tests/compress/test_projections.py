"""Schemes of the literature, against the formulas and figures of their papers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hwcompile import compress

Floats = npt.NDArray[np.float64]

WEIGHTS = arrays.arrays(
    np.float64,
    arrays.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=5),
    elements=st.floats(-20, 20, width=32),
)

PROJECTIONS: dict[str, Callable[[Floats], Any]] = {
    "fixed_point": lambda w: compress.fixed_point(w, 5),
    "fixed_point.4": lambda w: compress.fixed_point(w, 6, 4),
    "dynamic_fixed_point": lambda w: compress.dynamic_fixed_point(w, 6),
    "binary": compress.binary_weights,
    "binary.layer": lambda w: compress.binary_weights(w, None),
    "ternary": compress.ternary,
    "powers_of_two": lambda w: compress.powers_of_two(w, 5),
    "powers_of_two.2": lambda w: compress.powers_of_two(w, 2),
    "minifloat": lambda w: compress.minifloat(w, 3, 2),
    "without_filters": lambda w: compress.without_filters(w, compress.filter_norms(w), 1),
    "magnitude": lambda w: compress.magnitude(w, 0.4),
}


@pytest.mark.parametrize("name", PROJECTIONS)
@settings(deadline=None, max_examples=60)
@given(weights=WEIGHTS)
def test_applied_twice_changes_nothing(name: str, weights: Floats) -> None:
    once = PROJECTIONS[name](weights)
    np.testing.assert_allclose(PROJECTIONS[name](once), once, rtol=1e-12, atol=1e-300)


def brute(values: Floats, levels: Floats) -> Floats:
    """The distance of every value to the nearest level."""
    return np.asarray(np.abs(values[:, None] - levels).min(axis=1))


@given(arrays.arrays(np.float64, 12, elements=st.floats(-4, 4, width=32)))
def test_powers_of_two_are_those_of_the_paper(weights: Floats) -> None:
    """n1 = floor(log2(4s/3)), n2 = n1 + 1 - 2^(b-1)/2, and the nearest of them."""
    largest = np.abs(weights).max()
    got = compress.powers_of_two(weights, 4)
    if largest == 0:
        assert not got.any()
        return
    n1 = int(np.floor(np.log2(4 * largest / 3)))
    powers = [2.0**n for n in range(n1 - 3, n1 + 1)]
    levels = np.array([0, *powers, *(-p for p in powers)])
    assert np.isin(got, levels).all()
    np.testing.assert_allclose(np.abs(got - weights), brute(weights, levels), atol=1e-12)


def test_powers_of_two_at_the_limits() -> None:
    """The middle between neighbours goes up; s = 1 gives n1 = 0 and n2 = -1 for three bits."""
    weights = np.array([1.0, 0.75, 0.7499, 0.25, 0.2499, -0.6])
    expected = [1.0, 1.0, 0.5, 0.5, 0.0, -0.5]
    np.testing.assert_array_equal(compress.powers_of_two(weights, 3), expected)


def test_sums_of_shifts_reach_the_papers_figures() -> None:
    """N = 2, B = 4: seven powers of two and zero, twice; the best second term for the first."""
    first = np.array([0, *(s * 2.0**-n for n in range(7) for s in (1, -1))])
    second = first / 2
    weights = np.random.default_rng(1).uniform(-1, 1, 300)
    weights[0] = 1.0
    got = compress.shift_sums(weights, 2, 4)
    sums = np.array([a + b for a, b in product(first, second)])
    assert np.isin(got, sums).all()
    assert np.abs(got - weights).max() <= 2.0**-3
    assert np.abs(compress.shift_sums(weights, 3, 4) - weights).max() <= 2.0**-4


def test_dorefa_levels_are_odd_multiples() -> None:
    """2 q - (2^k - 1) over 2^k - 1, and one bit is the mean magnitude."""
    weights = np.random.default_rng(2).normal(size=200)
    for bits in (2, 3, 4):
        steps = (1 << bits) - 1
        codes = compress.dorefa(weights, bits) * steps
        np.testing.assert_allclose(codes, np.rint(codes), atol=1e-12)
        assert set(np.rint(codes).astype(int) % 2) == {1}
        assert np.abs(codes).max() == pytest.approx(steps)
    one = compress.dorefa(weights, 1)
    np.testing.assert_allclose(np.abs(one), np.abs(weights).mean())


@given(WEIGHTS)
def test_binary_weights_are_the_nearest(weights: Floats) -> None:
    """No other factor and no other signs are nearer (equation 6 of XNOR-Net)."""
    got = compress.binary_weights(weights)
    error = ((weights - got) ** 2).reshape(weights.shape[0], -1).sum(axis=1)
    for row, best in zip(weights.reshape(weights.shape[0], -1), error, strict=True):
        for factor in np.linspace(0, 20, 41):
            others = np.minimum((row - factor) ** 2, (row + factor) ** 2).sum()
            assert best <= others + 1e-9 * (1 + others)


def test_ternary_by_hand() -> None:
    weights = np.array([[4.0, -1.0, 0.5, -2.5], [0.0, 0.0, 0.0, 0.0]])
    # mean |w| = 2, the limit 1.4; 4 and 2.5 stay.
    expected = [[3.25, 0.0, 0.0, -3.25], [0.0, 0.0, 0.0, 0.0]]
    np.testing.assert_array_equal(compress.ternary(weights), expected)


def test_trained_ternary_by_hand() -> None:
    weights = np.array([1.0, 0.05, -0.051, -0.9, 0.0])
    expected = [0.8, 0.0, -0.3, -0.3, 0.0]
    np.testing.assert_array_equal(compress.trained_ternary(weights, 0.8, 0.3), expected)


def test_residual_levels_halve_the_error() -> None:
    weights = np.random.default_rng(3).normal(size=4000)
    errors = [((weights - compress.residual_binary(weights, m)) ** 2).mean() for m in (1, 2, 3)]
    # 1 - 2/pi for one level of a normal distribution.
    assert errors[0] == pytest.approx(1 - 2 / np.pi, abs=0.02)
    assert errors[2] < errors[1] < 0.5 * errors[0]
    assert np.unique(compress.residual_binary(weights, 2)).size == 4


def test_separable_kernels_are_at_most_32() -> None:
    weights = np.random.default_rng(4).normal(size=(64, 9, 3, 3))
    got = compress.separable_binary(weights).reshape(-1, 9)
    assert np.unique(np.abs(got)).tolist() == [1.0]
    assert np.unique(got, axis=0).shape[0] <= 32
    assert (np.linalg.matrix_rank(got.reshape(-1, 3, 3)) == 1).all()


def test_minifloats_are_ieee_half_precision_numbers() -> None:
    """5 exponent and 10 mantissa bits, in the range in which numpy has the same."""
    weights = np.random.default_rng(5).normal(size=1000) * 2.0 ** np.arange(-25, -5).repeat(50)
    got = compress.minifloat(weights, 5, 10)
    np.testing.assert_array_equal(got, weights.astype(np.float16).astype(np.float64))
    assert compress.minifloat(np.array([1e9]), 4, 3)[0] == 480.0
    assert compress.minifloat(np.array([-1e9]), 2, 1, bias=1)[0] == -6.0


def test_fixed_point_by_hand() -> None:
    weights = np.array([0.3, -0.26, 1.9, -2.0, 0.125, 0.375])
    expected = [0.25, -0.25, 1.75, -2.0, 0.0, 0.5]
    np.testing.assert_array_equal(compress.fixed_point(weights, 4, 2), expected)
    assert compress.best_fraction(weights, 4) == 2
    np.testing.assert_array_equal(compress.dynamic_fixed_point(weights, 4), expected)


def test_the_best_fraction_is_the_best() -> None:
    rng = np.random.default_rng(6)
    for bits, scale in product((2, 3, 5, 8), (0.01, 1.0, 300.0)):
        weights = rng.normal(size=500) * scale
        noise = {
            f: ((weights - compress.fixed_point(weights, bits, f)) ** 2).sum()
            for f in range(-14, 20)
        }
        assert noise[compress.best_fraction(weights, bits)] == min(noise.values())


def test_a_layer_of_a_quarter_takes_one_bit_more() -> None:
    found = compress.bits_by_noise({"a": 4096, "b": 1024, "c": 4000, "d": 16}, 6)
    assert found == {"a": 6, "b": 7, "c": 7, "d": 10}


def test_kmeans_reaches_what_no_round_improves() -> None:
    rng = np.random.default_rng(7)
    weights = rng.normal(size=(20, 30))
    book = compress.kmeans(weights, 8)
    assert book.levels.size == 8
    for index, level in enumerate(book.levels):
        assert level == pytest.approx(weights[book.codes == index].mean())
    np.testing.assert_allclose(
        np.abs(weights - book.weights).ravel(), brute(weights.ravel(), book.levels)
    )
    assert book.error(weights) == pytest.approx(((weights - book.weights) ** 2).mean())
    rough = book.with_fraction(3)
    assert (rough.levels * 8 % 1 == 0).all()
    assert np.abs(rough.levels - book.levels).max() <= 1 / 16


def test_importance_moves_levels_and_prices_remove_them() -> None:
    weights = np.array([0.0, 1.0, 9.0, 10.0])
    counted = compress.kmeans(weights, 2, importance=np.array([3.0, 1.0, 1.0, 1.0]))
    np.testing.assert_allclose(counted.levels, [0.25, 9.5])
    many = np.random.default_rng(8).normal(size=3000)
    sizes = [compress.kmeans(many, 16, bit_price=price).levels.size for price in (0.0, 0.05, 5.0)]
    assert sizes[0] == 16 > sizes[1] > sizes[2] == 1


def test_one_book_for_all_layers() -> None:
    rng = np.random.default_rng(9)
    layers = {"a": rng.normal(size=(4, 5)), "b": rng.normal(size=(7,))}
    books = compress.shared_kmeans(layers, 4)
    np.testing.assert_array_equal(books["a"].levels, books["b"].levels)
    assert books["a"].codes.shape == (4, 5)
    assert books["b"].codes.shape == (7,)


def test_soft_sharing_takes_the_most_responsible_component() -> None:
    """By the densities themselves; a wide component far away wins where a narrow one has none."""
    means, deviations, shares = [0.0, -1.0, 0.9, 5.0], [0.05, 0.3, 0.2, 0.1], [0.9, 0.05, 0.05, 0.0]
    weights = np.linspace(-2, 2, 401).reshape(1, -1)
    made = compress.soft_shared(weights, means, deviations, shares)
    density = [
        share * np.exp(-((weights - mean) ** 2) / (2 * width**2)) / width
        for mean, width, share in zip(means, deviations, shares, strict=True)
    ]
    expected = np.array(means)[np.argmax(density, axis=0)]
    np.testing.assert_array_equal(made.weights, expected)
    assert made.levels.tolist() == [-1.0, 0.0, 0.9]
    assert made.codes.shape == weights.shape


def test_product_codebooks_repeat_segments() -> None:
    weights = np.random.default_rng(10).normal(size=(40, 6))
    got = compress.product_codebooks(weights, 3, 4)
    for part in np.split(got, 3, axis=1):
        assert np.unique(part, axis=0).shape[0] <= 4
    np.testing.assert_allclose(compress.product_codebooks(weights, 3, 40), weights)


def test_half_wave_levels_are_the_papers() -> None:
    """0.538 apart for two bits; two levels are Max's of 1960."""
    np.testing.assert_allclose(compress.half_wave_levels(3), [0.538, 1.076, 1.614], atol=3e-3)
    free = compress.half_wave_levels(2, even=False)
    np.testing.assert_allclose(free, [0.4528, 1.510], atol=5e-4)


def test_balanced_cells_hold_about_as_many() -> None:
    weights = np.random.default_rng(11).uniform(-3, 3, 4000)
    levels, counts = np.unique(compress.balanced(weights, 3), return_counts=True)
    np.testing.assert_allclose(np.diff(levels), np.abs(weights).max() / 4)
    assert counts.min() > 0.9 * 500


def test_taylor_scores_by_hand() -> None:
    values = np.array([[[[1.0, 2.0]], [[3.0, 1.0]]], [[[1.0, 0.0]], [[2.0, 2.0]]]])
    slopes = np.ones_like(values)
    slopes[1, 0] = -2
    # Channel 0: mean(|1.5|, |-1|) = 1.25; channel 1: mean(2, 2) = 2.
    expected = np.array([1.25, 2.0]) / np.hypot(1.25, 2.0)
    np.testing.assert_allclose(compress.taylor_scores(values, slopes), expected)


def test_factors_of_full_rank_are_the_layer() -> None:
    rng = np.random.default_rng(12)
    matrix = rng.normal(size=(7, 4))
    first, second = compress.matrix_factors(matrix, 4)
    np.testing.assert_allclose(second @ first, matrix)
    thin_first, thin_second = compress.matrix_factors(matrix, 2)
    values = np.linalg.svd(matrix, compute_uv=False)
    error = np.linalg.norm(matrix - thin_second @ thin_first)
    assert error == pytest.approx(np.hypot(*values[2:]))
    filters = rng.normal(size=(5, 3, 3, 2))
    down, across = compress.spatial_factors(filters, 9)
    np.testing.assert_allclose(np.einsum("rckx,nryl->nckl", down, across), filters)
    into, core, out = compress.tucker_factors(filters, 3, 5)
    whole = np.einsum("icxy,oikl,nozw->nckl", into, core, out)
    np.testing.assert_allclose(whole, filters)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: compress.fixed_point(np.array([np.nan]), 4), "not finite"),
        (lambda: compress.fixed_point(np.zeros(0), 4), "no weights"),
        (lambda: compress.fixed_point(np.ones(2), 1), "2 bits"),
        (lambda: compress.residual_binary(np.ones(2), 0), "one level"),
        (lambda: compress.separable_binary(np.ones((2, 3))), "kernels are"),
        (lambda: compress.powers_of_two(np.ones(2), 1), "2 bits"),
        (lambda: compress.shift_sums(np.ones(2), 0), "1 term"),
        (lambda: compress.minifloat(np.ones(2), 0, 3), "exponent bit"),
        (lambda: compress.kmeans(np.ones(2), 0), "one level"),
        (lambda: compress.kmeans(np.ones(2), 1, importance=np.ones(3)), "one number for each"),
        (lambda: compress.product_codebooks(np.ones((2, 3)), 2, 2), "do not fit"),
        (lambda: compress.without_filters(np.ones((2, 3)), np.ones(3), 1), "scores"),
        (lambda: compress.taylor_scores(np.ones((2, 3)), np.ones((2, 3))), "twice"),
        (lambda: compress.matrix_factors(np.ones((2, 3)), 3), "from 1 to 2"),
        (lambda: compress.spatial_factors(np.ones((2, 3)), 1), "filters are"),
        (lambda: compress.tucker_factors(np.ones((2, 3, 1, 1)), 4, 1), "from 1 to 3"),
        (lambda: compress.half_wave_levels(0), "one level"),
        (lambda: compress.cp_factors(np.ones((2, 3, 1, 1)), 0), "at least 1"),
        (lambda: compress.filter_factors(np.ones((2, 3)), 1), "filters are"),
        (lambda: compress.soft_shared(np.ones(2), [0.0], [0.1, 1.0], [1.0]), "each component"),
        (lambda: compress.soft_shared(np.ones(2), [0.0], [0.0], [1.0]), "above zero"),
        (lambda: compress.fitted_to_outputs(np.ones((2, 3)), np.ones((4, 2)), 0.5), "do not fit"),
        (lambda: compress.fitted_to_outputs(np.ones((2, 3)), np.ones((4, 3)), 0.0), "above 0"),
        (lambda: compress.balanced(np.ones(3), 0), "one bit"),
        (lambda: compress.bits_by_noise({}, 4), "one weight"),
    ],
)
def test_what_makes_no_sense_is_said(call: Callable[[], Any], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        call()


@pytest.mark.parametrize("name", PROJECTIONS)
def test_the_number_type_stays(name: str) -> None:
    weights = np.random.default_rng(13).normal(size=(3, 4)).astype(np.float32)
    assert PROJECTIONS[name](weights).dtype == np.float32  # type: ignore[arg-type]
