"""Weights that are powers of two, or sums of two or three of them: inputs are shifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import ClassVar

import numpy as np

from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.arithmetic.encoding import adder_bits, format_words, is_bipolar
from hwcompile.ops.arithmetic.numbers import numbers_of
from hwcompile.ops.arithmetic.products import IntegerEncoding
from hwcompile.ops.contract.paths import Path

MOST_TERMS = 3
"""Powers of two that a weight is the sum of; a multiplication takes less than more of them."""

_MOST_FIELD_BITS = 4


@dataclass(frozen=True)
class PowerSums:
    """Weights as sums of `terms` powers of two, each of them zero or with a sign.

    Term i shifts by `terms` - 1 - i at least and by 2**field - 2 more at most, so that the first
    term may be the largest one: the code books of ShiftCNN (Gudovskiy and Rigazio, 2017), and with
    one term the weights of INQ (Zhou et al., 2017).

    Attributes:
        terms: Powers of two of a weight.
        field: Bits that say which power of two a term is, or that it is zero.
    """

    terms: int
    field: int

    @property
    def bits(self) -> int:
        """Of a weight: a sign and a field for every term."""
        return self.terms * (1 + self.field)

    def codes(self) -> Mapping[int, int]:
        """Number to its code, for all numbers; of several codes that with the fewest terms."""
        return _codes(self.terms, self.field)


@cache
def _codes(terms: int, field: int) -> Mapping[int, int]:
    found: dict[int, tuple[int, int]] = {}
    for chosen in product(*(_term(terms - 1 - i, field) for i in range(terms))):
        number = sum(value for value, _ in chosen)
        code = sum(part << i * (1 + field) for i, (_, part) in enumerate(chosen))
        used = sum(value != 0 for value, _ in chosen)
        if number not in found or used < found[number][0]:
            found[number] = used, code
    return {number: code for number, (_, code) in found.items()}


def _term(least: int, field: int) -> list[tuple[int, int]]:
    """Values of a term and their codes {negative, field}: field zero, or how far from the top."""
    last = (1 << field) - 1
    found = [(0, 0)]
    for place in range(1, last + 1):
        value = 1 << (least + last - place)
        found += [(value, place), (-value, place | 1 << field)]
    return found


@lru_cache(maxsize=512)
def power_sums(weight: IntType) -> PowerSums | None:
    """The narrowest codes for all numbers of a type, of equal ones with the fewest terms.

    Returns:
        None when that is not known, or when they are no such sums.
    """
    numbers = numbers_of(weight)
    if numbers is None:
        return None
    ways = [
        PowerSums(terms, field)
        for terms in range(1, MOST_TERMS + 1)
        for field in range(1, _MOST_FIELD_BITS + 1)
    ]
    for way in sorted(ways, key=lambda way: (way.bits, way.terms)):
        codes = way.codes()
        if all(number in codes for number in numbers):
            return way
    return None


class _Shift(IntegerEncoding):
    """Sums of so many shifted inputs. Dot product: the sum."""

    word: ClassVar[str] = "shift"
    module: ClassVar[str] = "shift"
    terms: ClassVar[int]

    @classmethod
    def preference(cls, weight: IntType, element: IntType) -> int | None:
        """Better than products where weights are stored in fewer bits, else when asked for.

        A code book of few numbers saves as many with any arithmetic, and several shifts are no
        cheaper than a product: then it must not take fewer, by more than one bit. One shift is
        better than a multiplier even for a bit more, but no better than a narrow product.
        """
        if is_bipolar(weight) or is_bipolar(element):
            return None
        found = power_sums(weight)
        if found is None or found.terms != cls.terms:
            return None
        places = (len(numbers_of(weight) or ()) - 1).bit_length()
        saves = found.bits < weight.bits and (cls.terms == 1 or found.bits <= places + 1)
        if not saves and cls.terms == 1 and found.bits <= weight.bits + 1:
            return 2
        return 1 if saves else 4

    @property
    def _sums(self) -> PowerSums:
        found = power_sums(self.weight)
        assert found is not None, "`preference` found them"
        return found

    @property
    def stored_bits(self) -> int:
        """Signs and fields of the terms."""
        return self._sums.bits

    @property
    def stored_signed(self) -> bool:
        """Signs and fields are no number."""
        return False

    def encode(self, weights: IntArray) -> IntArray:
        """Terms side by side, the first one lowest; see `PowerSums`."""
        codes = self._sums.codes()
        numbers = np.array(sorted(codes), dtype=np.int64)
        table = np.array([codes[int(number)] for number in numbers], dtype=np.int64)
        found: IntArray = table[np.searchsorted(numbers, weights)]
        return found

    def first_level(self, terms: int, groups: int, group: int) -> tuple[float, float]:
        """The input, its negative or nothing, a shifter of a level per bit of the field; sums."""
        x, field = self.input.bits + 1, self._sums.field
        each = x + sum(x + (1 << level) for level in range(1, field + 1))
        joined = (self.terms - 1) * terms * self.product_bits
        return float(self.terms * terms * each), joined + groups * adder_bits(
            group, self.product_bits
        )

    def first_path(self, group: int) -> Path:
        """The negative input, a choice, a shifter, sums."""
        joined = (self.product_bits,) * (self.terms - 1)
        carries = (self.input.bits + 1, *joined, *self.first_sums(group))
        return Path("shifts and first sums", 1 + self._sums.field, carries)

    def describe(self) -> str:
        """A few words for comments and reports."""
        kinds = {1: "a power", 2: "two powers", 3: "three powers"}
        formats = f"{format_words(self.weight)} weights x {format_words(self.input)} inputs"
        return f"inputs shifted by weights of {kinds[self.terms]} of two, {formats}"


class ShiftOne(_Shift):
    """Powers of two and zero."""

    label: ClassVar[str] = "ShiftOne"
    group: ClassVar[int] = 4
    terms: ClassVar[int] = 1
    fixed: ClassVar[Mapping[str, int]] = {"Powers": 1}


class ShiftTwo(_Shift):
    """Sums of two powers of two."""

    label: ClassVar[str] = "ShiftTwo"
    group: ClassVar[int] = 1
    terms: ClassVar[int] = 2
    fixed: ClassVar[Mapping[str, int]] = {"Powers": 2}


class ShiftThree(_Shift):
    """Sums of three powers of two."""

    label: ClassVar[str] = "ShiftThree"
    group: ClassVar[int] = 1
    terms: ClassVar[int] = 3
    fixed: ClassVar[Mapping[str, int]] = {"Powers": 3}
