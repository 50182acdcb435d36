"""Literals and memory files: the only place that prints a number into emitted text."""

from __future__ import annotations

import hashlib

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.emit.structures import structure_lines
from hwcompile.ops.contract.instance import Each, Name, Scalar, Struct, Word
from hwcompile.ops.contract.memory_image import MemoryImage

Printable = Scalar | str | tuple[str, ...]
"""Of a parameter, when memories are files: their names, equally long when there are several."""


def literal(value: Printable) -> str:
    """A value as SystemVerilog text, several lines for a structure."""
    if isinstance(value, bool):
        return f"1'b{value:d}"
    if isinstance(value, Word):
        return f"{value.bits}'h{value.code:x}"
    if isinstance(value, Struct):
        return "\n      ".join(["{", *structure_lines(value)]) + "\n    }"
    if isinstance(value, tuple):
        if len({len(name) for name in value}) > 1:
            raise InternalError(f"the names of files {value} are not equally long")
        return "{\n      " + ",\n      ".join(map(literal, reversed(value))) + "\n    }"
    if isinstance(value, Each):
        return "{" + ", ".join(_part(v, value.bits) for v in reversed(value.values)) + "}"
    if isinstance(value, Name):
        return f"{value.package}_pkg::{value.name}"
    return f'"{value}"' if isinstance(value, str) else str(int(value))


def _part(value: int | Name, bits: int) -> str:
    return literal(value if isinstance(value, Name) else Word.of(value, bits))


def memory_text(image: MemoryImage) -> str:
    """The image as a `$readmemh` file: one row per line, most significant digit first."""
    digits = -(-image.width // 4)
    depth, row_bytes = image.rows.shape
    nibbles = np.frombuffer(image.rows[:, ::-1].tobytes().hex().encode(), np.uint8)
    lines = np.full((depth, digits + 1), ord("\n"), np.uint8)
    lines[:, :-1] = nibbles.reshape(depth, 2 * row_bytes)[:, -digits:]
    return lines.tobytes().decode()


def memory_name(node: str, text: str) -> str:
    """A file name that shows whose memory it is and changes with the contents."""
    return f"{node}_{hashlib.sha256(text.encode()).hexdigest()[:8]}.mem"


def msb_range(width: int) -> str:
    """`[7:0] ` for 8 bits; empty for one bit would make it a scalar, so always a vector."""
    return f"[{width - 1}:0]"
