from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.conv.op import Conv
from hwcompile.passes.lower_conv import lower_conv
from tests.kernelbench import random_frames
from tests.ops.conv.test_op import convolutions

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

ORIGIN = Origin("net.onnx", "conv1", "Conv")


def chain(kind: TensorType, *ops: Op) -> Graph:
    """Ops in a row; the first result has a scale, and every value before the last is kept."""
    builder = Builder("net")
    value = builder.input("x", kind)
    values = []
    for index, op in enumerate(ops):
        (value,) = builder.add(f"y{index}", op, (value,), ORIGIN)
        old = builder.types[value]
        builder.types[value] = TensorType(old.shape, old.element, (0.125,), (3,))
        values.append(value)
    return builder.build(tuple(values))


@settings(deadline=None, max_examples=80)
@given(convolutions())
def test_meaning_and_types_are_kept(case: tuple[Conv, TensorType]) -> None:
    op, kind = case
    before = chain(kind, op)
    after = lower_conv(before)
    verify(after, "lower_conv")
    assert not any(isinstance(node.op, Conv) for node in after.nodes)
    assert after.outputs == before.outputs
    assert after.types["y0"] == before.types["y0"]
    assert all(node.origin == ORIGIN for node in after.nodes)
    x = {"x": random_frames(kind, 3, np.random.default_rng(0))}
    np.testing.assert_array_equal(after.evaluate(x)["y0"], before.evaluate(x)["y0"])


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, dtype=np.int64)


def conv(weights: np.ndarray, groups: int = 1, pads: tuple[int, ...] = (0, 0, 0, 0)) -> Conv:
    return Conv(weights, groups, (1, 1), (1, 1), pads, 0)


@pytest.mark.parametrize(
    ("op", "families"),
    [
        (conv(ones(5, 3, 3, 4)), ["window", "matmul"]),
        (conv(ones(6, 3, 3, 2), 2), ["window", "matmul"]),
        (conv(ones(4, 3, 3, 1), 4), ["window", "depthwise"]),
        (conv(ones(8, 3, 3, 1), 4), ["window", "matmul"]),
        (conv(ones(5, 1, 1, 4)), ["matmul"]),
        (conv(ones(6, 1, 1, 2), 2), ["matmul"]),
        (conv(ones(4, 1, 1, 1), 4), ["depthwise"]),
        (conv(ones(5, 1, 1, 4), pads=(1, 0, 0, 0)), ["window", "matmul"]),
        (conv(ones(5, 6, 5, 4)), ["reshape", "matmul"]),
        (conv(ones(4, 6, 5, 1), 4), ["reshape", "depthwise"]),
        (conv(ones(6, 6, 5, 2), 2), ["window", "matmul"]),
    ],
)
def test_what_each_kind_becomes(op: Conv, families: list[str]) -> None:
    kind = TensorType((6, 5, 4), IntType(0, 3))
    before = chain(kind, op)
    after = lower_conv(before)
    assert [node.op.family for node in after.nodes] == families
    x = {"x": random_frames(kind, 2, np.random.default_rng(1))}
    np.testing.assert_array_equal(after.evaluate(x)["y0"], before.evaluate(x)["y0"])


def test_names_never_clash() -> None:
    """A later value is already called what the first window would be called."""
    builder = Builder("net")
    x = builder.input("x", TensorType((6, 6, 2), IntType(0, 3)))
    op = conv(ones(2, 3, 3, 2))
    (first,) = builder.add("a", op, (x,), ORIGIN)
    (second,) = builder.add("a_window", op, (first,), ORIGIN)
    graph = builder.build((first, second))
    after = lower_conv(graph)
    verify(after, "lower_conv")
    names = [node.name for node in after.nodes]
    assert names == ["a_window_2", "a", "a_window_window", "a_window"]
    assert after.outputs == graph.outputs
