from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.sparse.packing import Packing, pack_rows

ROWS = st.lists(st.integers(0, 40) | st.just(0) | st.integers(100, 900), max_size=60)


def _check_cover(packing: Packing, counts: np.ndarray) -> None:
    """Every entry of every row exactly once; order by PE, then row."""
    seen = [np.zeros(count, dtype=int) for count in counts]
    for row, first, last in zip(packing.row, packing.first, packing.last, strict=True):
        assert 0 <= first <= last < counts[row]
        seen[row][first : last + 1] += 1
    assert all((marks == 1).all() for marks in seen)
    keys = list(zip(packing.pe, packing.row, packing.first, strict=True))
    assert keys == sorted(keys)
    assert packing.dead_rows.tolist() == [r for r, count in enumerate(counts) if count == 0]
    for pe in range(packing.pes):
        segments = packing.segments(pe)
        assert sum(last - first + 1 for _, first, last in segments) == packing.loads[pe]


@settings(deadline=None, max_examples=300)
@given(ROWS, st.integers(1, 40))
def test_split_rows_reach_the_bound(rows: list[int], pes: int) -> None:
    counts = np.array(rows, dtype=np.int64)
    packing = pack_rows(counts, pes)
    _check_cover(packing, counts)
    assert packing.max_load == packing.bound == -(-sum(rows) // pes)
    assert packing.pe.size - np.count_nonzero(counts) < pes


@settings(deadline=None, max_examples=300)
@given(ROWS, st.integers(1, 40))
def test_whole_rows_stay_whole(rows: list[int], pes: int) -> None:
    counts = np.array(rows, dtype=np.int64)
    packing = pack_rows(counts, pes, split=False)
    _check_cover(packing, counts)
    assert packing.pe.size == np.count_nonzero(counts)
    # Graham: the fullest PE was the emptiest, so below the mean, before it got its last row.
    assert packing.max_load <= sum(rows) / pes + max(rows, default=0)


@settings(deadline=None, max_examples=100)
@given(ROWS, st.integers(1, 20))
def test_rows_per_pe_are_limited(rows: list[int], pes: int) -> None:
    counts = np.array(rows, dtype=np.int64)
    most = -(-len(rows) // pes)
    packing = pack_rows(counts, pes, split=False, max_rows=most)
    _check_cover(packing, counts)
    assert np.bincount(packing.pe).max(initial=0) <= most


@settings(deadline=None, max_examples=100)
@given(ROWS, st.integers(1, 20))
def test_segments_follow_each_other_without_gaps(rows: list[int], pes: int) -> None:
    packing = pack_rows(np.array(rows, dtype=np.int64), pes)
    for pe in range(pes):
        here = packing.pe == pe
        starts, ends = packing.start[here], packing.end[here]
        assert starts.tolist() == [0, *(ends[:-1] + 1)][: starts.size]
        assert packing.slot[here].tolist() == list(range(starts.size))


def test_many_rows_are_packed_quickly_and_nearly_whole() -> None:
    rng = np.random.default_rng(5)
    share = 0.1 * rng.lognormal(0, 0.3, 4096)
    counts = rng.binomial(1024, np.minimum(share, 1))
    began = time.process_time()
    packing = pack_rows(counts, 512)
    assert time.process_time() - began < 5
    assert packing.max_load == packing.bound
    assert packing.pe.size - 4096 < 512
    whole = pack_rows(counts, 32, split=False)
    assert whole.max_load <= whole.bound + 1


def test_equal_arguments_give_equal_packings() -> None:
    counts = np.random.default_rng(1).integers(0, 50, 300)
    one, two = pack_rows(counts, 16), pack_rows(counts.copy(), 16)
    assert np.array_equal(one.pe, two.pe)
    assert np.array_equal(one.row, two.row)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one PE"):
        pack_rows(np.array([3]), 0)
    with pytest.raises(ValueError, match="row_nnz"):
        pack_rows(np.array([3, -1]), 2)
    with pytest.raises(ValueError, match="row_nnz"):
        pack_rows(np.array([[3, 1]]), 2)
    with pytest.raises(ValueError, match="at most 1 rows"):
        pack_rows(np.array([3, 1, 2]), 2, split=False, max_rows=1)


def test_nothing_to_do_takes_no_time() -> None:
    packing = pack_rows(np.zeros(5, dtype=np.int64), 4)
    assert packing.max_load == 0
    assert packing.utilisation == 1.0
    assert packing.dead_rows.size == 5
