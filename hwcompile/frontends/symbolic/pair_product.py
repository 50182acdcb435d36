"""Matrix products of two streams, as attention has them: `PairMatmul` on the integers of both.

Which operand is kept and in which order costs nothing when it is chosen so that both travel as they
are: heads are groups of channels, and a transposed operand is written in another order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.symbolic.arranging import is_canonical
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.linear import Accumulator
from hwcompile.frontends.symbolic.pure import Pure
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import BIPOLAR, IntArray
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.elementwise.op import Linear
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.rows import FloatArray


@dataclass(frozen=True, eq=False)
class _Way:
    """How a product is laid out.

    Attributes:
        streamed: Positions of the operand that is streamed, int64 [1, pixels, G*K].
        kept: Of the one that is kept, int64 [1, pixels, channels].
        swapped: The right operand is the one that is streamed.
        transposed: See `PairMatmul`.
    """

    streamed: IntArray
    kept: IntArray
    swapped: bool
    transposed: bool


def pair_product(
    ctx: Context, left: Stream, right: Stream, zeros: tuple[int, int], node: SourceNode
) -> Accumulator:
    """The exact sums of `(left - zero) * (right - zero)`, stacked as numpy's matmul stacks.

    Args:
        ctx: State; its builder receives the product.
        left: Integers (..., M, K) or (K,).
        right: Integers (..., K, N) or (K,); leading axes broadcast.
        zeros: The integer that means 0 in either operand.
        node: The operator.

    Raises:
        CompileError: HW0204 where shapes do not fit, HW0234 where sums are too wide.
    """
    first, second, shape = _stacked(left.index, right.index, node)
    way = min(_ways(first, second), key=lambda w: _moves(ctx, w, left, right))
    operands = ((right, zeros[1]), (left, zeros[0])) if way.swapped else (
        (left, zeros[0]), (right, zeros[1])
    )  # fmt: skip
    values = tuple(
        _centered(ctx, ctx.arrange(s.value, wanted, int(s.fill), node), zero, node)
        for (s, zero), wanted in zip(operands, (way.streamed, way.kept), strict=True)
    )
    op = PairMatmul(first.shape[0], way.transposed)
    problems = op.problems(tuple(ctx.type(v) for v in values))
    if problems:
        raise fail(
            "HW0234",
            f"this {node.op_type} cannot be built: {'; '.join(problems)}",
            "",
            "check the range of its inputs",
            node.origin,
        )
    value = ctx.emit(node, op, values)
    stack, rows, columns = first.shape[0], first.shape[1], second.shape[2]
    sizes = (columns, stack, rows) if way.swapped else (rows, stack, columns)
    places = np.arange(stack * rows * columns, dtype=np.int64).reshape(sizes)
    index = places.transpose(1, 2, 0) if way.swapped else places.transpose(1, 0, 2)
    index = np.ascontiguousarray(index).reshape(shape)
    return Accumulator(value, index, np.zeros(index.size, np.int64), np.zeros(1, np.int64))


def without_factors(value: Value | None) -> tuple[Value | None, tuple[FloatOp, ...]]:
    """An operand without the constant factors behind its quantizer, and these.

    A factor of the whole operand is one of the product: attention divides by the root of its depth
    before it multiplies, or behind. As with scales, the exact sum is multiplied, once.
    """
    if not isinstance(value, Stream) or value.raw or not value.chain.ops:
        return value, ()
    chain = value.chain
    if not isinstance(chain.start, Dequantize) or not all(_is_factor(op) for op in chain.ops):
        return value, ()
    first = np.zeros(1, dtype=np.int64)
    return replace(value, chain=Chain(chain.start)), tuple(op.select(first) for op in chain.ops)


def _is_factor(op: FloatOp) -> bool:
    if op.kind not in ("mul", "div"):
        return False
    number = op.constants[0].flat[0]
    usual = op.constants[0].dtype == np.float32 and np.isfinite(number) and number != 0
    return bool(usual and np.all(op.constants[0] == number))


def common_scale(pures: tuple[Pure, Pure], node: SourceNode) -> tuple[FloatArray, tuple[int, int]]:
    """float32(scale * scale) [1] of two operands, and the zero points.

    Raises:
        CompileError: HW0204 when one of them is integers, HW0235 when one has several scales or
            zero points.
    """
    if pures[0].integers != pures[1].integers:
        raise fail(
            "HW0204",
            f"this {node.op_type} mixes real numbers and integers",
            "operands are of one type",
            "insert a Cast or DequantizeLinear",
            node.origin,
        )
    scales, zeros = [], []
    for pure in pures:
        if np.any(pure.scale != pure.scale.flat[0]) or np.any(
            pure.zero_point != pure.zero_point.flat[0]
        ):
            raise fail(
                "HW0235",
                f"an operand of this {node.op_type} has several scales or zero points",
                "products can only be added when they have one scale",
                "quantize both operands per tensor",
                node.origin,
            )
        scales.append(np.float32(pure.scale.flat[0]))
        zeros.append(int(pure.zero_point.flat[0]))
    return np.asarray([scales[0] * scales[1]], dtype=np.float32), (zeros[0], zeros[1])


def _stacked(
    left: IntArray, right: IntArray, node: SourceNode
) -> tuple[IntArray, IntArray, tuple[int, ...]]:
    """Both as stacks of matrices [G, M, K] and [G, K, N], and the shape of the product."""
    first = left[None] if left.ndim == 1 else left
    second = right[:, None] if right.ndim == 1 else right
    try:
        if first.shape[-1] != second.shape[-2]:
            raise ValueError
        stack = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    except (ValueError, IndexError):
        raise _unfit(left, right, node) from None
    shape = [*stack, first.shape[-2], second.shape[-1]]
    limited(tuple(shape), node.origin)
    if right.ndim == 1:
        del shape[-1]
    if left.ndim == 1:
        del shape[len(stack)]
    wide = [
        np.broadcast_to(array, (*stack, *array.shape[-2:])).reshape(-1, *array.shape[-2:])
        for array in (first, second)
    ]
    return wide[0], wide[1], tuple(shape)


def _unfit(left: IntArray, right: IntArray, node: SourceNode) -> CompileError:
    return fail(
        "HW0204",
        f"operands of shapes {list(left.shape)} and {list(right.shape)} do not fit together",
        f"this {node.op_type} sums over the last axis of one and the last but one of the other",
        "check the shapes in the model, and export it with batch size 1",
        node.origin,
    )


def _ways(first: IntArray, second: IntArray) -> tuple[_Way, ...]:
    """Either operand streamed, and either order of the other one; the plainest first."""
    turned = first.swapaxes(1, 2), second.swapaxes(1, 2)
    return (
        _Way(_by_pixel(first), _by_pixel(turned[1]), False, True),
        _Way(_by_pixel(first), _by_pixel(second), False, False),
        _Way(_by_pixel(turned[1]), _by_pixel(first), True, True),
        _Way(_by_pixel(turned[1]), _by_pixel(turned[0]), True, False),
    )


def _by_pixel(stack: IntArray) -> IntArray:
    """[G, pixels, n] as the positions of a map [1, pixels, G*n]."""
    groups, pixels, size = stack.shape
    return stack.transpose(1, 0, 2).reshape(1, pixels, groups * size)


def _moves(ctx: Context, way: _Way, left: Stream, right: Stream) -> int:
    """Elements that have to be moved for a way."""
    pair = (right, left) if way.swapped else (left, right)
    sides = zip(pair, (way.streamed, way.kept), strict=True)
    return sum(w.size for s, w in sides if not is_canonical(w, ctx.type(s.value).size))


def _centered(ctx: Context, value: str, zero: int, node: SourceNode) -> str:
    """The operand with 0 as the integer that means 0."""
    if zero == 0 and ctx.type(value).element != BIPOLAR:
        return value
    return ctx.emit(node, Linear((1,), -zero), (value,), "centered")
