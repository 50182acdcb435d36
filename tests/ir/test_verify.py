"""The verifier finds broken graphs, and says which pass broke them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwcompile.diagnostics import InternalError, Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reshape.op import Reshape

ORIGIN = Origin("file", "node", "Op")


def graph() -> Graph:
    builder = Builder("small")
    x = builder.input("x", TensorType((2, 2, 3), IntType(0, 3)))
    (a,) = builder.add("a", Matmul(np.array([[[1, 2, -1], [0, 1, 1]]])), (x,), ORIGIN)
    (b,) = builder.add("b", Reshape((1, 1, 8)), (a,), ORIGIN)
    return builder.build((b,))


def broken(bad: Graph, message: str) -> None:
    with pytest.raises(InternalError, match=message) as caught:
        verify(bad, "some-pass")
    assert "after some-pass" in str(caught.value)


def test_a_sound_graph_passes() -> None:
    verify(graph())


def test_use_before_definition() -> None:
    good = graph()
    broken(replace(good, nodes=good.nodes[::-1]), "'b' reads 'a' before it is defined")


def test_two_definitions() -> None:
    good = graph()
    broken(replace(good, nodes=(good.nodes[0], *good.nodes)), "defined twice")


def test_a_missing_type() -> None:
    good = graph()
    broken(replace(good, types={v: t for v, t in good.types.items() if v != "a"}), "has no type")


def test_an_undefined_output() -> None:
    broken(replace(graph(), outputs=("nowhere",)), "output 'nowhere' is not defined")


def test_an_interval_that_is_too_narrow() -> None:
    good = graph()
    narrow = good.types["a"].with_element(IntType(0, 1))
    broken(replace(good, types={**good.types, "a": narrow}), "its op can give")


def test_a_wrong_shape() -> None:
    good = graph()
    wrong = TensorType((1, 4, 2), good.types["a"].element)
    broken(replace(good, types={**good.types, "a": wrong}), "has shape")


def test_an_illegal_name() -> None:
    good = graph()
    node = replace(good.nodes[0], outputs=("a b",))
    types = {**good.types, "a b": good.types["a"]}
    broken(replace(good, nodes=(node, good.nodes[1]), types=types), "not a legal name")


def test_evaluate_refuses_values_outside_the_type() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        graph().evaluate({"x": np.full((1, 2, 2, 3), 9)})
