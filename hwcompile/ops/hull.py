"""The smallest element type that holds the values of several, and how codes change on the way."""

from __future__ import annotations

from enum import IntEnum

from hwcompile.ir.types import Encoding, IntType


def hull(*elements: IntType) -> IntType:
    """The interval around all of `elements`; bipolar only if every one is."""
    if all(e.encoding is Encoding.BIPOLAR for e in elements):
        return elements[0]
    return IntType(min(e.low for e in elements), max(e.high for e in elements))


def with_constant(element: IntType, value: int) -> IntType:
    """The smallest type that holds `element` and `value`; bipolar stays bipolar for -1 and 1."""
    if element.encoding is Encoding.BIPOLAR and value in (-1, 1):
        return element
    return IntType(min(element.low, value), max(element.high, value))


class Recoding(IntEnum):
    """How `hw_recode` turns a code into a wider one of the same number."""

    ZEROS = 0
    """Zeros above, or equal widths."""
    SIGN = 1
    """The sign above, in two's complement."""
    BIPOLAR = 2
    """A bipolar bit to two's complement."""


def recoding(old: IntType, new: IntType) -> Recoding:
    """What turns a code of `old` into one of `new`, which contains it."""
    if old.encoding is Encoding.BIPOLAR:
        return Recoding.ZEROS if new.encoding is Encoding.BIPOLAR else Recoding.BIPOLAR
    return Recoding.SIGN if old.signed else Recoding.ZEROS
