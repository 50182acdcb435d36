"""Random windows for the tests of conv, pool and window."""

from __future__ import annotations

from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Site
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
    taps = draw(some_taps(g.kernel))
    return Window(g.kernel, g.strides, g.dilations, g.pads, pad_value, groups, taps), kind


@st.composite
def some_taps(draw: st.DrawFn, kernel: tuple[int, ...]) -> tuple[int, ...]:
    """Places of some taps of a kernel; nothing for all of them, as often."""
    places = st.integers(0, kernel[0] * kernel[1] - 1)
    chosen = draw(st.one_of(st.just(set()), st.sets(places, min_size=1)))
    return tuple(sorted(chosen))


def _site(op: Window, shape: tuple[int, int, int], element: IntType) -> Site[Window]:
    return Site.of(op, TensorType(shape, element))


BYTE, NIBBLE = IntType(0, 255), IntType(-8, 7)
NO_PADS, ONE, ALL_ROUND = (0, 0, 0, 0), (1, 1), (1, 1, 1, 1)

WIDE: dict[str, tuple[Site, int]] = {
    "padded": (_site(Window((3, 3), ONE, ONE, ALL_ROUND, -3, 1), (4, 33, 2), NIBBLE), 2),
    "no padding": (_site(Window((2, 2), ONE, ONE, NO_PADS, 0, 1), (4, 24, 1), NIBBLE), 1),
    "five rows, far past the edge": (
        _site(Window((5, 5), ONE, ONE, (2, 2, 2, 2), 1, 1), (6, 43, 1), BYTE),
        1,
    ),
    "every second row": (
        _site(Window((3, 3), (2, 2), ONE, ALL_ROUND, 7, 1), (6, 26, 2), NIBBLE),
        2,
    ),
    "every third row, rows left over": (
        _site(Window((2, 2), (3, 2), ONE, NO_PADS, 0, 1), (7, 25, 3), NIBBLE),
        3,
    ),
    "rows apart": (_site(Window((3, 2), ONE, (2, 3), (2, 1, 1, 2), 20, 1), (6, 40, 1), NIBBLE), 1),
    "parts of a pixel": (_site(Window((3, 1), ONE, ONE, (1, 0, 1, 0), 7, 1), (4, 9, 6), NIBBLE), 2),
    "padded below alone": (
        _site(Window((3, 3), ONE, ONE, (0, 1, 2, 1), 5, 1), (5, 34, 1), NIBBLE),
        1,
    ),
    "the last row lowest under none, in the middle of others": (
        _site(Window((3, 3), (2, 2), ONE, (0, 1, 1, 0), 5, 1), (8, 32, 1), NIBBLE),
        1,
    ),
    "the same, and windows further down": (
        _site(Window((5, 2), (2, 1), ONE, (0, 1, 5, 0), 5, 1), (8, 40, 1), NIBBLE),
        1,
    ),
    "kernel larger than the map": (
        _site(Window((5, 3), ONE, ONE, (2, 1, 2, 1), 7, 1), (2, 40, 1), NIBBLE),
        1,
    ),
    "rows apart, the last one lowest under none": (
        _site(Window((3, 2), (3, 1), (2, 1), (2, 1, 4, 0), 5, 1), (7, 40, 1), NIBBLE),
        1,
    ),
    "padded above alone": (
        _site(Window((4, 2), ONE, ONE, (3, 1, 0, 0), 5, 1), (4, 26, 1), NIBBLE),
        1,
    ),
}
"""Maps whose rows are so long that a parallel window keeps one less than it reaches over, with
the channels of a word."""
