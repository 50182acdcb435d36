"""Upsample and Resize: copies of the nearest element, or linear interpolation by whole factors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.coordinates import COORDINATES
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.interpolation import enlarged
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.values import Value, constant_of, shape_of
from hwcompile.ir.types import IntArray

Inputs = Sequence[Value | None]
_HALF, _ONE = np.float32(0.5), np.float32(1)


def _refuse(node: SourceNode, what: str, fix: str) -> CompileError:
    why = "copies and sums by whole parts of elements stay integers"
    return fail("HW0201", what, why, fix, node.origin)


def _constant(node: SourceNode, inputs: Inputs, position: int) -> Array | None:
    """A constant operand that is not empty, or None.

    Raises:
        CompileError: HW0203 when it is computed while the network runs.
    """
    value = inputs[position] if position < len(inputs) else None
    if value is None:
        return None
    array = constant_of(value)
    if array is None:
        raise fail(
            "HW0203",
            f"the size of this {node.op_type} is computed while the network runs",
            "hardware is built for one fixed shape",
            "give constant scales or sizes",
            node.origin,
        )
    return array.reshape(-1) if array.size else None


def _scales(
    node: SourceNode, inputs: Inputs, shape: tuple[int, ...]
) -> list[tuple[int, np.float32]]:
    """For each axis the output size and the scale that coordinates use."""
    rank = len(shape)
    axes = [int(a) % rank for a in node.attributes.get("axes") or range(rank)]
    position = 1 if node.op_type == "Upsample" or len(inputs) < 3 else 2
    given = _constant(node, inputs, position)
    if node.attributes.get("scales"):
        given = np.array(node.attributes["scales"])
    sizes = None if given is not None else _constant(node, inputs, 3)
    wish = given if given is not None else sizes
    if wish is None or wish.size != len(axes):
        raise _refuse(
            node, f"this {node.op_type} has no size for every axis", "give a scale for every axis"
        )
    found = [(n, _ONE) for n in shape]
    policy = str(node.attributes.get("keep_aspect_ratio_policy", "stretch"))
    if given is None and policy != "stretch":
        # The same factor along all axes: the largest, or smallest, that they ask for.
        lengths = np.array([shape[axis] for axis in axes], dtype=np.float32)
        each = wish.astype(np.float32) / lengths
        scale = np.float32(each.min() if policy == "not_larger" else each.max())
        sizes_kept = np.floor(lengths.astype(np.float64) * scale + 0.5)
        for axis, size in zip(axes, sizes_kept, strict=True):
            found[axis] = (int(size), scale)
        return found
    for axis, number in zip(axes, wish, strict=True):
        length = np.float32(shape[axis])
        if given is not None:
            scale = np.float32(number)
            found[axis] = (int(np.floor(length * scale)), scale)
        else:
            found[axis] = (int(number), np.float32(number) / length)
    return found


def _simple(x: Array, scale: np.float32) -> Array:
    """The rounding of versions before `nearest_mode`: down, or up where the map shrinks."""
    return np.ceil(x) if scale < 1 else np.trunc(x)


def _rounded(x: Array, halves: Callable[[Array], Array]) -> Array:
    """The nearest whole number; what is within 1e-6 of a half counts as one."""
    near = np.abs(x - np.floor(x) - _HALF) < np.float32(1e-6)
    return np.where(near, halves(x), np.floor(x.astype(np.float64) + 0.5))


ROUNDINGS: dict[str, Callable[[Array, np.float32], Array]] = {
    "simple": _simple,
    "round_prefer_floor": lambda x, scale: _rounded(x, np.floor),
    "round_prefer_ceil": lambda x, scale: _rounded(x, np.ceil),
    "floor": lambda x, scale: np.floor(x),
    "ceil": lambda x, scale: np.ceil(x),
}
"""Which element a coordinate takes, by `nearest_mode`."""


def sources(mode: str, rounding: str, length: int, output: int, scale: np.float32) -> IntArray:
    """Which element of an axis each output element copies.

    Args:
        mode: A key of `COORDINATES`.
        rounding: A key of `ROUNDINGS`.
        length: Input elements.
        output: Output elements.
        scale: What coordinates are divided by.

    Returns:
        int64 [output].
    """
    i = np.arange(output, dtype=np.float32)
    if scale == 1:
        found = i
    else:
        x = COORDINATES[mode](i, scale, np.float32(output), np.float32(length))
        found = ROUNDINGS[rounding](x, scale)
    return np.clip(found, 0, length - 1).astype(np.int64)


def _modes(ctx: Context, node: SourceNode) -> tuple[str, str]:
    """The coordinate mode and the rounding of a node in its operator set."""
    if node.op_type == "Upsample" or ctx.model.version < 11:
        return "asymmetric", "simple"
    mode = str(node.attributes.get("coordinate_transformation_mode", "half_pixel"))
    if mode not in COORDINATES:
        raise _refuse(node, f"the coordinate mode '{mode}' is not supported", "use asymmetric")
    return mode, str(node.attributes.get("nearest_mode", "round_prefer_floor"))


def _resize(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = inputs[0]
    assert value is not None
    how = str(node.attributes.get("mode", "nearest"))
    if how not in ("nearest", "linear"):
        raise _refuse(
            node, f"this {node.op_type} interpolates ({how})", "use mode 'nearest' or 'linear'"
        )
    mode, rounding = _modes(ctx, node)
    shape = shape_of(value)
    scales = _scales(node, inputs, shape)
    if all(output == n for n, (output, _) in zip(shape, scales, strict=True)):
        return [value]  # ONNX Runtime copies a map whose size stays, whatever the scales say
    limited(tuple(max(output, 0) for output, _ in scales), node.origin)
    if how == "linear":
        return [_linear(ctx, node, value, mode, scales)]
    pairs = zip(shape, scales, strict=True)
    chosen = [sources(mode, rounding, n, output, scale) for n, (output, scale) in pairs]
    if any(c.size == 0 for c in chosen):
        raise _refuse(node, f"this {node.op_type} leaves no element", "give larger scales")
    return [moved(value, lambda a, fill: a[np.ix_(*chosen)], 0.0, node.origin)]


def _linear(
    ctx: Context, node: SourceNode, value: Value, mode: str, scales: list[tuple[int, np.float32]]
) -> Value:
    """Linear interpolation by whole factors.

    With `align_corners`, the corners of n elements stand on those of s * (n - 1) + 1: between them,
    and so everywhere but behind the last one, that is `asymmetric` by the factor s.
    """
    shape = shape_of(value)
    if mode != "align_corners" or len(shape) < 3:
        return enlarged(ctx, node, value, mode, _factors(node, shape, scales))
    wanted = tuple(output for output, _ in scales)
    pairs = zip(shape, wanted, strict=True)
    whole = [n == m or (n > 1 and (m - 1) / (n - 1) in (2, 4, 8)) for n, m in pairs]
    if not all(whole) or wanted[:2] != shape[:2]:
        return enlarged(ctx, node, value, mode, _factors(node, shape, scales))
    factors = [
        1 if n == m else (m - 1) // (n - 1) for n, m in zip(shape[2:], wanted[2:], strict=True)
    ]
    large = enlarged(ctx, node, value, "asymmetric", factors)
    cut = tuple(slice(m) for m in wanted)
    return moved(large, lambda a, fill: a[cut], 0.0, node.origin)


def _factors(
    node: SourceNode, shape: tuple[int, ...], scales: list[tuple[int, np.float32]]
) -> list[int]:
    """The whole factors of the spatial axes of a linear enlargement.

    Raises:
        CompileError: HW0201 for others.
    """
    pairs = list(zip(shape, scales, strict=True))
    whole = all(output == n * int(scale) and scale == int(scale) for n, (output, scale) in pairs)
    if not whole or any(output != n for n, (output, _) in pairs[:2]):
        raise _refuse(
            node,
            f"this {node.op_type} interpolates (linear) by factors that are no whole numbers, or "
            "between channels",
            "enlarge height and width by whole factors, or use mode 'nearest'",
        )
    return [int(scale) for _, (_, scale) in pairs[2:]]


HANDLERS = {"Upsample": Operator(_resize), "Resize": Operator(_resize)}
