"""Sparse matrices of real numbers on few inputs of few bits: the tables of their sums.

Nothing says how to round such weights, and nothing has to: a neuron that reads three numbers of
three bits has 512 sums, whatever its weights are. A sum is added in float64 and rounded to float32
once; executors that add in float32 differ from it by roundings, whose order is theirs to choose.
So that it is an integer times a step, what is smaller than `NOISE` of the largest sum is rounded
off, far below float32's own roundings there.
"""

from __future__ import annotations

import numpy as np

from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.float_sums import whole_steps
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.linear import Accumulator, operand_order
from hwcompile.frontends.symbolic.pure import Pure
from hwcompile.frontends.symbolic.values import Constant, Value
from hwcompile.frontends.symbolic.weights import are_real
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.truth_table import TruthTable
from hwcompile.ops.truth_table.lookup import MOST_ADDRESS_BITS, table_size_problem

NOISE = 2.0**-36
"""Of the largest sum of a layer; float32 has roundings of 2^-24 of what is added."""


def real_matrix(value: Value | None) -> Array | None:
    """Weights [K, M] that are real numbers, if few of them are not 0; None for any other operand.

    Args:
        value: The right operand of a matrix product.
    """
    if not isinstance(value, Constant) or value.array.ndim != 2 or value.array.dtype.kind != "f":
        return None
    most = int(np.count_nonzero(value.array, axis=0).max(initial=0))
    return value.array if most <= MOST_ADDRESS_BITS and are_real(value.array, 1) else None


def small_enough(ctx: Context, pure: Pure, weights: Array) -> bool:
    """Tables of the sums can be built."""
    most = int(np.count_nonzero(weights, axis=0).max())
    bits = most * ctx.type(pure.stream.value).element.bits
    return not pure.integers and table_size_problem(weights.shape[1], bits, 1) is None


def tabulated(
    ctx: Context, node: SourceNode, pure: Pure, scale: Array, zero: IntArray, weights: Array
) -> tuple[Accumulator, Array]:
    """The sums of a `real_matrix` as integers times a step.

    Args:
        ctx: State; its builder receives the tables.
        node: The matrix product.
        pure: Its left operand (..., K).
        scale: Of each column of the operand, float32 [K].
        zero: The integer that means 0 in each, int64 [K].
        weights: [K, M].

    Returns:
        The sums, and their step for each of them, float32 [1, M].
    """
    wanted, columns = operand_order(ctx, pure.stream)
    arranged = ctx.arrange(pure.stream.value, wanted, int(pure.stream.fill), node)
    kind, rows = ctx.type(arranged), weights.shape[1]
    used = weights.T[:, columns] != 0
    fan_in = max(1, int(used.sum(axis=1).max()))
    order = np.argsort(~used, axis=1, kind="stable")[:, :fan_in]
    factors = np.take_along_axis(weights.T[:, columns], order, axis=1).astype(np.float64)
    sums = np.zeros((1, rows))
    for read, factor in zip(columns[order].T, factors.T, strict=True):
        steps = (kind.element.values()[:, None] - zero[read]).astype(np.float32)
        terms = (steps * scale[read]).astype(np.float64) * factor
        sums = (terms[:, None] + sums).reshape(-1, rows)
    integers, exponent = _as_steps(sums)
    element = IntType(int(integers.min()), int(integers.max()))
    sources = np.where(factors == 0, -1, order)
    op = TruthTable(sources, np.ascontiguousarray(integers.T), element)
    value = ctx.emit(node, op, (arranged,))
    ctx.bounds[value] = integers.min(axis=0), integers.max(axis=0)
    ctx.note("its weights are real numbers: the sums of all inputs were tabulated", node.origin)
    size = ctx.type(value).size
    index = np.arange(size).reshape(*pure.stream.shape[:-1], rows)
    channel = np.tile(np.arange(rows), size // rows)
    step = np.full((1, rows), np.ldexp(np.float32(1), exponent), dtype=np.float32)
    return Accumulator(value, index, channel, np.zeros(rows, dtype=np.int64)), step


def _as_steps(sums: Array) -> tuple[IntArray, int]:
    """Sums rounded to float32, as integers that count a power of two."""
    grain = np.exp2(np.ceil(np.log2(np.abs(sums).max()))) * NOISE
    rounded = (np.round(sums / grain) * grain).astype(np.float32)
    integers, exponent = whole_steps(rounded.ravel())
    return integers.reshape(sums.shape), exponent
