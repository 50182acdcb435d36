"""The smallest element type that holds the values of several, and how codes change on the way."""

from __future__ import annotations

from hwcompile.ir.types import Encoding, IntType
from hwcompile.ops.contract.instance import Name


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


def recoding(old: IntType, new: IntType) -> Name:
    """How `hw_recode` turns a code of `old` into one of `new`, which contains it.

    `Zeros` stand above, or nothing where the widths are equal; the `Sign` stands above; or a
    `Bipolar` bit becomes two's complement.
    """
    if old.encoding is Encoding.BIPOLAR:
        return Name("hw_recoding", "Zeros" if new.encoding is Encoding.BIPOLAR else "Bipolar")
    return Name("hw_recoding", "Sign" if old.signed else "Zeros")
