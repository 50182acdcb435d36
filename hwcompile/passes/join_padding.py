"""Moves padding that stands alone into the windows that read it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.ir.graph import Builder, Graph, Node
from hwcompile.ir.rewrite import rewrite
from hwcompile.ir.types import TensorType
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.pool.op import Pool

Pads = tuple[int, int, int, int]
"""Pixels at (top, left, bottom, right)."""


def join_padding(graph: Graph) -> Graph:
    """Let convolutions and pools pad by themselves what a node of its own pads for them.

    Before: `p = gather(x)` puts pixels of one integer around `x`, `y = conv(p)`. After:
    `y = conv(x)` with the pixels among its own pads; `p` stays for its other readers, or goes
    with the nodes that nobody reads. Windows make their padding without memory, words or cycles;
    the node needs all three.

    A window must still see a pixel of the map: pads that reach as far as the window does stay.
    """
    around = {}
    for node in graph.nodes:
        if isinstance(node.op, Gather) and node.op.fills:
            pads = pads_around(node.op, graph.types[node.inputs[0]])
            if pads is not None:
                around[node.outputs[0]] = (node.inputs[0], node.op.fill, pads)

    def rule(builder: Builder, node: Node, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        if not isinstance(node.op, Conv | Pool) or node.inputs[0] not in around:
            return None
        source, fill, more = around[node.inputs[0]]
        op = _joined(node.op, fill, more)
        if op is None:
            return None
        builder.copy(graph, replace(node, op=op), (source,))
        return node.outputs

    return rewrite(graph, rule) if around else graph


def pads_around(op: Gather, kind: TensorType) -> Pads | None:
    """The pads, where an operation does nothing but to put pixels of a constant around a map."""
    height, width, channels = kind.shape
    index = op.index
    if index.shape[2] != channels or index.shape[0] < height or index.shape[1] < width:
        return None
    inner = np.argwhere(index[:, :, 0] == 0)
    if inner.shape[0] != 1:
        return None
    top, left = (int(n) for n in inner[0])
    bottom, right = index.shape[0] - height - top, index.shape[1] - width - left
    if min(bottom, right) < 0:
        return None
    edges = ((top, bottom), (left, right), (0, 0))
    alone = np.pad(np.arange(kind.size).reshape(kind.shape), edges, constant_values=-1)
    return (top, left, bottom, right) if np.array_equal(alone, index) else None


def _joined(op: Conv | Pool, fill: int, more: Pads) -> Conv | Pool | None:
    """The operation with more pads; None where it pads with something else, or too far."""
    if any(op.pads) and op.pad_value != fill:
        return None
    pads = tuple(a + b for a, b in zip(op.pads, more, strict=True))
    reach = [(taps - 1) * step for taps, step in zip(op.kernel, op.dilations, strict=True)]
    if any(pads[side] > reach[side % 2] for side in range(4)):
        return None
    return replace(op, pads=pads, pad_value=fill)
