from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.window.op import Window
from hwcompile.passes.binary_levels import level_layers, with_levels
from tests.kernelbench import random_frames
from tests.ops.window.cases import some_taps

ORACLE = "this project"
ORACLE_REASON = "a pass must not change the meaning of a graph: evaluated before and after"

ORIGIN = Origin("net.onnx", "conv", "Conv")


def network(
    scales: list[int], window: Window | None, weights: np.ndarray, offset: int = 0
) -> Graph:
    """Binary inputs, scaled and added two by two, in front of a matrix."""
    taps = len(window.places) if window else 1
    kind = TensorType((4, 5, weights.shape[1] // taps), BIPOLAR)
    builder = Builder("net")
    streams = [builder.input(f"e{i}", kind) for i in range(len(scales))]
    total, first = streams[0], scales[0]
    for i, (stream, scale) in enumerate(zip(streams[1:], scales[1:], strict=True)):
        op = Linear((first, scale), offset)
        ((total,), first) = builder.add(f"sum{i}", op, (total, stream), ORIGIN), 1
    if window is not None:
        (total,) = builder.add("windows", window, (total,), ORIGIN)
    return builder.build(builder.add("y", Matmul(weights[None]), (total,), ORIGIN))


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """Two to four levels; windows with taps, strides and padding of all levels alike, or none."""
    scales = draw(st.lists(st.integers(-9, 9).filter(bool), min_size=2, max_size=4))
    channels, rows = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    window, taps = None, 1
    if draw(st.booleans()):
        kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
        strides = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
        pads = tuple(draw(st.integers(0, size - 1)) for size in kernel * 2)
        padding = draw(st.sampled_from((-1, 0, 1))) * sum(scales)
        listed = draw(some_taps(kernel))
        window = Window(kernel, strides, (1, 1), pads, padding, 1, listed)
        taps = len(window.places)
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return network(scales, window, rng.choice([-1, 1], (rows, taps * channels)))


@settings(deadline=None, max_examples=60)
@given(networks())
def test_results_and_types_are_those_of_the_sums(before: Graph) -> None:
    layers = level_layers(before)
    assert len(layers) == 1
    after = with_levels(before, layers)
    verify(after, "with_levels")
    assert after.types["y"] == before.types["y"]
    (sums,) = (node for node in after.nodes if isinstance(node.op, Matmul))
    reads = after.types[sums.inputs[0]]
    assert reads.pixels == before.types["y"].pixels * len(before.inputs)
    rng = np.random.default_rng(0)
    x = {v: random_frames(before.types[v], 3, rng) for v in before.inputs}
    np.testing.assert_array_equal(after.evaluate(x)["y"], before.evaluate(x)["y"])


SIGNS = np.random.default_rng(0).choice([-1, 1], (3, 4))


def _window(pad_value: int) -> Window:
    return Window((2, 2), (1, 1), (1, 1), (1, 0, 0, 0), pad_value, 1)


@pytest.mark.parametrize(
    "graph",
    [
        network([3], None, SIGNS),
        network([3, 2], None, SIGNS, offset=1),
        network([3, 2], None, SIGNS * 2),
        # No level can stand for this padding.
        network([3, 2], _window(1), SIGNS),
    ],
    ids=["one level", "an offset", "other weights", "other padding"],
)
def test_what_is_left_alone(graph: Graph) -> None:
    assert level_layers(graph) == ()


def test_a_sum_of_numbers_is_no_sum_of_levels() -> None:
    builder = Builder("net")
    x = builder.input("x", TensorType((1, 2, 4), IntType(0, 3)))
    z = builder.input("z", TensorType((1, 2, 4), BIPOLAR))
    (total,) = builder.add("sum", Linear((1, 2), 0), (x, z), ORIGIN)
    graph = builder.build(builder.add("y", Matmul(SIGNS[None]), (total,), ORIGIN))
    assert level_layers(graph) == ()
