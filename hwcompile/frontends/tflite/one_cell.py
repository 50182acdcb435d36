"""Long sequences of an LSTM: one cell does step after step, `ops/lstm/scaled.py`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.tflite.contents import LiteNode
from hwcompile.frontends.tflite.fixed_point import Factor
from hwcompile.frontends.tflite.lowering import LiteGraph
from hwcompile.frontends.tflite.lstm_gates import BYTE, SHORT, GateSums
from hwcompile.frontends.tflite.short_functions import short_sigmoid, short_tanh
from hwcompile.frontends.tflite.steps import check_reach, within
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.lstm.scaled import ScaledLstm


@dataclass(frozen=True, eq=False)
class CellOfSteps:
    """What becomes of the gates.

    Attributes:
        digits: Integer digits of the cell state.
        limits: Of the cell state.
        hidden: From products of two activations to steps of the output.
        zero: Zero point of the output.
    """

    digits: int
    limits: IntType
    hidden: Factor
    zero: int


def through_one_cell(
    ctx: LiteGraph,
    node: LiteNode,
    recurrent: list[GateSums],
    own: list[str],
    states: tuple[str, str],
    cell: CellOfSteps,
) -> tuple[str, str, str]:
    """All outputs of a frame, and both states behind it.

    Args:
        ctx: The graph.
        node: The LSTM.
        recurrent: Of the gates i, f, candidate, o.
        own: What the input adds to them, (1, steps, cells) each, within 16 bits.
        states: y and c of the step before the first.
        cell: What becomes of the gates.

    Raises:
        CompileError: HW0305 where the kernel's 32 bits overflow.
    """
    op = ScaledLstm(
        recurrent=np.stack([r.weights for r in recurrent]),
        bias=np.stack([r.bias for r in recurrent]),
        rescalings=np.stack(
            [
                *(_rescaling(node, r.factor, r.largest(BYTE)) for r in recurrent),
                _rescaling(node, cell.hidden, SHORT.high**2),
            ]
        ),
        sigma=short_sigmoid(3).magnitudes,
        candidate=short_tanh(3).magnitudes,
        squash=short_tanh(cell.digits).magnitudes,
        new_digits=15 + cell.digits,
        c_type=cell.limits,
        zero=cell.zero,
        y_type=BYTE,
    )
    _, steps, units = ctx.kind(own[0]).shape
    # Gate after gate of all units becomes all gates of a unit after unit.
    order = np.arange(steps * 4 * units).reshape(steps, 4, units).transpose(0, 2, 1)
    joined = ctx.emit(node, Concat(), *own)
    together = ctx.picked(node, joined, order.reshape(1, steps, 4 * units))
    both = ctx.emit(node, op, together, *states)
    places = np.arange(steps * 2 * units).reshape(1, steps, units, 2)
    outputs = ctx.picked(node, both, places[..., 0])
    left = [ctx.picked(node, both, places[:, -1:, :, which]) for which in (0, 1)]
    return (
        within(ctx, node, outputs, BYTE.low, BYTE.high),
        within(ctx, node, left[0], BYTE.low, BYTE.high),
        within(ctx, node, left[1], cell.limits.low, cell.limits.high),
    )


def _rescaling(node: LiteNode, factor: Factor, most: int) -> IntArray:
    """A factor of numbers up to `most` in magnitude, as a cell has it, int64 [3]."""
    check_reach(node, factor, -most, most)
    shift = int(factor.shift[0])
    return np.array([factor.mantissa[0], 31 - max(shift, 0), max(-shift, 0)], dtype=np.int64)
