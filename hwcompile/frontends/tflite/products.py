"""`BATCH_MATMUL`: products of two streams, or of a stream and a constant matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hwcompile.frontends.budget import limited
from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported, wrong_shape
from hwcompile.frontends.tflite.requantizing import Requantization, in_result_steps
from hwcompile.frontends.tflite.structure import places
from hwcompile.ir.types import IntArray
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul


def _batch_matmul(ctx: LiteGraph, node: LiteNode) -> None:
    """`BATCH_MATMUL` of int8, with either operand turned (`AdjX`, `AdjY`).

    All products of the batch are groups of channels of one `PairMatmul`.
    """
    left, right, result = ctx.operand(node, 0), ctx.operand(node, 1), ctx.result(node)
    for tensor in (left, right, result):
        ctx.interval(node, tensor)
        if tensor.dtype != "int8":
            raise unsupported(
                node,
                f"takes {tensor.dtype}",
                "TFLite's kernel of int8 is built",
                "int8 activations",
            )
    a, b = _matrices(node, left, right, result)
    (groups, rows, _), columns = a.shape, b.shape[2]
    zeros = [int(t.zero_point[0]) for t in (left, right)]
    constant = ctx.constant(node, 1)
    first = ctx.picked(node, ctx.stream(node, 0), a.transpose(1, 0, 2).reshape(1, rows, -1))
    if constant is not None:
        matrices = constant.reshape(-1).astype(np.int64)[b] - zeros[1]
        total = ctx.emit(node, Matmul(np.ascontiguousarray(matrices.transpose(0, 2, 1))), first)
        offset = -zeros[0] * matrices.sum(axis=1).reshape(-1)
    else:
        turned = bool(node.whole("AdjY"))
        order = (2, 0, 1) if turned else (1, 0, 2)
        index = b.transpose(order)
        second = ctx.picked(node, ctx.stream(node, 1), index.reshape(1, index.shape[0], -1))
        moved = [
            ctx.emit(node, Linear((1,), -z), v) if z else v
            for v, z in zip((first, second), zeros, strict=True)
        ]
        total = ctx.emit(node, PairMatmul(groups, turned), *moved)
        offset = np.zeros(1, dtype=np.int64)
    element = ctx.interval(node, result)
    # The product of the scales is one of single precision, as in the kernel's preparation.
    real = float(left.scale[0] * right.scale[0]) / float(result.scale[0])
    steps = Requantization(
        offset, Factor.of(real), int(result.zero_point[0]), element.low, element.high
    )
    found = in_result_steps(ctx, node, total, steps)
    back = np.arange(groups * rows * columns).reshape(rows, groups, columns).transpose(1, 0, 2)
    ctx.finish(node, ctx.picked(node, found, back.reshape(1, groups * rows, columns)))


def _matrices(
    node: LiteNode, left: LiteTensor, right: LiteTensor, result: LiteTensor
) -> tuple[IntArray, IntArray]:
    """Flat positions in both operands: [products, rows, pairs] and [products, pairs, columns]."""
    found = []
    for tensor, option in ((left, "AdjX"), (right, "AdjY")):
        if len(tensor.shape) < 2:
            raise wrong_shape(node, tensor, "matrices")
        index = places(tensor)
        found.append(index.swapaxes(-1, -2) if node.whole(option) else index)
    batch = result.shape[:-2]
    a, b = (
        np.broadcast_to(x, limited((*batch, *x.shape[-2:]), node.origin)).reshape(-1, *x.shape[-2:])
        for x in found
    )
    if a.shape[2] != b.shape[1]:
        raise wrong_shape(node, right, f"columns of {a.shape[2]} numbers")
    return a, b


HANDLERS: dict[str, Callable[[LiteGraph, LiteNode], None]] = {"BATCH_MATMUL": _batch_matmul}
