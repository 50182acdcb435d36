"""The gates of TFLite's integer LSTM: two sums of products, each scaled, and a function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.interpolated import of_magnitude
from hwcompile.frontends.tflite.lowering import LiteGraph
from hwcompile.frontends.tflite.short_functions import Mirrored
from hwcompile.frontends.tflite.steps import by_factor, within
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Linear
from hwcompile.ops.matmul.op import Matmul

SHORT = IntType(-(2**15), 2**15 - 1)
"""What gates and cell states are kept in."""

BYTE = IntType(-128, 127)
"""What outputs are kept in."""


@dataclass(frozen=True, eq=False)
class GateSums:
    """`clamp(factor(weights x + bias))`.

    Attributes:
        weights: int64 [rows, columns].
        bias: int64 [rows], with what the zero point of x adds.
        factor: To 12 digits behind the point.
    """

    weights: IntArray
    bias: IntArray
    factor: Factor

    def largest(self, x: IntType) -> int:
        """Bound on the magnitude of sums of such numbers."""
        most = max(-x.low, x.high)
        return int((np.abs(self.weights).sum(axis=1) * most + np.abs(self.bias)).max())

    def emit(self, ctx: LiteGraph, node: LiteNode, x: str) -> str:
        """On every pixel of x, within 32 bits."""
        total = ctx.emit(node, Matmul(self.weights[None]), x)
        if self.bias.any():
            # No limit of the kernel's is met here: `by_factor` says when 32 bits overflow.
            kind, rows = ctx.kind(total).element, np.zeros(self.bias.size, dtype=np.int64)
            low = kind.low + int(self.bias.min())
            high = kind.high + int(self.bias.max())
            cast = Cast(0, 0, self.bias, rows, rows + low, rows + high, "floor", "saturate")
            total = ctx.emit(node, cast, total)
        return by_factor(ctx, node, total, self.factor)


@dataclass(frozen=True, eq=False)
class LstmGate:
    """What a gate is made of.

    Attributes:
        own: Of the input.
        recurrent: Of the output state.
        peephole: Weights int64 [cells] of the cell state and their factor, or None.
        function: Of their sum.
    """

    own: GateSums
    recurrent: GateSums
    peephole: tuple[IntArray, Factor] | None
    function: Mirrored

    def emit(self, ctx: LiteGraph, node: LiteNode, own: str, output: str, cell: str) -> str:
        """From what the input adds, already within 16 bits, and the states."""
        total = ctx.emit(node, Linear((1, 1), 0), self.recurrent.emit(ctx, node, output), own)
        total = within(ctx, node, total, SHORT.low, SHORT.high)
        if self.peephole is not None:
            weights, factor = self.peephole
            seen = by_factor(ctx, node, ctx.emit(node, Depthwise(weights[None]), cell), factor)
            total = ctx.emit(node, Linear((1, 1), 0), total, seen)
            total = within(ctx, node, total, SHORT.low, SHORT.high)
        return activated(ctx, node, total, self.function)


def activated(ctx: LiteGraph, node: LiteNode, value: str, function: Mirrored) -> str:
    """A function of 16 bits."""
    return of_magnitude(ctx, node, value, function.magnitudes, function.mirror)
