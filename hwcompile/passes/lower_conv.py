"""Turns convolutions into windows and matrix products."""

from __future__ import annotations

import numpy as np

from hwcompile.ir.graph import Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import TensorType
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reshape.op import Reshape
from hwcompile.ops.window.op import Window
from hwcompile.passes.expand import Chain, expand


def lower_conv(graph: Graph) -> Graph:
    """Replace every `Conv`; afterwards there is none.

    Before: `y = conv(x)`. After, the first that fits:

    - depthwise: `y_window = window(x); y = depthwise(y_window)`;
    - the kernel covers the whole map once: `y_window = reshape(x); y = matmul(y_window)`;
    - else: `y_window = window(x); y = matmul(y_window)`.

    A pointwise convolution needs no window. Taps whose weights are all zero are neither in windows
    nor in products.
    """
    return expand(graph, _chain)


def _chain(op: Op, kind: TensorType) -> Chain | None:
    if not isinstance(op, Conv):
        return None
    groups = 1 if op.is_depthwise else op.groups
    return (*_windows(op, kind, groups), ("product", _product(op)))


def _product(op: Conv) -> Op:
    filters, fan = op.weights.shape[0], op.weights.shape[3]
    weights = op.weights.reshape(filters, -1, fan)[:, list(op.used_taps)]
    if op.is_depthwise:
        return Depthwise(np.ascontiguousarray(weights[:, :, 0].T))
    return Matmul(np.ascontiguousarray(weights.reshape(op.groups, filters // op.groups, -1)))


def _windows(op: Conv, kind: TensorType, groups: int) -> Chain:
    every = len(op.used_taps) == op.kernel[0] * op.kernel[1]
    if op.geometry.is_pointwise():
        return ()
    if groups == 1 and op.geometry.is_whole_map(kind.shape):
        if every:
            return (("window", Reshape((1, 1, kind.size))),)
        index = np.arange(kind.size, dtype=np.int64).reshape(-1, kind.channels)[list(op.used_taps)]
        return (("window", Gather(index.reshape(1, 1, -1), 0)),)
    listed = () if every else op.used_taps
    window = Window(op.kernel, op.strides, op.dilations, op.pads, op.pad_value, groups, listed)
    return (("window", window),)
