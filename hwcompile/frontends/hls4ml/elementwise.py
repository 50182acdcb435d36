"""Batch normalization, and merges of two tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.exponents import shifted
from hwcompile.frontends.hls4ml.sums import terms_of
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Extremum, Linear, Product
from hwcompile.ops.threshold.op import Threshold


def normalization(ctx: Lowering) -> None:
    """`product(x, scale) + bias`, assigned once; per channel or per element."""
    source, result = ctx.source(), ctx.result_format()
    scale, bias = ctx.constants("scale"), ctx.constants("bias")
    value, back = _rows(ctx, source, scale.values.size)
    value, factors, added, digits = _factors(ctx, replace(source, value=value), scale)
    fraction = max(digits, bias.format.fraction)
    offset = bias.values.reshape(-1) << (fraction - bias.format.fraction)
    offset = offset + (added << (fraction - digits))
    product = ctx.emit(Depthwise(factors << (fraction - digits)), value)
    assigned = ctx.assigned(product, fraction, result, _spread(offset, ctx.kind(product).channels))
    ctx.finish(ctx.shaped(assigned, back), result)


def _factors(ctx: Lowering, source: Fixed, scale: Constants) -> tuple[str, IntArray, IntArray, int]:
    """Inputs (one or more of each channel), their factors, what is added, digits of products."""
    if scale.format.exponent:
        found = shifted(ctx, source, Constants(scale.values.reshape(-1), scale.format))
        return found.value, found.weights, np.zeros(1, dtype=np.int64), found.fraction
    terms = terms_of(source, Constants(scale.values.reshape(-1, 1), scale.format))
    weights = np.ascontiguousarray(terms.weights.reshape(1, -1))
    return source.value, weights, terms.offset[:, 0], terms.fraction


def _spread(rows: IntArray, channels: int) -> IntArray:
    return np.ascontiguousarray(np.broadcast_to(rows, (channels,)))


def _rows(ctx: Lowering, source: Fixed, rows: int) -> tuple[str, tuple[int, int, int]]:
    """The tensor with `rows` channels, and the shape to come back to."""
    shape = map_shape(source.shape)
    size = int(np.prod(shape))
    value = ctx.shaped(source.value, shape)
    if shape[2] == rows:
        return value, shape
    return ctx.shaped(value, (1, size // rows, rows)), shape


def quantized_tanh(ctx: Lowering) -> None:
    """A normalization and its binary or ternary `tanh`: comparisons with thresholds."""
    source, result = ctx.source(), ctx.result_format()
    ternary = int(ctx.node.get_attr("quantize")) == 3
    names = ("threshold_lo", "threshold_hi") if ternary else ("threshold",)
    rows = []
    for name in names:
        limit = ctx.constants(name)
        shift = limit.format.fraction - source.fraction
        values = limit.values.reshape(-1)
        first = values << -shift if shift <= 0 else -(-values >> shift)
        if ternary:  # above, not at: x > t
            first = (values << -shift if shift <= 0 else values >> shift) + 1
        rows.append(first)
    value, back = _rows(ctx, source, rows[0].size)
    steps = np.stack(rows, axis=1)
    count = steps.shape[0]
    if ternary:
        steps = np.sort(steps, axis=1)
    base = np.full(count, -1 if ternary else 0, dtype=np.int64)
    kind = IntType(-1, 1) if ternary else IntType(0, 1)
    op = Threshold(steps, base, np.ones(count, dtype=np.int64), kind)
    ctx.finish(ctx.shaped(ctx.emit(op, value), back), result)


def merge(ctx: Lowering) -> None:
    """Two tensors element by element; the shorter one is repeated, as flat arrays are."""
    name = str(ctx.node.get_attr("op")).lower()
    if name not in MERGES:
        raise ctx.refuse(
            "HW0290",
            f"there is no hardware for the merge '{name}'",
            "products of two tensors that are summed are not built yet",
            f"one of {', '.join(sorted(MERGES))}",
        )
    left, right = ctx.source(0), ctx.source(1)
    size = max(int(np.prod(left.shape)), int(np.prod(right.shape)))
    shape = map_shape(ctx.result_shape())
    first, second = (_repeated(ctx, operand, size, shape) for operand in (left, right))
    MERGES[name](ctx, first, second)


def _repeated(ctx: Lowering, operand: Fixed, size: int, shape: tuple[int, int, int]) -> Fixed:
    own = int(np.prod(operand.shape))
    index = np.arange(size, dtype=np.int64).reshape(shape) % own
    value = ctx.picked(operand.value, index)
    return Fixed(value, operand.shape, operand.fraction, operand.format)


def _aligned(ctx: Lowering, left: Fixed, right: Fixed) -> tuple[int, int, int]:
    """Factors that give both as many digits, and that many."""
    fraction = max(left.fraction, right.fraction)
    return 1 << (fraction - left.fraction), 1 << (fraction - right.fraction), fraction


def _sum(sign: int, halves: int) -> Callable[[Lowering, Fixed, Fixed], None]:
    def lowered(ctx: Lowering, left: Fixed, right: Fixed) -> None:
        result = ctx.result_format()
        a, b, fraction = _aligned(ctx, left, right)
        total = ctx.emit(Linear((a, sign * b), 0), left.value, right.value)
        ctx.finish(ctx.assigned(total, fraction + halves, result), result)

    return lowered


def _product(ctx: Lowering, left: Fixed, right: Fixed) -> None:
    result = ctx.result_format()
    product = ctx.emit(Product(), left.value, right.value)
    ctx.finish(ctx.assigned(product, left.fraction + right.fraction, result), result)


def _extremum(kind: str) -> Callable[[Lowering, Fixed, Fixed], None]:
    def lowered(ctx: Lowering, left: Fixed, right: Fixed) -> None:
        """The operand that wins is assigned."""
        result = ctx.result_format()
        a, b, fraction = _aligned(ctx, left, right)
        first, second = ctx.scaled(left.value, a), ctx.scaled(right.value, b)
        chosen = ctx.emit(Extremum(kind), first, second)
        ctx.finish(ctx.assigned(chosen, fraction, result), result)

    return lowered


MERGES: dict[str, Callable[[Lowering, Fixed, Fixed], None]] = {
    "add": _sum(1, 0),
    "subtract": _sum(-1, 0),
    "average": _sum(1, 1),
    "multiply": _product,
    "maximum": _extremum("max"),
    "minimum": _extremum("min"),
}


def concatenation(ctx: Lowering) -> None:
    """One tensor behind the other along an axis, both assigned to the result."""
    left, right, result = ctx.source(0), ctx.source(1), ctx.result_format()
    rank = len(left.shape)
    axis = int(ctx.node.get_attr("axis"))
    axis = axis - 1 if axis > 0 else axis % rank
    shape = map_shape(ctx.result_shape())
    parts = []
    for operand in (left, right):
        outer = int(np.prod(operand.shape[:axis], dtype=np.int64))
        size = int(np.prod(operand.shape))
        flat = ctx.shaped(operand.value, (1, outer, size // outer))
        parts.append(ctx.assigned(flat, operand.fraction, result))
    ctx.finish(ctx.shaped(ctx.emit(Concat(), *parts), shape), result)


HANDLERS = {
    "BatchNormalization": normalization,
    "ApplyAlpha": normalization,
    "BatchNormalizationQuantizedTanh": quantized_tanh,
    "Merge": merge,
    "Concatenate": concatenation,
}
