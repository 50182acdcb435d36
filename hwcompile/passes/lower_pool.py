"""Turns pooling into windows and reductions."""

from __future__ import annotations

from hwcompile.ir.graph import Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import TensorType
from hwcompile.ops.pool.op import Pool
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.window.op import Window
from hwcompile.passes.expand import Chain, expand


def lower_pool(graph: Graph) -> Graph:
    """Replace every `Pool`; afterwards there is none.

    Before: `y = pool(x)`. After: `y_window = window(x); y = reduce(y_window)`. Pooling over the
    whole map at once needs no line buffer: `y_window = reshape(x); y = reduce(y_window)`; a 1x1
    kernel without stride and padding needs no window at all.
    """
    return expand(graph, _chain)


def _chain(op: Op, kind: TensorType) -> Chain | None:
    if not isinstance(op, Pool):
        return None
    return (*_windows(op, kind), ("reduce", Reduce(op.kind, op.taps)))


def _windows(op: Pool, kind: TensorType) -> Chain:
    if op.geometry.is_pointwise():
        return ()
    if op.geometry.is_whole_map(kind.shape):
        return (("window", Reshape((1, 1, kind.size))),)
    window = Window(op.kernel, op.strides, op.dilations, op.pads, op.pad_value, 1)
    return (("window", window),)
