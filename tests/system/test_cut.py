"""Where graphs can be cut, and that the parts one after the other are the whole.

The oracle of the first is the definition of a cut, by the removal of the value; that of the second
is the graph itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import Origin
from hwcompile.frontends.load import load_model
from hwcompile.ir.graph import Graph, Node
from hwcompile.ir.op import Op
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.system.cut import bottlenecks, parts_of
from hwcompile.verify.sources import random_source
from tests.system.networks import layers

ORACLE = "this project"
ROOT = Path(__file__).parents[2]
WHERE = Origin("test", "", "")


def named(edges: Mapping[str, tuple[str, ...]], outputs: tuple[str, ...]) -> Graph:
    """A graph of nodes without operations: name of a node and its value to what it reads."""
    nodes = tuple(
        Node(name, cast(Op, None), reads, (name,), WHERE) for name, reads in edges.items()
    )
    return Graph("named", ("x",), outputs, nodes, {})


def test_no_cut_inside_a_branch_and_one_where_they_join() -> None:
    edges = {"a": ("x",), "b": ("a",), "c": ("a",), "d": ("b", "c"), "e": ("d",), "f": ("e", "d")}
    assert bottlenecks(named(edges, ("f",))) == ("a", "d")


def test_a_stream_that_goes_around_everything_leaves_no_cut() -> None:
    edges = {"a": ("x",), "b": ("a",), "c": ("b", "x")}
    assert bottlenecks(named(edges, ("c",))) == ()


def test_an_output_from_before_leaves_no_cut_behind_it() -> None:
    edges = {"a": ("x",), "b": ("a",), "c": ("b",), "d": ("c",)}
    assert bottlenecks(named(edges, ("b", "d"))) == ("a",)


def _left(flow: nx.DiGraph, value: str, last: str) -> bool:
    """Whether a way to the output is left without a value."""
    rest = flow.copy()
    rest.remove_node(value)
    return bool(nx.has_path(rest, "x", last))


@settings(max_examples=40)
@given(st.data())
def test_bottlenecks_are_the_values_without_which_no_way_is_left(data: st.DataObject) -> None:
    edges: dict[str, tuple[str, ...]] = {}
    for number in range(data.draw(st.integers(1, 9))):
        before = st.sampled_from(["x", *edges])
        edges[f"n{number}"] = tuple(data.draw(st.sets(before, min_size=1, max_size=3)))
    last = list(edges)[-1]
    graph = named(edges, (last,))
    flow = nx.DiGraph((read, name) for name, reads in edges.items() for read in reads)
    needed = {value for value in edges if value != last and not _left(flow, value, last)}
    assert set(bottlenecks(graph)) == needed


@pytest.mark.parametrize("name", ["digits_mlp_w1a1", "digits_cnn_int8"])
def test_parts_one_after_the_other_are_the_whole(name: str) -> None:
    model = load_model(ROOT / "examples" / "digits" / f"{name}.onnx")
    graph = run_passes(model.graph, LOWERING)
    inputs = random_source({v: graph.types[v] for v in graph.inputs}, 3, 1).whole()
    (expected,) = graph.evaluate(inputs).values()
    places = bottlenecks(graph)
    assert len(places) >= 4
    for cuts in (*((value,) for value in places), places[1:3], places):
        values = inputs
        parts = parts_of(graph, cuts)
        assert sum(len(part.nodes) for part in parts) == len(graph.nodes)
        for part in parts:
            values = part.evaluate(values)
        (found,) = values.values()
        np.testing.assert_array_equal(found, expected)


def test_every_layer_of_a_chain_can_be_cut_off() -> None:
    graph = layers()
    assert bottlenecks(graph) == tuple(node.name for node in graph.nodes[:-1])
