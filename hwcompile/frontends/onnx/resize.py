"""Upsample and Resize by whole factors with the nearest element: copies of elements."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.interpreter import Operator
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.values import Value, constant_of, shape_of
from hwcompile.ir.types import IntArray

Inputs = Sequence[Value | None]


def _refuse(node: SourceNode, what: str, fix: str) -> Exception:
    why = "only copies of the nearest element stay integers"
    return fail("HW0201", what, why, fix, node.origin)


def _scales(node: SourceNode, inputs: Inputs, shape: tuple[int, ...]) -> list[tuple[int, float]]:
    """For each axis the output size and the scale that coordinates use."""
    given = _constant(inputs, 1 if node.op_type == "Upsample" or len(inputs) < 3 else 2)
    if node.attributes.get("scales"):
        given = np.array(node.attributes["scales"])
    if given is not None and given.size == len(shape):
        return [(int(np.floor(n * float(s))), float(s)) for n, s in zip(shape, given, strict=True)]
    sizes = _constant(inputs, 3)
    if sizes is None or sizes.size != len(shape):
        raise _refuse(node, "the size of this Resize is no constant", "give constant scales")
    return [(int(s), float(s) / n) for n, s in zip(shape, sizes, strict=True)]


def _constant(inputs: Inputs, position: int) -> Array | None:
    return constant_of(inputs[position]) if position < len(inputs) else None


def _sources(node: SourceNode, length: int, output: int, scale: float) -> IntArray:
    """Which element of the axis each output element copies, int64 [output]."""
    if output == length and scale == 1:
        return np.arange(length)
    mode = str(node.attributes.get("coordinate_transformation_mode", "half_pixel"))
    mode = "asymmetric" if node.op_type == "Upsample" else mode
    rounding = str(node.attributes.get("nearest_mode", "round_prefer_floor"))
    rounding = "floor" if node.op_type == "Upsample" else rounding
    step = 1 / Fraction(scale).limit_denominator(1 << 16)
    found = []
    for i in range(output):
        if mode == "asymmetric":
            x = i * step
        elif mode in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"):
            single = mode == "pytorch_half_pixel" and output == 1
            x = Fraction(0) if single else (i + Fraction(1, 2)) * step - Fraction(1, 2)
        elif mode == "align_corners":
            x = Fraction(i * (length - 1), max(output - 1, 1))
        else:
            raise _refuse(node, f"the coordinate mode '{mode}' is not supported", "use asymmetric")
        found.append(min(max(_rounded(x, rounding), 0), length - 1))
    return np.array(found, dtype=np.int64)


def _rounded(x: Fraction, rounding: str) -> int:
    below = x.numerator // x.denominator
    if rounding == "floor":
        return below
    if rounding == "ceil":
        return -(-x.numerator // x.denominator)
    half = x - below
    if half == Fraction(1, 2):
        return below + (1 if rounding == "round_prefer_ceil" else 0)
    return below + (1 if half > Fraction(1, 2) else 0)


def _resize(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = inputs[0]
    assert value is not None
    if str(node.attributes.get("mode", "nearest")) != "nearest":
        raise _refuse(
            node,
            f"this {node.op_type} interpolates ({node.attributes['mode']})",
            "use mode 'nearest', or a ConvTranspose with quantized weights",
        )
    if node.attributes.get("axes") is not None:
        raise _refuse(node, "this Resize names its axes", "give a scale for every axis")
    shape = shape_of(value)
    pairs = zip(shape, _scales(node, inputs, shape), strict=True)
    chosen = [_sources(node, n, output, scale) for n, (output, scale) in pairs]
    return [moved(value, lambda a, fill: a[np.ix_(*chosen)], 0.0, node.origin)]


HANDLERS = {"Upsample": Operator(_resize), "Resize": Operator(_resize)}
