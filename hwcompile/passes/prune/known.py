"""Which elements of a network's values are the same in every frame, and what they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np
import numpy.typing as npt

from hwcompile.ir.graph import Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.pool.op import Pool
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.table.op import Table
from hwcompile.ops.threshold.op import Threshold

Mask = npt.NDArray[np.bool_]

BIT = IntType(0, 1)


@dataclass(frozen=True, eq=False)
class Known:
    """Elements of a value.

    Attributes:
        which: The same in every frame, bool [H, W, C].
        values: What they are, int64 [H, W, C]; anything legal elsewhere.
    """

    which: Mask
    values: IntArray

    @property
    def channels(self) -> Mask:
        """Those that are one number everywhere, bool [C]."""
        same = (self.values == self.values[:1, :1]).all(axis=(0, 1))
        return np.asarray(same & self.which.all(axis=(0, 1)))


def known_elements(graph: Graph) -> dict[str, Known]:
    """By value; values of which nothing is known are left out.

    Constants begin at filters of zeros and at quantizers that give one number whatever comes, and
    are followed as far as they reach.
    """
    found: dict[str, Known] = {}
    for node in graph.nodes:
        inputs = [found.get(value) for value in node.inputs]
        if node.op.remembers or not (any(inputs) or starts(node.op, graph.input_types(node))):
            continue
        kinds = graph.input_types(node)
        masks = tuple(
            np.ones(kind.shape, dtype=bool) if one is None else ~one.which
            for one, kind in zip(inputs, kinds, strict=True)
        )
        values = tuple(
            np.full(kind.shape, kind.element.low) if one is None else one.values
            for one, kind in zip(inputs, kinds, strict=True)
        )
        unknown = depends(node.op, kinds, masks)
        if unknown is None:
            continue
        (result,) = node.op.evaluate(kinds, tuple(value[None] for value in values))
        if isinstance(node.op, Product):
            zeros = [~mask & (value == 0) for mask, value in zip(masks, values, strict=True)]
            unknown = unknown & ~(zeros[0] | zeros[1])
        if not unknown.all():
            found[node.outputs[0]] = Known(~unknown, result[0])
    return found


@singledispatch
def starts(op: Op, kinds: tuple[TensorType, ...]) -> bool:
    """Whether some results do not depend on the inputs at all."""
    return False


@starts.register
def _(op: Conv, kinds: tuple[TensorType, ...]) -> bool:
    return bool((~op.weights.any(axis=(1, 2, 3))).any())


@starts.register
def _(op: Matmul, kinds: tuple[TensorType, ...]) -> bool:
    return bool((~op.weights.any(axis=2)).any())


@starts.register(Threshold)
@starts.register(Table)
def _(op: Threshold | Table, kinds: tuple[TensorType, ...]) -> bool:
    return bool(constant_rows(op, kinds[0]).any())


@singledispatch
def depends(op: Op, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]) -> Mask | None:
    """Which results depend on elements that are not known.

    Args:
        op: The operation.
        kinds: Types of its inputs.
        unknown: For every input, bool [H, W, C].

    Returns:
        bool [H, W, C] of the only output; None for operations that are not followed.
    """
    return None


def _moved(op: Op, unknown: tuple[Mask, ...]) -> Mask:
    """What an operation on integers makes of ones where something is not known."""
    kinds = tuple(TensorType(mask.shape, BIT) for mask in unknown)
    (result,) = op.evaluate(kinds, tuple(mask[None].astype(np.int64) for mask in unknown))
    return np.asarray(result[0] > 0)


@depends.register
def _(op: Conv, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]) -> Mask | None:
    ones = (op.weights != 0).astype(np.int64)
    return _moved(replace(op, weights=ones, pad_value=0), unknown)


@depends.register
def _(op: Matmul, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]) -> Mask | None:
    return _moved(Matmul((op.weights != 0).astype(np.int64)), unknown)


@depends.register
def _(op: Pool, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]) -> Mask | None:
    return _moved(replace(op, kind="max", pad_value=0), unknown)


@depends.register
def _(op: Gather, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]) -> Mask | None:
    return _moved(Gather(op.index, 0), unknown)


@depends.register(Reshape)
@depends.register(Concat)
def _(op: Op, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]) -> Mask | None:
    return _moved(op, unknown)


@depends.register(Linear)
@depends.register(Product)
@depends.register(Extremum)
@depends.register(PairTable)
@depends.register(Cast)
def _(op: Op, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]) -> Mask | None:
    return np.asarray(np.logical_or.reduce(unknown))


@depends.register(Threshold)
@depends.register(Table)
def _(
    op: Threshold | Table, kinds: tuple[TensorType, ...], unknown: tuple[Mask, ...]
) -> Mask | None:
    rows = constant_rows(op, kinds[0])
    shape = kinds[0].shape if rows.size == kinds[0].size else (rows.size,)
    return np.asarray(unknown[0] & ~rows.reshape(shape))


def constant_rows(op: Threshold | Table, kind: TensorType) -> Mask:
    """Rows that give one number for every value of the input's type, bool [R]."""
    if isinstance(op, Table):
        return np.asarray((op.values == op.values[:, :1]).all(axis=1))
    low, high = kind.element.low, kind.element.high
    passed = [(op.thresholds <= x).sum(axis=1) for x in (low, high)]
    return np.asarray(passed[0] == passed[1])
