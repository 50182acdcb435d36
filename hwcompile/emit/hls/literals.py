"""Values of instances as C++: constants of a configuration, and arrays of a memory's contents."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from hwcompile.emit.structures import fields_of
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.contract.instance import Each, Name, Scalar, Struct, Word
from hwcompile.ops.contract.memory_image import LanePart, MemoryImage

LIMB = 64
"""Bits of a number of a row of which nobody says what it is made of."""

_LINE = 96


@dataclass(frozen=True)
class Array:
    """Contents of a memory as a constant array.

    Attributes:
        name: Of the array.
        kind: Type of an element.
        shape: Its dimensions, as they stand behind its name.
        lines: The initializer.
    """

    name: str
    kind: str
    shape: str
    lines: tuple[str, ...]


def element_type(element: IntType) -> str:
    """The type of a lane of a stream."""
    kind = "integer" if element.signed else "natural"
    return f"hw::{kind}<{element.bits}>"


def member(name: str, value: Scalar) -> list[str]:
    """The lines of a configuration that declare a parameter which is no memory."""
    if isinstance(value, Struct):
        return _nested(name, value)
    if isinstance(value, Each):
        parts = [typed(part) for part in value.values]
        texts = ", ".join(text for _, text in parts)
        return [f"static constexpr {parts[0][0]} {name}[{len(parts)}] = {{{texts}}};"]
    kind, text = typed(value)
    return [f"static constexpr {kind} {name} = {text};"]


def typed(value: Scalar) -> tuple[str, str]:
    """Type and text of a number, a bit, or a name of an enumeration.

    Raises:
        TypeError: For what is more than that.
    """
    if isinstance(value, bool):
        return "bool", str(value).lower()
    if isinstance(value, Word):
        return _number(value.code, signed=False)
    if isinstance(value, int):
        return _number(value, signed=True)
    if isinstance(value, Name):
        kind = f"hw::{value.package.removeprefix('hw_')}"
        return kind, f"{kind}::{value.name}"
    raise TypeError(f"{type(value).__name__} is no single constant")


def _number(value: int, *, signed: bool) -> tuple[str, str]:
    if -(1 << 31) < value < 1 << 31:
        return "int", str(value)
    return ("long long", f"{value}ll") if signed else ("unsigned long long", f"{value:#x}ull")


def _nested(name: str, value: Struct) -> list[str]:
    """A structure's values as a type with constants; what is not given is 0."""
    lines = [f"struct {name} {{"]
    for field in fields_of(value.package, value.name):
        kind, text = typed(value.fields.get(field.name, 0))
        lines.append(f"  static constexpr {kind} {field.name} = {text};")
    return [*lines, "};"]


def array(name: str, image: MemoryImage) -> Array:
    """Contents of a memory: [depth][lanes], and for lanes of several numbers [depth][lanes][parts].

    A row of which nobody says what it is made of is unsigned numbers of `LIMB` bits.
    """
    numbers, parts = lanes_of(image.numbers or image)
    signed = any(part.signed for part in parts)
    bits = max(part.bits + (signed and not part.signed) for part in parts)
    shape = numbers.shape if len(parts) > 1 else numbers.shape[:2]
    return Array(
        name=name,
        kind=f"hw::stored<{bits}, {str(signed).lower()}>",
        shape="".join(f"[{size}]" for size in shape),
        lines=tuple(_rows(numbers.reshape(shape), wide=bits > 31, signed=signed)),
    )


def lanes_of(image: MemoryImage) -> tuple[IntArray, tuple[LanePart, ...]]:
    """The numbers of a memory, int64 or uint64 [depth, lanes, parts], and what the parts are."""
    planes = np.unpackbits(image.rows, axis=1, count=image.width, bitorder="little")
    parts = image.parts
    if not parts:
        limbs = -(-image.width // LIMB)
        planes = np.pad(planes, ((0, 0), (0, limbs * LIMB - image.width)))
        codes = np.packbits(planes.reshape(image.depth, limbs, LIMB), axis=2, bitorder="little")
        return codes.view("<u8").astype(np.uint64), (LanePart(min(image.width, LIMB)),)
    lane = sum(part.bits for part in parts)
    planes = planes.reshape(image.depth, -1, lane)
    numbers = np.zeros((*planes.shape[:2], len(parts)), dtype=np.int64)
    at = 0
    for index, part in enumerate(parts):
        numbers[:, :, index] = _decoded(planes[:, :, at : at + part.bits], part)
        at += part.bits
    return numbers, parts


def _decoded(planes: np.ndarray, part: LanePart) -> IntArray:
    field = np.zeros((*planes.shape[:2], 64), dtype=np.uint8)
    field[:, :, : part.bits] = planes
    if part.signed:
        field[:, :, part.bits :] = planes[:, :, -1:]
    numbers: IntArray = np.packbits(field, axis=2, bitorder="little").view("<i8")[:, :, 0]
    return numbers


def _rows(numbers: np.ndarray, *, wide: bool, signed: bool) -> list[str]:
    """The initializer, a row of the memory at a time."""
    suffix = ("ll" if signed else "ull") if wide else ""
    lines = []
    for row in numbers.tolist():
        text = re.sub(r"(\d)(?=[,\]])", rf"\1{suffix}", str(row)) if suffix else str(row)
        lines += _wrapped(text.replace("[", "{").replace("]", "}") + ",")
    return lines


def _wrapped(text: str) -> list[str]:
    """A row in lines of at most `_LINE` characters."""
    lines = []
    while len(text) > _LINE:
        cut = text.rfind(" ", 0, _LINE)
        lines.append(text[:cut])
        text = f" {text[cut + 1 :]}"
    return [*lines, text]
