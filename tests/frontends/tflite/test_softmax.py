"""Softmax inside networks: the staircases of its shares, and that they are staircases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.tflite.softmax import LONGEST_ROW, Division, division
from hwcompile_runtime import gemmlowp
from tests.frontends.tflite.oracle import differing
from tests.frontends.tflite.wide import softmax_inside
from tests.frontends.tflite.writer import Array, Meaning

ORACLE = ("TFLite reference kernels", "numpy")
ORACLE_REASON = "gemmlowp's definition, which test_operators.py compares with TFLite's kernels"


def divided(form: Division, distances: Array, totals: Array) -> Array:
    """Shares [distances, totals] by the form: halves go up, and 256 is one too many."""
    numerators = form.numerators[distances][:, None]
    shares = (numerators // totals + 1) // 2
    rows = np.searchsorted(form.distances, distances)
    known = np.isin(distances, form.distances)
    columns = np.searchsorted(form.totals, totals)
    met = np.isin(totals, form.totals)
    corrected = form.corrections[np.where(known, rows + 1, 0)][:, np.where(met, columns + 1, 0)]
    found: Array = np.minimum(shares + corrected, 255)
    return found


@settings(max_examples=12, deadline=None)
@given(st.floats(0.005, 3.0), st.integers(1, LONGEST_ROW), st.integers(0, 2**32 - 1))
def test_shares_are_those_of_the_fixed_point_arithmetic(scale: float, size: int, seed: int) -> None:
    form = division(scale, size)
    distances = np.arange(form.addends.size)
    low, high = 1 << 19, size << 19
    own = gemmlowp.softmax_weights(distances, scale)
    # Random totals, and all that are next to a step of some share.
    edges = form.numerators[:, None] // (2 * np.arange(1, 256) - 1)
    near = np.concatenate([edges.reshape(-1) + d for d in (-1, 0, 1)])
    chosen = np.random.default_rng(seed).choice(near, 4000)
    totals = np.unique(
        np.concatenate(
            [
                np.random.default_rng(seed).integers(low, high + 1, 3000),
                chosen[(chosen >= low) & (chosen <= high)],
                form.totals,
                [low, high],
            ]
        )
    )
    wanted = np.minimum(gemmlowp.shares(own[:, None], totals[None]), 255)
    np.testing.assert_array_equal(divided(form, distances, totals), wanted)


CORRECTED = {
    0.0007: [(226, 110, 64)],
    0.001: [(46, 22, 154), (90, 233, 208)],
    0.002: [(23, 11, 77)],
    0.003: [(45, 149, 95)],
    0.004: [(33, 218, 214), (123, 185, 174)],
}
"""Distances from the row's largest element whose exponentials have a total that needs a correction.

Elements are so near each other that the least totals never come."""


@pytest.mark.parametrize("scale", CORRECTED)
def test_corrections_are_those_of_the_total_that_comes(scale: float, tmp_path: Path) -> None:
    rows = np.array(CORRECTED[scale])
    form = division(float(np.float32(scale)), 4)
    totals = form.addends[0] + form.addends[rows].sum(axis=1)
    assert np.isin(totals, form.totals).all()
    rng = np.random.default_rng(0)
    writer, inputs, outputs = softmax_inside(rng, 1, 4, before=Meaning(scale, 3))
    frames = np.concatenate([np.full((len(rows), 1), 127), 127 - rows], axis=1).astype(np.int8)
    path = writer.save(tmp_path / "m.tflite", inputs, outputs)
    tensors, wrong = differing(path, len(rows), chosen=[frames[:, None]])
    assert not any(tensors.values()), tensors
    assert not wrong


def test_some_steps_need_a_correction() -> None:
    assert any(division(0.05, n).totals.size for n in (3, 10, 100))


@pytest.mark.slow
def test_a_larger_sum_never_has_a_larger_reciprocal() -> None:
    """Sums of up to 2^27 are, brought to 32 digits, multiples of 32: all 2^26 of them."""
    last = np.int64(1) << 32
    for start in range(1 << 31, 1 << 32, 1 << 27):
        sums = np.arange(start, start + (1 << 27), 1 << 5, dtype=np.int64)
        # `reciprocal` takes what is brought to 32 digits as well as the sum itself.
        found, _ = gemmlowp.reciprocal(sums)
        assert np.all(np.diff(found) <= 0)
        assert found[0] <= last
        last = found[-1]
    # From one power of two to the next the reciprocal halves.
    assert last >= gemmlowp.reciprocal(np.array([1 << 31]))[0][0] / 2


def test_a_row_that_is_too_long_is_refused_by_name(tmp_path: Path) -> None:
    writer, inputs, outputs = softmax_inside(np.random.default_rng(0), 2, LONGEST_ROW + 1)
    with pytest.raises(CompileError, match=r"HW0303.*SOFTMAX.*257 elements"):
        load_model(writer.save(tmp_path / "m.tflite", inputs, outputs))
