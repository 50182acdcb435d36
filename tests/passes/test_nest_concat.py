from __future__ import annotations

import numpy as np
import pytest

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.concat.interleave import MOST_INPUTS
from hwcompile.ops.concat.op import Concat
from hwcompile.passes.nest_concat import nest_concats

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

ELEMENTS = (BIPOLAR, IntType(0, 5), IntType(-9, 2))


def _graph(count: int) -> Graph:
    builder = Builder("joined")
    kinds = [TensorType((2, 3, 1 + i % 3), ELEMENTS[i % 3]) for i in range(count)]
    values = tuple(builder.input(f"x{i}", kind) for i, kind in enumerate(kinds))
    outputs = builder.add("y", Concat(), values, Origin("model", "y", "Concat"))
    return builder.build(outputs)


@pytest.mark.parametrize("count", [5, 6, 8, 16, 17, 24])
def test_keeps_values_order_and_names(count: int) -> None:
    graph = _graph(count)
    nested = nest_concats(graph)
    verify(nested, "nest-concat")
    assert max(len(node.inputs) for node in nested.nodes) <= MOST_INPUTS
    assert nested.outputs == graph.outputs == ("y",)
    assert nested.types["y"] == graph.types["y"]
    rng = np.random.default_rng(count)
    x = {v: rng.choice(graph.types[v].element.values(), (2, *graph.types[v].shape))
         for v in graph.inputs}  # fmt: skip
    np.testing.assert_array_equal(nested.evaluate(x)["y"], graph.evaluate(x)["y"])


@pytest.mark.parametrize("count", [2, 4])
def test_leaves_small_ones_alone(count: int) -> None:
    graph = _graph(count)
    assert nest_concats(graph).nodes == graph.nodes
