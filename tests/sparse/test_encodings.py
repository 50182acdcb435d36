from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.sparse.encodings import (
    RowStream,
    absolute,
    bitmap,
    cheapest,
    column_layout,
    delta,
    every_encoding,
    gaps,
    runlength,
    size_report,
    with_fillers,
)
from hwcompile.sparse.packing import pack_rows
from hwcompile.sparse.rows import SparseRows


def _random(seed: int, rows: int, columns: int, density: float) -> np.ndarray:
    """Every row has an entry."""
    rng = np.random.default_rng(seed)
    matrix: IntArray = rng.integers(1, 8, (rows, columns)) * rng.choice([-1, 1], (rows, columns))
    matrix[rng.random((rows, columns)) >= density] = 0
    matrix[np.arange(rows), rng.integers(0, columns, rows)] = 3
    return matrix


MATRICES = st.builds(
    _random,
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.integers(1, 80),
    st.sampled_from([0.0, 0.02, 0.1, 0.5, 1.0]),
)


@settings(deadline=None, max_examples=200)
@given(MATRICES)
def test_every_encoding_decodes_to_the_matrix(matrix: np.ndarray) -> None:
    rows = SparseRows.of(matrix)
    for code in every_encoding(rows):
        np.testing.assert_array_equal(code.decode().dense(), matrix)
        if isinstance(code, RowStream):
            assert code.kind in ("absolute", "delta", "runlength")
            assert code.index.min() >= 0
            assert code.index.max() < 1 << code.index_bits


@settings(deadline=None, max_examples=200)
@given(MATRICES, st.integers(1, 9))
def test_segments_of_a_packing_are_the_matrix(matrix: np.ndarray, pes: int) -> None:
    rows = SparseRows.of(matrix)
    packing = pack_rows(rows.counts, pes)
    dense = delta(rows.segments(packing)).decode().dense()
    rebuilt = np.zeros_like(matrix)
    np.add.at(rebuilt, packing.row, dense)
    np.testing.assert_array_equal(rebuilt, matrix)


@settings(deadline=None, max_examples=200)
@given(MATRICES, st.integers(1, 9))
def test_the_column_layout_decodes_to_the_matrix(matrix: np.ndarray, pes: int) -> None:
    rows = SparseRows.of(matrix)
    layout = column_layout(rows, pack_rows(rows.counts, pes, split=False))
    np.testing.assert_array_equal(layout.decode().dense(), matrix)
    assert layout.pointer.shape == (pes, rows.columns + 1)
    assert layout.local_row.max() < 1 << layout.index_bits


@settings(deadline=None, max_examples=200)
@given(MATRICES, st.integers(1, 5))
def test_fillers_only_shorten_gaps(matrix: np.ndarray, bits: int) -> None:
    rows = SparseRows.of(matrix)
    filled = with_fillers(rows, bits)
    np.testing.assert_array_equal(filled.dense(), matrix)
    assert gaps(filled).max() < 1 << bits
    wanted = int((gaps(rows) >> bits).sum())
    assert filled.entries - rows.entries == wanted == runlength(rows, bits).fillers


def test_bits_are_counted_one_by_one() -> None:
    # Rows 0: columns 0 and 9; row 1: column 15. Gaps 0, 8, 15.
    matrix = np.zeros((2, 16), dtype=np.int64)
    matrix[0, 0], matrix[0, 9], matrix[1, 15] = 1, 2, 3
    rows = SparseRows.of(matrix)
    assert absolute(rows).bits(12) == 3 * (12 + 4 + 1)
    assert delta(rows).index.tolist() == [0, 8, 15]
    assert delta(rows).bits(12) == 3 * (12 + 4 + 1)
    # Two bits: 8 = 2 fillers and 0, 15 = 3 fillers and 3.
    run = runlength(rows, 2)
    assert run.fillers == 5
    assert run.index.tolist() == [0, 3, 3, 0, 3, 3, 3, 3]
    assert run.bits(12) == 8 * (12 + 2 + 1)
    assert bitmap(rows).bits(12) == 2 * 16 + 3 * 12


def test_the_cheapest_depends_on_the_density() -> None:
    full = SparseRows.of(np.ones((4, 64), dtype=np.int64))
    assert cheapest(full, 8).bits(8) == min(c.bits(8) for c in every_encoding(full))
    assert cheapest(full, 8).kind == "bitmap"
    half = np.zeros((4, 64), dtype=np.int64)
    half[:, ::8] = 1
    assert cheapest(SparseRows.of(half), 8).kind == "delta"
    lonely = np.zeros((40, 512), dtype=np.int64)
    lonely[:, :60:2] = 1
    lonely[0, 511] = 1
    assert cheapest(SparseRows.of(lonely), 8).kind == "runlength"
    assert cheapest(SparseRows.of(lonely), 8, fillers=False).fillers == 0


def test_rows_without_entries_are_refused() -> None:
    with pytest.raises(ValueError, match="without entries"):
        delta(SparseRows.of(np.zeros((1, 3), dtype=np.int64)))
    split = pack_rows(np.array([9]), 3)
    with pytest.raises(ValueError, match="split=False"):
        column_layout(SparseRows.of(np.ones((1, 9), dtype=np.int64)), split)


def _published_lstm() -> list[np.ndarray]:
    """The nine matrices of a published LSTM, 10 % of the weights, rows of unequal importance."""
    rng = np.random.default_rng(7)
    shapes = [(1024, 153)] * 4 + [(1024, 512)] * 4 + [(512, 1024)]
    scores = [rng.normal(size=s) * rng.lognormal(0, 0.3, (s[0], 1)) for s in shapes]
    every = np.concatenate([np.abs(score).reshape(-1) for score in scores])
    cut = np.sort(every)[-324_813]
    return [np.where(np.abs(score) >= cut, 1 + rng.integers(1, 2000), 0) for score in scores]


def test_sizes_of_the_published_lstm() -> None:
    matrices = _published_lstm()
    gates = np.concatenate(
        [np.hstack([x, r]) for x, r in zip(matrices, matrices[4:8], strict=False)]
    )
    bits, fillers, column_bits, entries = 0, 0, 0, 0
    for matrix in (gates, matrices[8]):
        rows = SparseRows.of(matrix)
        live = rows.segments(pack_rows(rows.counts, 32))
        code = runlength(live, 7)
        np.testing.assert_array_equal(code.decode().column, live.column)
        bits += code.bits(12)
        fillers += code.fillers
        streams = [c for c in every_encoding(live) if isinstance(c, RowStream)]
        assert min(c.bits(12) for c in streams) <= code.bits(12)
    for matrix in matrices:
        rows = SparseRows.of(matrix)
        entries += rows.entries
        packing = pack_rows(rows.counts, 32, split=False, max_rows=32)
        assert packing.utilisation > 0.99
        layout = column_layout(rows, packing)
        np.testing.assert_array_equal(layout.decode().dense(), matrix)
        column_bits += layout.value.size * (12 + 5)
        assert layout.entry_bits(12) <= layout.value.size * (12 + 5)
    assert entries == 324_813
    assert -(-bits // 8) <= 820_000
    assert fillers < 0.006 * entries
    assert -(-column_bits // 8) == 690_228
    report = size_report(SparseRows.of(matrices[8][matrices[8].any(axis=1)]), 12)
    assert set(report) == {"absolute", "delta", "runlength", "bitmap"}
