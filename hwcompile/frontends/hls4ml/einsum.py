"""Products of a tensor with constants along any axes: `nnet_einsum_dense.h`.

hls4ml orders the axes of the input as (in place, free, contracted), has a dense layer for each
place, and orders the axes of (in place, free, free of the kernel) as the result wants them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from hwcompile.frontends.feature_map import map_shape
from hwcompile.frontends.hls4ml.layouts import DenseLayout
from hwcompile.frontends.hls4ml.linear import check_strategy
from hwcompile.frontends.hls4ml.sums import weighted_sum
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants
from hwcompile.ir.types import IntArray
from hwcompile.ops.concat.op import Concat


@dataclass(frozen=True)
class Axes:
    """How many elements the groups of axes have."""

    places: int
    free: int
    contracted: int
    kernel: int


def einsum_dense(ctx: Lowering) -> None:
    """`nnet::einsum_dense`, whose kernel is the latency kernel of dense layers."""
    check_strategy(ctx)
    names = ("n_inplace", "n_free_data", "n_contract", "n_free_kernel")
    sizes = Axes(*(int(ctx.node.get_attr(name)) for name in names))
    source, weights, bias = ctx.source(), ctx.constants("weight"), ctx.constants("bias")
    matrices = weights.values.reshape(sizes.places, sizes.contracted, sizes.kernel)
    starts = bias.values.reshape(sizes.places, sizes.free, sizes.kernel)

    def order() -> IntArray:
        return np.arange(sizes.contracted, dtype=np.int64)[None]

    parts, places = [], []
    for place, rows in _alike(starts):
        start = Constants(starts[place, rows.start], bias.format)
        matrix = Constants(np.ascontiguousarray(matrices[place].T), weights.format)
        taken = replace(source, value=_taken(ctx, source, sizes, place, rows))
        parts.append(weighted_sum(ctx, DenseLayout(), taken, matrix, start, order))
        places.append((place, rows))
    _join(ctx, parts, places, sizes)


def _alike(starts: IntArray) -> list[tuple[int, slice]]:
    """For each place the runs of rows whose sums start alike."""
    found = []
    for place, rows in enumerate(starts):
        changes = np.flatnonzero(np.any(rows[1:] != rows[:-1], axis=1)) + 1
        ends = [0, *changes.tolist(), len(rows)]
        found += [(place, slice(a, b)) for a, b in pairwise(ends)]
    return found


def _taken(ctx: Lowering, source: Fixed, sizes: Axes, place: int, rows: slice) -> str:
    """The vectors of some rows, (1, rows, contracted)."""
    shape = tuple(int(n) for n in ctx.node.get_attr("inp_shape"))
    axes = tuple(int(axis) for axis in ctx.node.get_attr("inp_tpose_idxs"))
    flat = np.arange(np.prod(shape), dtype=np.int64).reshape(shape).transpose(axes)
    vectors = flat.reshape(sizes.places, sizes.free, sizes.contracted)[place, rows]
    return ctx.picked(ctx.shaped(source.value, map_shape(source.shape)), vectors[None])


def _join(ctx: Lowering, parts: list[str], places: list[tuple[int, slice]], sizes: Axes) -> None:
    """The sums of all parts in the order of the result's elements."""
    flat = [ctx.shaped(part, (1, 1, int(np.prod(ctx.kind(part).shape)))) for part in parts]
    joined = flat[0] if len(flat) == 1 else ctx.emit(Concat(), *flat)
    where = np.zeros((sizes.places, sizes.free, sizes.kernel), dtype=np.int64)
    begin = 0
    for place, rows in places:
        block = where[place, rows]
        block[...] = begin + np.arange(block.size, dtype=np.int64).reshape(block.shape)
        begin += block.size
    shape = tuple(int(n) for n in ctx.node.get_attr("out_interpert_shape"))
    axes = tuple(int(axis) for axis in ctx.node.get_attr("out_tpose_idxs"))
    index = where.reshape(shape).transpose(axes).reshape(map_shape(ctx.result_shape()))
    ctx.finish(ctx.picked(joined, index), ctx.result_format())


HANDLERS = {"EinsumDense": einsum_dense}
