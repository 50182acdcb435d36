"""The smallest element type that holds the values of several, and how codes change on the way."""

from __future__ import annotations

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


def code_style(old: IntType, new: IntType) -> int:
    """How `hw_recode` turns a code of `old` into one of `new`, which contains it.

    Returns:
        0 to fill up with zeros (or keep), 1 to extend the sign, 2 for bipolar to two's complement.
    """
    if old.encoding is Encoding.BIPOLAR:
        return 0 if new.encoding is Encoding.BIPOLAR else 2
    return 1 if old.signed else 0
