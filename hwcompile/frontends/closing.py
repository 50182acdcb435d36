"""Closing: a chain and the quantizer behind it become integer operations, exactly.

The result agrees with `quantizer.quantize(chain.apply(x))` on every reachable integer x of every
row: monotone functions become a `Threshold`, all others a `Table`, or a `Threshold` that numbers
the runs of equal results followed by a `Table` of the runs.
"""

from __future__ import annotations

from dataclasses import dataclass


from hwcompile.diagnostics import Origin
from hwcompile.frontends.chain import Chain
from hwcompile.frontends.quantizers import Quantizer
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType


@dataclass(frozen=True, eq=False)
class Domain:
    """The integers that reach a chain.

    Attributes:
        element: Interval and encoding of the stream's type; a table has one entry for each value.
        low: Smallest reachable integer per row, int64 [1 or rows]; None means the type's.
        high: Largest one.
    """

    element: IntType
    low: IntArray | None = None
    high: IntArray | None = None


def close(
    chain: Chain,
    quantizer: Quantizer,
    domain: Domain,
    origin: Origin | None = None,
) -> tuple[Op, ...]:
    """Integer operations equal to the chain followed by the quantizer.

    Args:
        chain: From the stream's integers to real values; constants [1 or rows].
        quantizer: Behind the chain; constants [1 or rows].
        domain: Which integers arrive.
        origin: The quantizer's node, for messages.

    Returns:
        Operations to apply in order; empty when the integers already are the result. Each has
        R = 1 rows, or as many as the constants.

    Raises:
        CompileError: HW0220 when no exact form is small enough, HW0221 when a reachable value
            gives NaN, HW0223 when a cast overflows.
    """
    raise NotImplementedError
