from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.words import legal_parallels, word_sequence
from tests.ops.gather.cases import pixels, sites

ORACLE = "numpy"
ORACLE_REASON = "loops over the definition of a gather"


@settings(deadline=None, max_examples=100)
@given(sites(), st.integers(0, 99))
def test_op_against_plain_loops(site: Site[Gather], seed: int) -> None:
    op, (kind,), (out,) = site.op, site.inputs, site.outputs
    assert op.problems((kind,)) == []
    x = np.random.default_rng(seed).choice(kind.element.values(), (2, *kind.shape))
    (y,) = op.evaluate((kind,), (x,))
    assert y.dtype == np.int64
    assert y.shape == (2, *out.shape)
    assert out.element.contains(y)
    for frame, row, column, channel in np.ndindex(*y.shape):
        source = op.index[row, column, channel]
        expected = op.fill if source < 0 else x[frame].flat[source]
        assert y[frame, row, column, channel] == expected


@settings(deadline=None, max_examples=200)
@given(sites())
def test_legal_word_sizes_are_exactly_those_that_move_whole_words(site: Site[Gather]) -> None:
    op, size = site.op, site.inputs[0].size
    legal = []
    flat = op.index.reshape(-1).tolist()
    for p in range(1, min(size, len(flat)) + 1):
        if size % p or len(flat) % p:
            continue
        groups = [flat[i : i + p] for i in range(0, len(flat), p)]
        words = {tuple(range(w * p, w * p + p)) for w in range(size // p)} | {(-1,) * p}
        if all(tuple(group) in words for group in groups):
            legal.append(p)
    assert list(legal_parallels(op, size)) == legal
    for p in legal:
        expected = [g[0] // p if g[0] >= 0 else -1 for g in np.reshape(flat, (-1, p)).tolist()]
        assert word_sequence(op, p).tolist() == expected


def test_fill_widens_the_type_only_where_it_appears() -> None:
    kind, index = TensorType((1, 1, 4), IntType(2, 5)), pixels(1, 1, 4)
    padded = np.pad(index, ((0, 0), (0, 0), (0, 1)), constant_values=-1)
    assert Gather(index, -7).infer((kind,))[0].element == IntType(2, 5)
    assert Gather(padded, -7).infer((kind,))[0].element == IntType(-7, 5)
    binary = TensorType((1, 1, 4), BIPOLAR)
    assert Gather(padded, 1).infer((binary,))[0].element == BIPOLAR
    assert Gather(padded, 0).infer((binary,))[0].element == IntType(-1, 1)


def test_scales_move_with_their_channels() -> None:
    kind = TensorType((2, 2, 3), IntType(0, 5), (1.0, 2.0, 3.0))
    shuffled = pixels(2, 2, 3)[:, :, [2, 0]]
    assert Gather(shuffled, 0).infer((kind,))[0].scale == (3.0, 1.0)
    padded = np.pad(shuffled, ((1, 0), (0, 0), (0, 0)), constant_values=-1)
    assert Gather(padded, 0).infer((kind,))[0].scale == (3.0, 1.0)
    mixed = pixels(2, 2, 3).transpose(2, 1, 0)
    assert Gather(mixed, 0).infer((kind,))[0].scale == (1.0,)


def test_refuses_in_words() -> None:
    kind = TensorType((1, 1, 4), BIPOLAR)
    assert Gather(pixels(1, 1, 5), 0).problems((kind,)) == [
        "the index reaches from 0 to 4, the input has 4 elements"
    ]
    assert Gather(pixels(1, 1, 4) - 2, 0).problems((kind,))
    assert Gather(pixels(4, 1), 0).problems((kind,))
    assert Gather(pixels(1, 1, 4), 0).problems((kind, kind))
    nothing = np.full((1, 1, 2), -1)
    assert Gather(nothing, 0).problems((kind,)) == ["no element of the input is used"]
