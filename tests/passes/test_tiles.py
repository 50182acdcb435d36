"""Convolutions in tiles give what convolutions give, and others are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ir.verify import verify
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.conv.winograd import INPUT, OUTPUT, both_axes, products_in_domain
from hwcompile.ops.matmul.op import Matmul
from hwcompile.passes.pipelines import LOWERING, run_passes
from hwcompile.passes.tiles import tile_layers, with_tiles
from tests.kernelbench import random_frames

ORACLE = ("numpy", "this project")
ORACLE_REASON = "the convolution is the definition, and its op is held to ONNX Runtime elsewhere"

ORIGIN = Origin("net.onnx", "conv", "Conv")


def network(kind: TensorType, op: Conv) -> Graph:
    """A convolution, lowered."""
    builder = Builder("net")
    x = builder.input("x", kind)
    return run_passes(builder.build(builder.add("y", op, (x,), ORIGIN)), LOWERING)


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """Any sizes, pads and padding; weights and inputs of any types that are multiplied."""
    height, width = draw(st.integers(4, 7)), draw(st.integers(4, 8))
    channels, filters = draw(st.integers(2, 4)), draw(st.integers(1, 5))
    pads = tuple(draw(st.integers(0, 2)) for _ in range(4))
    low = draw(st.integers(-40, 3))
    element = IntType(low, low + draw(st.integers(10, 90)))
    largest = draw(st.sampled_from((11, 127, 32767)))
    seed = draw(st.integers(0, 999))
    weights = np.random.default_rng(seed).integers(-largest, largest + 1, (filters, 3, 3, channels))
    weights[weights == 0] = 1  # a tap without weights is taken out before
    weights[0, 0, 0, 0], weights[-1, -1, -1, -1] = largest, -largest
    op = Conv(weights, 1, (1, 1), (1, 1), pads, draw(st.integers(low - 2, low + 12)))
    return network(TensorType((height, width, channels), element), op)


@settings(deadline=None, max_examples=60)
@given(networks())
def test_results_and_types_are_those_of_the_convolution(before: Graph) -> None:
    layers = tile_layers(before)
    assert [layer.names for layer in layers] == [("y_window", "y")]
    after = with_tiles(before, layers)
    verify(after, "with_tiles")
    assert after.types["y"] == before.types["y"]
    x = {"x": random_frames(before.types["x"], 4, np.random.default_rng(0))}
    np.testing.assert_array_equal(after.evaluate(x)["y"], before.evaluate(x)["y"])
    products = after.node(layers[0].products).op
    assert isinstance(products, Matmul)
    rows, columns = -(-before.types["y"].shape[0] // 2), -(-before.types["y"].shape[1] // 2)
    assert after.types[layers[0].products].shape[:2] == (rows, columns)
    assert products.weights.size == 16 * before.types["x"].channels * before.types["y"].channels


def test_a_tile_is_that_of_the_paper() -> None:
    """1509.09308, equation 8, on integers: `A^T ((2G g 2G^T) * (B^T d B)) A` is four times y."""
    rng = np.random.default_rng(3)
    g, d = rng.integers(-128, 128, (1, 1, 3, 3)), rng.integers(-128, 128, (4, 4))
    products = products_in_domain(g)[:, 0, 0] * (both_axes(INPUT) @ d.ravel())
    sums = both_axes(OUTPUT) @ products
    windows = np.lib.stride_tricks.sliding_window_view(d, (3, 3))
    np.testing.assert_array_equal(sums, 4 * (windows * g[0, 0]).sum(axis=(2, 3)).ravel())


NUMBERS = np.random.default_rng(0).integers(-100, 101, (4, 3, 3, 2))
BYTES = TensorType((6, 5, 2), IntType(0, 255))


def _conv(weights: np.ndarray, **fields: object) -> Conv:
    usual = {"groups": 1, "strides": (1, 1), "dilations": (1, 1), "pads": (1, 1, 1, 1)}
    return Conv(weights, **{**usual, "pad_value": 0, **fields})  # type: ignore[arg-type]


FEWER = NUMBERS.copy()
FEWER[:, 1, 1] = 0


@pytest.mark.parametrize(
    "op",
    [
        _conv(NUMBERS, strides=(1, 2)),
        _conv(NUMBERS, dilations=(2, 1), pads=(2, 2, 2, 2)),
        _conv(NUMBERS[..., :1], groups=2),
        _conv(NUMBERS[:, :2]),
        _conv(FEWER),
        _conv(np.sign(NUMBERS)),
        # Sums that do not fit any type the compiler has.
        _conv(NUMBERS << 41),
    ],
    ids=["steps", "dilated", "groups", "2 x 3", "fewer taps", "no products", "wide sums"],
)
def test_what_is_left_alone(op: Conv) -> None:
    graph = network(BYTES, op)
    assert tile_layers(graph) == ()
    assert with_tiles(graph, ()) is graph


def test_a_name_that_is_taken_is_not_taken_twice() -> None:
    """A schedule names a layer by its products, so it stays as it is where the name is taken."""
    builder = Builder("net")
    x = builder.input("x", BYTES)
    (y,) = builder.add("y", _conv(NUMBERS), (x,), ORIGIN)
    (z,) = builder.add("y_tile_products", _conv(NUMBERS[:3]), (x,), ORIGIN)
    graph = run_passes(builder.build((y, z)), LOWERING)
    assert [layer.name for layer in tile_layers(graph)] == ["y_tile_products"]
