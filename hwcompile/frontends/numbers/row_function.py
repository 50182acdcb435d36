"""What a chain and a quantizer compute together: integers to integers, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import Origin, fail
from hwcompile.ir.types import IntArray
from hwcompile_runtime.chain import Chain
from hwcompile_runtime.quantizers import NotANumberError, Quantizer

_CHUNK = 1 << 21


@dataclass(frozen=True, eq=False)
class RowFunction:
    """A chain and the quantizer behind it, as one function of integers per row.

    Attributes:
        chain: Constants [1 or rows].
        quantizer: Constants [1 or rows].
        low: Smallest integer that reaches each row, int64 [rows].
        high: Largest one.
        origin: The quantizer's node, for messages.
    """

    chain: Chain
    quantizer: Quantizer
    low: IntArray
    high: IntArray
    origin: Origin | None

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.low.size

    def select(self, rows: IntArray) -> RowFunction:
        """The function of the given rows, in that order."""
        return RowFunction(
            self.chain.select(rows),
            self.quantizer.select(rows),
            self.low[rows],
            self.high[rows],
            self.origin,
        )

    def describe(self) -> str:
        """What the chain does, in a few words."""
        return self.chain.describe()

    def __call__(self, x: IntArray) -> IntArray:
        """Results for integers [rows, n]; int64 [rows, n]."""
        with reported(self.chain.describe(), self.origin):
            return self.quantizer.quantize(self.chain.apply(x))


@contextmanager
def reported(what: str, origin: Origin | None) -> Iterator[None]:
    """Turn undefined values into findings; `what` names the operations.

    Raises:
        CompileError: HW0221 for NaN, HW0223 for a cast that overflows.
    """
    try:
        yield
    except NotANumberError:
        raise fail(
            "HW0221",
            "the value to quantize is not a number for some reachable integers",
            f"'{what}' is undefined there",
            "clip the values before the operation (a logarithm or root of negative numbers)",
            origin,
        ) from None
    except OverflowError as error:
        raise fail(
            "HW0223",
            "a cast to integers overflows for some reachable integers",
            str(error),
            "clip the values before the cast, or cast to a wider type",
            origin,
        ) from None


def row_groups(rows: int, width: int) -> Iterator[IntArray]:
    """Groups of rows whose [rows, width] arrays stay small."""
    step = max(1, _CHUNK // width)
    for start in range(0, rows, step):
        yield np.arange(start, min(start + step, rows), dtype=np.int64)
