from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.pool.op import Pool
from hwcompile.passes.lower_pool import lower_pool
from tests.kernelbench import random_frames
from tests.ops.pool.test_op import pools
from tests.passes.test_lower_conv import ORIGIN, chain

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"


@settings(deadline=None, max_examples=80)
@given(pools())
def test_meaning_and_types_are_kept(case: tuple[Pool, TensorType]) -> None:
    op, kind = case
    before = chain(kind, op)
    after = lower_pool(before)
    verify(after, "lower_pool")
    assert not any(isinstance(node.op, Pool) for node in after.nodes)
    assert after.outputs == before.outputs
    assert after.types["y0"] == before.types["y0"]
    assert all(node.origin == ORIGIN for node in after.nodes)
    x = {"x": random_frames(kind, 3, np.random.default_rng(0))}
    np.testing.assert_array_equal(after.evaluate(x)["y0"], before.evaluate(x)["y0"])


def pool(kernel: tuple[int, int], stride: int = 1, pads: tuple[int, ...] = (0, 0, 0, 0)) -> Pool:
    return Pool("sum", kernel, (stride, stride), (1, 1), pads, 0)


@pytest.mark.parametrize(
    ("op", "families"),
    [
        (pool((2, 2), 2), ["window", "reduce"]),
        (pool((6, 5)), ["reshape", "reduce"]),
        (pool((6, 5), 6), ["reshape", "reduce"]),
        (pool((6, 5), pads=(0, 0, 1, 0)), ["window", "reduce"]),
        (pool((1, 1)), ["reduce"]),
        (pool((1, 1), 2), ["window", "reduce"]),
    ],
)
def test_what_each_kind_becomes(op: Pool, families: list[str]) -> None:
    kind = TensorType((6, 5, 4), IntType(0, 3))
    before = chain(kind, op)
    after = lower_pool(before)
    assert [node.op.family for node in after.nodes] == families
    x = {"x": random_frames(kind, 2, np.random.default_rng(1))}
    np.testing.assert_array_equal(after.evaluate(x)["y0"], before.evaluate(x)["y0"])


def test_pools_in_a_row() -> None:
    kind = TensorType((8, 8, 2), IntType(-4, 3))
    before = chain(kind, pool((2, 2), 2), pool((2, 2), 2), pool((2, 2)))
    after = lower_pool(before)
    verify(after, "lower_pool")
    x = {"x": random_frames(kind, 2, np.random.default_rng(1))}
    for value in before.outputs:
        np.testing.assert_array_equal(after.evaluate(x)[value], before.evaluate(x)[value])
        assert after.types[value] == before.types[value]
