from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.reshape.op import Reshape

ORACLE = "numpy"
ORACLE_REASON = "numpy's reshape"


@settings(deadline=None, max_examples=50)
@given(st.tuples(*[st.integers(1, 4)] * 4), st.permutations(range(4)))
def test_keeps_flat_order(factors: tuple[int, ...], order: list[int]) -> None:
    a, b, c, d = factors
    e, f, g, h = (factors[i] for i in order)
    kind = TensorType((a, b, c * d), IntType(-8, 7))
    op = Reshape((e, f * g, h))
    assert op.problems((kind,)) == []
    x = np.random.default_rng(0).integers(-8, 8, (2, *kind.shape))
    (y,) = op.evaluate((kind,), (x,))
    (out,) = op.infer((kind,))
    assert y.shape == (2, *out.shape)
    assert out.element == kind.element
    np.testing.assert_array_equal(y.reshape(2, -1), x.reshape(2, -1))


def test_scales_follow_their_channels() -> None:
    kind = TensorType((2, 3, 2), BIPOLAR, (0.5, 0.25), (0, 0))
    (flat,) = Reshape((1, 1, 12)).infer((kind,))
    assert flat.scale == (0.5, 0.25) * 6
    assert flat.zero_point == (0,)
    (back,) = Reshape((2, 3, 2)).infer((flat,))
    assert back.scale == (0.5, 0.25)
    (mixed,) = Reshape((2, 6, 1)).infer((kind,))
    assert mixed.scale == (1.0,)


def test_refuses_another_size() -> None:
    kind = TensorType((2, 3, 2), BIPOLAR)
    assert Reshape((1, 1, 11)).problems((kind,)) == [
        "shape (1, 1, 11) has 11 elements, the input 12"
    ]
    assert Reshape((12, 1, 0)).problems((kind,))
    assert Reshape((12, 1, 1)).problems((kind, kind))


def test_is_free() -> None:
    assert family("reshape").kernels == ()
    for site in family("reshape").examples():
        assert site.op.problems(site.inputs) == []
