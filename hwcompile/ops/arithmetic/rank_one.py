"""Binary weights in square kernels that are products of a column and a row of signs.

Lin et al., "Binarized convolutional neural networks with separable filters" (arXiv 1707.04693): of
512 kernels of 3 x 3 signs 32 are such products, so a kernel takes 5 bits instead of 9. A code is
{sign of every row, pattern}: all rows of a kernel are the same pattern of signs or its opposite.

A vector of inputs is (row of the kernel, column of the kernel, channel), channel fastest, as a
window with all of its taps gives it. One code and the kernel's inputs of a channel are a pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.types import BIPOLAR, IntArray, IntType
from hwcompile.ops.arithmetic.encoding import (
    TREE_RADIX,
    WeightEncoding,
    adder_bits,
    bits_between,
    format_words,
    is_bipolar,
)
from hwcompile.ops.contract.needs import Resources
from hwcompile.ops.contract.paths import Path

SEPARABLE = "separable"
"""The value of a kernel's parameter `style` that asks for such weights."""

SIDES = range(2, 8)
"""Of kernels that are looked for."""


@dataclass(frozen=True)
class RankOne(IntType):
    """Signs in kernels of `side` x `side`, each the product of a column and a row.

    Attributes:
        side: Rows of a kernel, and columns.
    """

    side: int = 0

    @staticmethod
    def of(side: int) -> RankOne:
        """Of kernels with so many rows and columns."""
        return RankOne(BIPOLAR.low, BIPOLAR.high, BIPOLAR.encoding, side=side)


def rank_one_sides(weights: IntArray) -> tuple[int, ...]:
    """The sides of kernels that are products of a column and a row of signs, ascending.

    Exact: no weight is changed, every one is looked at.

    Args:
        weights: int64 [..., K]; K is (row, column, channel), channel fastest, for any number of
            channels.

    Returns:
        All sides for which all kernels are such products; none where a weight is neither -1 nor 1.
    """
    if not np.all(np.abs(weights) == 1):
        return ()
    able = [side for side in SIDES if weights.shape[-1] % (side * side) == 0]
    return tuple(side for side in able if _is_product(_kernels(weights, side)))


def _kernels(weights: IntArray, side: int) -> IntArray:
    """[..., row, column, channel]."""
    return weights.reshape(*weights.shape[:-1], side, side, -1)


def _is_product(kernels: IntArray) -> bool:
    """Every row is the first one, or its opposite."""
    beside_first = kernels * kernels[..., :1, :, :]
    return bool(np.all(beside_first == beside_first[..., :, :1, :]))


class _RankOne(WeightEncoding):
    """What both kinds of inputs have in common."""

    weight: RankOne

    word: ClassVar[str] = SEPARABLE

    @classmethod
    def _fits(cls, weight: IntType) -> bool:
        return isinstance(weight, RankOne) and weight.side in SIDES

    @property
    def side(self) -> int:
        """Rows of a kernel."""
        return self.weight.side

    @property
    def span(self) -> int:
        """All weights of a kernel."""
        return self.side**2

    @property
    def stored_bits(self) -> int:
        """A bit of every row, and a pattern of all columns but one."""
        return 2 * self.side - 1

    @property
    def stored_signed(self) -> bool:
        """A code is no number."""
        return False

    @property
    def padding(self) -> int:
        """Any sign: sums of rows that have none are cleared."""
        return 1

    @property
    def neutral(self) -> bool:
        """There is no zero."""
        return False

    def encode(self, weights: IntArray) -> IntArray:
        """Codes int64 [..., channels] of weights [..., K]."""
        rows, pattern = _factors(_kernels(weights, self.side))
        places = np.arange(self.side)[:, None]
        low = (pattern[..., 1:, :] << places[:-1]).sum(axis=-2)
        found: IntArray = low | (rows << places).sum(axis=-2) << (self.side - 1)
        return found

    def _negative_rows(self, weights: IntArray) -> IntArray:
        """How many rows of all kernels are the opposite of their pattern."""
        rows, _ = _factors(_kernels(weights, self.side))
        return np.asarray(rows.sum(axis=(-2, -1)), dtype=np.int64)

    def _joined(self, bits: int) -> float:
        """Bits of adders that join the rows of a kernel."""
        numbers, total = self.side, 0.0
        while numbers > 1:
            total += adder_bits(numbers, bits)
            numbers, bits = -(-numbers // TREE_RADIX), bits + 2
        return total


def _factors(kernels: IntArray) -> tuple[IntArray, IntArray]:
    """Bits of rows [..., row, channel] and of a pattern [..., column, channel]; 1 is -1.

    Of the two patterns that do, it is the one with an even number of -1 where the side is odd, so
    that the parity of a row of bits does not depend on it, else the one that begins with 1.
    """
    negative = (kernels < 0).astype(np.int64)
    side = kernels.shape[-2]
    first = negative[..., 0, :, :]
    flip = first.sum(axis=-2) % 2 if side % 2 else first[..., 0, :]
    pattern = first ^ flip[..., None, :]
    rows = negative[..., :, 0, :] ^ pattern[..., :1, :]
    return rows, pattern


class SeparableBits(_RankOne):
    """Bipolar inputs: a row counts those that agree with the pattern, or ~count where it is -1.

    With rows of n bits ~count is 2**n - 1 - count, where side - count is wanted. Dot product:
    2 * sum - (number of inputs) - 2 * (2**n - 1 - side) * (number of such rows).
    """

    module: ClassVar[str] = "separable_bits"
    label: ClassVar[str] = "SeparableBits"
    group: ClassVar[int] = 1
    doubled: ClassVar[bool] = True

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """Only this fits such kernels and bipolar inputs."""
        return 0 if cls._fits(weight) and is_bipolar(element) else None

    @property
    def _row_bits(self) -> int:
        return self.side.bit_length()

    @property
    def _excess(self) -> int:
        """By which ~count is above what is wanted."""
        return (1 << self._row_bits) - 1 - self.side

    def interval(self) -> tuple[int, int]:
        """Counts of all rows."""
        return 0, self.side * ((1 << self._row_bits) - 1)

    def start(self, fan_in: int) -> int:
        """Minus the number of inputs."""
        return -fan_in

    def starts(self, weights: IntArray, axis: int) -> IntArray | None:
        """The constant part, where it is not the same for all."""
        if not self._excess:
            return None
        rows = self._negative_rows(weights)
        found: IntArray = self.start(weights.shape[-1]) - 2 * self._excess * rows
        return found

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """Full adders: a table for a carry, two for what they leave, three for the count."""
        side = self.side
        counted = 8.0 if side == 3 else 1.25 * self.span + side
        return terms * counted, 0.0

    def first_path(self, group: int) -> Path:
        """A count in tables."""
        return Path("counts of kernels", 4 if self.side == 3 else 6)

    def describe(self) -> str:
        """A few words for comments and reports."""
        return (
            f"xnor and population count, separable {self.side} x {self.side} weights "
            f"x {format_words(self.input)} inputs"
        )


class SeparableSums(_RankOne):
    """Numbers: the sums of a row with every pattern are made once, for all outputs.

    Instead of -sum a row that is -1 adds ~sum. Dot product: sum + (number of such rows).
    """

    module: ClassVar[str] = "separable_sums"
    label: ClassVar[str] = "SeparableSums"
    group: ClassVar[int] = 1
    starts_stored: ClassVar[bool] = True

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """Only this fits such kernels."""
        return 0 if cls._fits(weight) and not is_bipolar(element) else None

    def _row_interval(self) -> tuple[int, int]:
        x, side = self.input, self.side
        least, greatest = min(x.low, -x.high), max(x.high, -x.low)
        return side * least, side * greatest

    def interval(self) -> tuple[int, int]:
        """Sums of all rows, or their complements."""
        low, high = self._row_interval()
        return self.side * min(low, -high - 1), self.side * max(high, -low - 1)

    @property
    def more_stages(self) -> int:
        """The sums of rows are registered, and added by fours."""
        return shared_stages(self.side)

    def starts(self, weights: IntArray, axis: int) -> IntArray | None:
        """The number of rows that are -1."""
        return self._negative_rows(weights)

    def shared_path(self) -> Path:
        """Sums of rows."""
        bits = bits_between(*self._row_interval())
        return Path("sums of rows", carries=(bits,) * (2 if self.side > 2 else 1))

    def shared(self, rows: int, terms: int, vectors: int) -> Resources:
        """Sums of rows with every pattern, and registers of codes that wait for them."""
        bits, side = bits_between(*self._row_interval()), self.side
        sums = vectors * terms * side << (side - 1)
        codes = rows * terms * self.stored_bits
        later = rows * terms * self.product_bits if side > 4 else 0
        return Resources(adders=sums * (side - 1) * bits, ff=sums * bits + codes + later)

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """A choice among patterns for every row, its complement, and sums of rows."""
        bits = bits_between(*self._row_interval())
        choice = max(1 << (self.side - 1), 4) / 4 + 0.5
        return terms * self.side * choice * bits, terms * self._joined(bits)

    def first_path(self, group: int) -> Path:
        """A choice, and two sums; sums of rows before them are as long."""
        bits = bits_between(*self._row_interval())
        carries = (bits + 1, bits + 2) if self.side > 2 else (bits + 1,)
        return Path("choices and sums of rows", self.side, carries)

    def describe(self) -> str:
        """A few words for comments and reports."""
        return (
            f"sums of rows shared by all outputs, separable {self.side} x {self.side} weights "
            f"x {format_words(self.input)} inputs"
        )


def shared_stages(side: int) -> int:
    """Register stages of sums of rows in front of the last one, as `hw_matvec` says."""
    return 1 if side <= 4 else 2
