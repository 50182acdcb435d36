"""Random windows for the tests of conv, pool and window."""

from __future__ import annotations

from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.window.geometry import Geometry
from hwcompile.ops.window.op import Window

ELEMENTS = (BIPOLAR, IntType(0, 1), IntType(-4, 3), IntType(0, 9), IntType(3, 5), IntType(-9, -2))


@st.composite
def geometries(draw: st.DrawFn, shape: tuple[int, int, int]) -> Geometry:
    """A legal geometry for a map of `shape`."""

    def numbers(low: int, high: int, count: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(count))

    legal = st.builds(lambda: None).map(
        lambda _: Geometry(numbers(1, 4, 2), numbers(1, 4, 2), numbers(1, 3, 2), numbers(0, 3, 4))
    )
    return draw(legal.filter(lambda g: not g.problems(shape)))


@st.composite
def maps(draw: st.DrawFn, channels: int) -> TensorType:
    """A small map, often one-dimensional."""
    height = draw(st.one_of(st.just(1), st.integers(1, 8)))
    return TensorType((height, draw(st.integers(1, 8)), channels), draw(st.sampled_from(ELEMENTS)))


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, TensorType]:
    """A legal window and the type of its input."""
    groups = draw(st.sampled_from((1, 1, 2, 3)))
    kind = draw(maps(groups * draw(st.integers(1, 5))))
    g = draw(geometries(kind.shape))
    pad_value = draw(st.integers(-6, 6))
    return Window(g.kernel, g.strides, g.dilations, g.pads, pad_value, groups), kind
