from __future__ import annotations

import numpy as np
import pytest

from hwcompile.sparse.bounds import matrix_figures
from hwcompile.sparse.pruning import bank_balanced, load_balanced, magnitude, magnitude_of_all
from hwcompile.sparse.rows import SparseRows

RNG = np.random.default_rng(4)
WEIGHTS = RNG.normal(size=(96, 120)) * RNG.lognormal(0, 0.5, (96, 1))


def _smallest_kept_is_above_largest_dropped(weights: np.ndarray, pruned: np.ndarray) -> None:
    kept = pruned != 0
    np.testing.assert_array_equal(pruned[kept], weights[kept])
    assert np.abs(weights[kept]).min() >= np.abs(weights[~kept]).max()


def test_magnitude_keeps_the_largest() -> None:
    pruned = magnitude(WEIGHTS, 0.1)
    assert np.count_nonzero(pruned) == 1152
    _smallest_kept_is_above_largest_dropped(WEIGHTS, pruned)


def test_matrices_compete() -> None:
    one, two = magnitude_of_all([WEIGHTS, 10 * WEIGHTS], 0.25)
    assert np.count_nonzero(one) + np.count_nonzero(two) == 5760
    assert np.count_nonzero(two) > 2 * np.count_nonzero(one)


def test_every_pe_has_as_many() -> None:
    pruned = load_balanced(WEIGHTS, 0.1, 8)
    for pe in range(8):
        assert np.count_nonzero(pruned[pe::8]) == 144
        _smallest_kept_is_above_largest_dropped(WEIGHTS[pe::8], pruned[pe::8])


def test_every_bank_has_as_many() -> None:
    pruned = bank_balanced(WEIGHTS, 0.2, 6).reshape(96, 6, 20)
    assert (np.count_nonzero(pruned, axis=2) == 4).all()
    for row in (0, 50, 95):
        for bank in range(6):
            bank_of = WEIGHTS.reshape(96, 6, 20)[row, bank]
            _smallest_kept_is_above_largest_dropped(bank_of, pruned[row, bank])


def test_ties_are_broken_in_order() -> None:
    assert magnitude(np.ones((2, 3)), 0.5).tolist() == [[1, 1, 1], [0, 0, 0]]


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        magnitude(np.array([1.0, np.nan]), 0.5)
    with pytest.raises(ValueError, match="density"):
        magnitude(WEIGHTS, 1.5)
    with pytest.raises(ValueError, match="dealt out"):
        load_balanced(WEIGHTS, 0.5, 97)
    with pytest.raises(ValueError, match="equal banks"):
        bank_balanced(WEIGHTS, 0.5, 7)


def test_packing_makes_balanced_pruning_unnecessary() -> None:
    plain = matrix_figures(SparseRows.of(np.sign(magnitude(WEIGHTS, 0.1)).astype(np.int64)), 8, 12)
    balanced = load_balanced(WEIGHTS, 0.1, 8)
    fair = matrix_figures(SparseRows.of(np.sign(balanced).astype(np.int64)), 8, 12)
    assert plain.entries == fair.entries == 1152
    assert plain.cycles == plain.bound == fair.cycles == 144
    assert plain.interleaved > plain.bound
    assert fair.interleaved == fair.bound
    assert plain.whole_rows <= plain.bound + 2
    assert plain.utilisation == 1.0
    del plain.sizes["runlength"]  # has fillers
    assert plain.sizes[plain.chosen] == min(plain.sizes.values())
    assert 0 <= plain.split_rows < 8
