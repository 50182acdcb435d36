"""Statements in C on one number: the element-wise operations of the host, each with its roundings.

Every statement defines one constant, so that an operation may read its operand more than once. The
numbers are those of `hwcompile_runtime.float_kinds`; what C has no operator for is a function of
`hwcompile_reals.c`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.runtime.c_functions import FUNCTIONS_OF_DOUBLES, INTEGERS, ONLY_FLOATS, REALS
from hwcompile_runtime.chain import FloatOp
from hwcompile_runtime.float_kinds import batch_norm_line
from hwcompile_runtime.integer_types import LIMITS
from hwcompile_runtime.rows import AnyArray

FLOAT, DOUBLE, INTEGER = "float", "double", "int64_t"
TYPES = {"float32": FLOAT, "float64": DOUBLE, "int64": INTEGER}
"""C's types of numpy's that a chain computes in."""


class NotInCError(Exception):
    """Why something has no statements in C."""


@dataclass(frozen=True)
class Scalar:
    """A number: an expression, and its type in C."""

    text: str
    type: str

    @property
    def suffix(self) -> str:
        """Of functions and literals of the type."""
        return "f" if self.type == FLOAT else ""


class Scalars:
    """Collects the statements of a loop's body and the tables that they read."""

    def __init__(self) -> None:
        self.tables: list[tuple[str, str, str]] = []
        self.statements: list[str] = []
        self._count = 0

    def let(self, kind: str, text: str) -> Scalar:
        """A constant of a type."""
        self._count += 1
        name = f"x{self._count}"
        self.statements.append(f"const {kind} {name} = {text};")
        return Scalar(name, kind)

    def table(self, kind: str, texts: Sequence[str]) -> str:
        """The name of a table; one that is there already is read again."""
        values = ", ".join(texts)
        for name, known, held in self.tables:
            if (known, held) == (kind, values):
                return name
        self.tables.append((f"table_{len(self.tables)}", kind, values))
        return self.tables[-1][0]

    def integers(self, values: IntArray) -> str:
        """A table of integers in the narrowest type that holds them."""
        flat = [int(v) for v in values.reshape(-1)]
        least, most = min(flat), max(flat)
        bits = next(b for b in (8, 16, 32, 64) if -(1 << b - 1) <= least and most < 1 << b - 1)
        return self.table(f"int{bits}_t", [integer_literal(v) for v in flat])

    def constant(self, values: AnyArray, kind: str) -> str:
        """A constant of a row: its literal, or a place in a table."""
        flat = values.reshape(-1)
        if flat.size == 1:
            return c_literal(flat[0], kind)
        if kind == INTEGER:
            return f"{self.integers(flat)}[i % {flat.size}u]"
        return f"{self.table(kind, [c_literal(v, kind) for v in flat])}[i % {flat.size}u]"

    def place(self, index: IntArray) -> str:
        """The position that element `i` is read from; below 0 where there is none."""
        flat = index.reshape(-1)
        if np.array_equal(flat, np.arange(flat.size)):
            return "i"
        return f"{self.integers(flat)}[i]"

    def element(self, array: str, kind: str, index: IntArray, fill: str, given: str = "") -> Scalar:
        """An element of an array by its place, as a number of a type.

        Args:
            array: Its name.
            kind: Of the number.
            index: Place of every element `i`; below 0 for `fill`.
            fill: A literal.
            given: Type of the array's elements, where that differs.
        """
        cast = f"({kind})" if given and given != kind else ""
        place = self.place(index)
        if int(index.min(initial=0)) < 0:
            return self.let(kind, f"{place} < 0 ? {fill} : {cast}{array}[{place}]")
        return self.let(kind, f"{cast}{array}[{place}]")

    def clipped(self, x: Scalar, low: str, high: str) -> Scalar:
        """`x` inside two limits; what is no number stays so."""
        above = self.let(x.type, f"{x.text} < {low} ? {low} : {x.text}")
        return self.let(x.type, f"{above.text} > {high} ? {high} : {above.text}")

    def as_type(self, x: Scalar, kind: str) -> Scalar:
        """The same number in another type."""
        return x if x.type == kind else self.let(kind, f"({kind}){x.text}")

    def join(self, kind: str, left: Scalar, right: Scalar) -> Scalar:
        """Two numbers joined by add, sub, mul, div, min or max."""
        order = (INTEGER, FLOAT, DOUBLE)
        wide = max(left.type, right.type, key=order.index)
        if left.type != right.type and INTEGER in (left.type, right.type):
            wide = DOUBLE
        x, y = (self.as_type(each, wide) for each in (left, right))
        forms = INTEGERS if wide == INTEGER else REALS
        return self.let(wide, forms[kind].format(x=x.text, a=y.text, f=x.suffix))


def c_literal(value: Any, kind: str) -> str:
    """A number of a type in C99, exactly.

    Raises:
        NotInCError: For a NaN.
    """
    if kind == INTEGER:
        return integer_literal(int(value))
    number = float(np.float32(value)) if kind == FLOAT else float(value)
    if np.isnan(number):
        raise NotInCError("a constant that is no number")
    if np.isinf(number):
        return "INFINITY" if number > 0 else "(-INFINITY)"
    text = f"{number.hex()}{'f' if kind == FLOAT else ''}"
    return f"({text})" if number < 0 else text


def integer_literal(value: int) -> str:
    """An integer of up to 64 bits in C99."""
    if value == -(2**63):
        return "INT64_MIN"
    if -(2**31) < value < 2**31:
        return f"{value}" if value >= 0 else f"({value})"
    return f"INT64_C({value})" if value >= 0 else f"(-INT64_C({-value}))"


def plain_operation(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    """The number behind an operation that is neither `fake_quant` nor `join`."""
    if op.kind in _SPECIAL:
        return _SPECIAL[op.kind](body, op, x)
    if op.kind in FUNCTIONS_OF_DOUBLES:
        wide = body.as_type(x, DOUBLE)
        given = {
            n: c_literal(v, DOUBLE) for n, v in op.attributes.items() if not isinstance(v, str)
        }
        forms = FUNCTIONS_OF_DOUBLES[op.kind](op.attributes)
        for form in forms:
            wide = body.let(DOUBLE, form.format(y=wide.text, x=f"(double){x.text}", **given))
        return body.as_type(wide, x.type)
    forms_of_type = INTEGERS if x.type == INTEGER else REALS | ONLY_FLOATS
    if op.kind not in forms_of_type:
        raise NotInCError(f"'{op.kind}' of {x.type}")
    constants = [body.constant(c, x.type) for c in op.constants]
    names = dict(zip("ab", constants, strict=False))
    return body.let(x.type, forms_of_type[op.kind].format(x=x.text, f=x.suffix, **names))


def _cast(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    to = op.attributes["to"]
    if to in TYPES and to != "int64":
        return body.as_type(x, TYPES[to])
    if to == "bool":
        return body.let(INTEGER, f"{x.text} != 0 ? 1 : 0")
    return c_whole(body, x, to)


def c_whole(body: Scalars, x: Scalar, to: str) -> Scalar:
    """A number without its fraction inside an integer type's limits."""
    if x.type == INTEGER:
        return x
    limits = ", ".join(integer_literal(each) for each in LIMITS[to])
    return body.let(INTEGER, f"hwcompile_whole((double){x.text}, {limits})")


def _wrap(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    low, high = LIMITS[op.attributes["to"]]
    if high - low >= 2**64 - 1:
        return x
    return body.let(
        INTEGER, f"hwcompile_wrap({x.text}, {integer_literal(low)}, UINT64_C({high - low}))"
    )


def _clip(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    return body.clipped(x, *(body.constant(c, x.type) for c in op.constants))


def _batch_norm(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    with np.errstate(all="ignore"):
        line = batch_norm_line(op.constants, op.attributes.get("epsilon", 1e-5))
    factor, offset = (body.constant(c, FLOAT) for c in line)
    product = body.let(FLOAT, f"{x.text} * {factor}")
    return body.let(FLOAT, f"{product.text} + {offset}")


def _number(op: FloatOp, name: str, default: float) -> str:
    return c_literal(op.attributes.get(name, default), FLOAT)


def _leaky_relu(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    alpha = _number(op, "alpha", 0.01)
    return body.let(FLOAT, f"{x.text} >= 0.0f ? {x.text} : {alpha} * {x.text}")


def _thresholded_relu(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    return body.let(FLOAT, f"{x.text} > {_number(op, 'alpha', 1.0)} ? {x.text} : 0.0f")


def _line(body: Scalars, x: Scalar, factor: str, offset: str) -> Scalar:
    product = body.let(FLOAT, f"{factor} * {x.text}")
    return body.clipped(body.let(FLOAT, f"{product.text} + {offset}"), "0.0f", "1.0f")


def _hard_sigmoid(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    return _line(body, x, _number(op, "alpha", 0.2), _number(op, "beta", 0.5))


def _hard_swish(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    share = _line(body, x, c_literal(1 / 6, FLOAT), "0.5f")
    return body.let(FLOAT, f"{x.text} * {share.text}")


def _shrink(body: Scalars, op: FloatOp, x: Scalar) -> Scalar:
    limit, bias = _number(op, "lambd", 0.5), _number(op, "bias", 0.0)
    above = f"{x.text} > {limit} ? {x.text} - {bias} : 0.0f"
    return body.let(FLOAT, f"{x.text} < -{limit} ? {x.text} + {bias} : {above}")


_SPECIAL = {
    "cast": _cast,
    "wrap": _wrap,
    "clip": _clip,
    "batch_norm": _batch_norm,
    "leaky_relu": _leaky_relu,
    "shrink": _shrink,
    "thresholded_relu": _thresholded_relu,
    "hard_sigmoid": _hard_sigmoid,
    "hard_swish": _hard_swish,
}
"""Operations of more than one statement, or with attributes."""
