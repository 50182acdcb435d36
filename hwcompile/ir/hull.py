"""The smallest element type that holds the values of several."""

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
