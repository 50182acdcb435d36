"""Pairing: two streams that meet in one element-wise operator, up to the next quantizer, exactly.

The function `f(a, b) = quantizer(chain(op(left(a), right(b))))` becomes the cheapest integer form
that agrees on every pair: `Linear` (small coefficients) or `Product` followed by a closed function
of one integer, else a `PairTable`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwcompile.diagnostics import Origin
from hwcompile.frontends.chain import Chain, FloatOp
from hwcompile.frontends.quantizers import Quantizer
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntType


@dataclass(frozen=True, eq=False)
class PairForm:
    """An exact integer form of a two-stream function.

    Attributes:
        first: `Linear`, `Product` or `PairTable`, on both streams (left, right).
        then: Operations behind it, in order; may be empty.
    """

    first: Op
    then: tuple[Op, ...] = ()


@dataclass(frozen=True, eq=False)
class Branch:
    """One of the two streams: its integers and what the model does with them before the meeting."""

    chain: Chain
    element: IntType


def close_pair(
    kind: str,
    left: Branch,
    right: Branch,
    ops: tuple[FloatOp, ...],
    quantizer: Quantizer,
    origin: Origin | None = None,
) -> PairForm:
    """The cheapest integer form of `quantizer(ops(kind(left, right)))`.

    Args:
        kind: `add`, `sub`, `mul`, `min` or `max`.
        left: First stream.
        right: Second stream.
        ops: Element-wise operations behind the meeting.
        quantizer: Behind them.
        origin: The node where the streams meet, for messages.

    Raises:
        CompileError: HW0222 when no exact form is small enough.
    """
    raise NotImplementedError
