"""The arithmetic view of a threshold node: bipolar values as 0 and 1, useless thresholds gone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from hwcompile.ir.types import Encoding, IntArray, IntType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold.op import Threshold


@dataclass(frozen=True, eq=False)
class Staircase:
    """`code = base + slope * #{k : x >= thresholds[k]}` on low <= x <= high.

    x and the result are what the bits say as two's complement or unsigned numbers; a bipolar
    value is its bit, 0 or 1. Equal ones are one key: what takes long to find for a network is found
    once, however often its plan is read.

    Attributes:
        thresholds: int64 [R, n], rows ascending, each in [low, high + 1]; n at least 1. Some row
            has a count of 0 at `low`, and some row a count of n at `high`, unless n is 1.
        base: int64 [R].
        slope: int64 [R].
        low: Least input.
        high: Greatest input.
    """

    thresholds: IntArray
    base: IntArray
    slope: IntArray
    low: int
    high: int

    @cached_property
    def _key(self) -> tuple[object, ...]:
        arrays = (self.thresholds, self.base, self.slope)
        texts = (part for array in arrays for part in (array.shape, array.tobytes()))
        return (*texts, self.low, self.high)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Staircase) and self._key == other._key

    @property
    def steps(self) -> int:
        """Thresholds per row."""
        return int(self.thresholds.shape[1])

    @property
    def floor(self) -> IntArray:
        """The lower end of each row's outputs, int64 [R]; they reach from there to floor + n."""
        return np.where(self.slope > 0, self.base, self.base - self.steps)


def staircase(site: Site[Threshold]) -> Staircase:
    """The staircase of a threshold node's site."""
    return _staircase(site.op, site.inputs[0].element)


@lru_cache(maxsize=1024)
def _staircase(op: Threshold, element: IntType) -> Staircase:
    thresholds, low, high = op.thresholds, element.low, element.high
    if element.encoding is Encoding.BIPOLAR:
        low, high = 0, 1
        # -1 <= x is always true, x >= 2 never; between them x >= t means that the bit is 1.
        thresholds = np.select([thresholds <= -1, thresholds <= 1], [0, 1], 2)
    base = op.base
    if op.element.encoding is Encoding.BIPOLAR:
        base = (base + 1) >> 1
    thresholds = np.clip(thresholds, low, high + 1)
    always = int((thresholds <= low).sum(axis=1).min())
    never = int((thresholds > high).sum(axis=1).min())
    keep = slice(always, thresholds.shape[1] - never)
    if always + never >= thresholds.shape[1]:
        # A constant: keep one threshold, the last that is always passed if there is one.
        keep = slice(max(always - 1, 0), max(always, 1))
    return Staircase(
        np.ascontiguousarray(thresholds[:, keep]),
        base + op.slope * keep.start,
        op.slope,
        low,
        high,
    )
