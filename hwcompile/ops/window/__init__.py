"""Sliding windows: a map becomes a stream of windows."""

from __future__ import annotations

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.family import Family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.window.line_buffer import LineBuffer
from hwcompile.ops.window.op import Window
from hwcompile.ops.window.parallel import Parallel


def _examples() -> tuple[Site, ...]:
    byte = IntType(0, 255)
    return (
        # A padded 3x3 convolution.
        Site.of(Window((3, 3), (1, 1), (1, 1), (1, 1, 1, 1), 0, 1), TensorType((5, 6, 3), byte)),
        # Zero padding makes three values of two.
        Site.of(Window((3, 3), (2, 2), (1, 1), (1, 0, 1, 1), 0, 1), TensorType((5, 5, 4), BIPOLAR)),
        # Groups, a stride that skips pixels.
        Site.of(
            Window((2, 1), (3, 2), (1, 1), (0, 0, 0, 0), 0, 2),
            TensorType((7, 6, 4), IntType(-8, 7)),
        ),
        # One dimension, dilated, more padding on one side.
        Site.of(
            Window((1, 3), (1, 1), (1, 2), (0, 4, 0, 1), -3, 1),
            TensorType((1, 9, 2), IntType(0, 5)),
        ),
        # Some of nine taps, as of a convolution whose other weights are zero.
        Site.of(
            Window((3, 3), (1, 1), (1, 1), (1, 1, 1, 1), -1, 1, (1, 3, 4, 8)),
            TensorType((5, 4, 3), BIPOLAR),
        ),
    )


FAMILY = Family(
    name="window",
    summary="sliding windows with stride, dilation, padding and groups",
    ops=(Window,),
    kernels=(LineBuffer(), Parallel()),
    examples=_examples,
)

__all__ = ["FAMILY", "Window"]
