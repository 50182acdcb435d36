"""Structures of the library as SystemVerilog text: a concatenation, a line for each field.

Yosys 0.23 reads no assignment patterns (`'{name: value}`), so the fields' order and widths count.
They are read from the package that defines the structure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from hwcompile.diagnostics import InternalError
from hwcompile.emit.shelves import source_text
from hwcompile.ops.contract.instance import Name, Struct

_STRUCT = re.compile(r"typedef struct packed \{\n(.*?)\} (\w+)_t;", re.DOTALL)
_FIELD = re.compile(r"^ *(\w+)( signed)? *(?:\[(\d+):0\] *)?(\w+);", re.MULTILINE)


@dataclass(frozen=True)
class StructField:
    """A field of a structure: a number of `bits` bits, or one of the names of an enumeration."""

    name: str
    bits: int
    signed: bool
    names: bool

    def text(self, value: bool | int | Name) -> str:
        """A value as SystemVerilog text.

        Raises:
            InternalError: If the field can not hold it.
        """
        if isinstance(value, Name) != self.names:
            raise InternalError(f"the field {self.name} of a structure can not hold {value}")
        if isinstance(value, Name):
            return f"{value.package}_pkg::{value.name}"
        low = -(1 << (self.bits - 1)) if self.signed else 0
        if not low <= value < low + (1 << self.bits):
            raise InternalError(f"the field {self.name} of a structure can not hold {value}")
        if self.bits == 1:
            return f"1'b{value:d}"
        sign = "s" if self.signed else ""
        return f"{'-' if value < 0 else ''}{self.bits}'{sign}d{abs(value)}"


@cache
def fields_of(package: str, name: str) -> tuple[StructField, ...]:
    """The fields of a structure, the first in the most significant bits.

    Args:
        package: Of the library, without `_pkg`.
        name: Of the structure, without `_t`.
    """
    bodies = {found: body for body, found in _STRUCT.findall(source_text(f"{package}_pkg"))}
    return tuple(
        StructField(field, int(msb or 0) + 1, bool(signed), kind != "logic")
        for kind, signed, msb, field in _FIELD.findall(bodies[name])
    )


def structure_lines(value: Struct) -> list[str]:
    """One line for each field, with its name as a comment; what is not given is 0.

    Raises:
        InternalError: If a given field does not exist, or one of a name is not given.
    """
    fields = fields_of(value.package, value.name)
    unknown = set(value.fields) - {field.name for field in fields}
    if unknown:
        raise InternalError(f"{value.package}_pkg::{value.name}_t has no field {min(unknown)}")
    texts = [field.text(value.fields.get(field.name, 0)) for field in fields]
    texts = [f"{text}," for text in texts[:-1]] + texts[-1:]
    width = max(map(len, texts))
    return [f"{t.ljust(width)}  // {field.name}" for t, field in zip(texts, fields, strict=True)]
