"""Pairing: two streams that meet in one element-wise operator, up to the next quantizer, exactly.

The function `f(a, b) = quantizer(ops(kind(left(a), right(b))))` becomes the cheapest integer form
that agrees on every pair of integers. In the order they are tried:

- sums and products of values whose float32 arithmetic is exact (`exact_lines`): one integer;
- `max` and `min` with monotone operations behind them: each stream is closed on its own;
- sums that are staircases of a weighted sum with small integer weights (`pair_plane`);
- sums and products that happen to depend on one integer only, seen on all pairs;
- a table of all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import CompileError, Origin, fail
from hwcompile.frontends.numbers.closing import Domain, close, distinct_rows, spread
from hwcompile.frontends.numbers.exact_lines import (
    ExactProduct,
    ExactSum,
    exact_lines_of,
    exact_product,
    exact_sum,
)
from hwcompile.frontends.numbers.pair_plane import separated
from hwcompile.frontends.numbers.pair_values import (
    MAX_PAIRS,
    Branch,
    Meeting,
    factored,
    plane_of,
    values_of,
)
from hwcompile.frontends.numbers.runs import MAX_LEVELS, operations
from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, Encoding, IntType
from hwcompile.ops.elementwise.op import Extremum, Linear, PairTable, Product
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.quantizers import Quantizer
from hwcompile_runtime.rows import floats, integers

_LUT_INPUTS = 6


@dataclass(frozen=True, eq=False)
class PairForm:
    """An exact integer form of a two-stream function.

    Attributes:
        first: `Linear`, `Product`, `Extremum` or `PairTable`, on both streams (left, right).
        then: Operations behind it, in order; may be empty.
        left: Operations on the left stream before it, in order; mostly empty.
        right: Operations on the right stream before it.
    """

    first: Op
    then: tuple[Op, ...] = ()
    left: tuple[Op, ...] = ()
    right: tuple[Op, ...] = ()


def close_pair(
    kind: str,
    left: Branch,
    right: Branch,
    ops: tuple[FloatOp, ...],
    quantizer: Quantizer,
    origin: Origin | None = None,
) -> PairForm:
    """The cheapest integer form of `quantizer(ops(kind(left, right)))`.

    Args:
        kind: `add`, `sub`, `mul`, `div`, `min` or `max`.
        left: First stream.
        right: Second stream.
        ops: Element-wise operations behind the meeting.
        quantizer: Behind them.
        origin: The node where the streams meet, for messages.

    Raises:
        CompileError: HW0222 when no exact form is small enough; HW0221 and HW0223 as `close`.
    """
    whole = Meeting(kind, left, right, ops, quantizer, origin)
    first, inverse = distinct_rows(whole.arrays())
    meeting = whole.select(first)
    attempts = (_tiny_table, _on_lines, _each_alone, _by_lines, _by_values, _pair_table)
    for attempt in attempts:
        found = attempt(meeting)
        if found is not None:
            parts = (spread(p, inverse) for p in (found.then, found.left, found.right))
            return PairForm(found.first, *parts)
    raise fail(
        "HW0222",
        f"the two inputs of '{kind}' meet without an exact integer form "
        f"({left.element} and {right.element})",
        "their scales have no common step that float32 computes exactly, and there are too many "
        "pairs for a table",
        f"put a quantizer on both branches before '{kind}', with the same scale if possible",
        origin,
    )


def _on_lines(meeting: Meeting) -> PairForm | None:
    """Sum or product of exactly computed values: a chain that starts at one integer."""
    left = exact_lines_of(meeting.left.chain, meeting.left.element)
    right = exact_lines_of(meeting.right.chain, meeting.right.element)
    if left is None or right is None:
        return None
    if meeting.kind in ("add", "sub"):
        return _sum_of_lines(meeting, exact_sum(left, right, 1 if meeting.kind == "add" else -1))
    return _product_of_lines(meeting, exact_product(left, right)) if meeting.kind == "mul" else None


def _sum_of_lines(meeting: Meeting, rows: tuple[ExactSum, ...] | None) -> PairForm | None:
    """`Linear` and the rest of the chain, where all rows have the same factors."""
    if rows is None or len({(row.left, row.right) for row in rows}) > 1:
        return None
    factors, offset = (rows[0].left, rows[0].right), 0
    if len({row.zero for row in rows}) == 1 and rows[0].is_whole:
        offset = -int(rows[0].zero)
        rows = tuple(replace(row, zero=0) for row in rows)
    element = weighted(meeting.left.element, meeting.right.element, factors, offset)
    then = _closed(meeting, chain_of_sum(rows), element)
    return None if then is None else _merged(factors, offset, then)


def chain_of_sum(rows: tuple[ExactSum, ...]) -> Chain:
    """From the integers `left * a + right * b` of a sum to its real values."""
    zeros = integers([int(row.zero) if row.is_whole else 0 for row in rows])
    chain = Chain(Dequantize(floats([float(row.step) for row in rows]), zeros))
    if all(row.is_whole for row in rows):
        return chain
    rest = floats([0.0 if row.is_whole else float(row.offset) for row in rows])
    return chain.then(FloatOp("add", (rest,)))


def _closed(meeting: Meeting, chain: Chain, element: IntType) -> tuple[Op, ...] | None:
    """The rest of the chain on the integers `element`."""
    try:
        whole = chain.then(*meeting.ops)
        return close(whole, meeting.quantizer, Domain(element), meeting.origin)
    except CompileError as error:
        if all(d.code == "HW0220" for d in error.diagnostics):
            return None
        raise


def _merged(factors: tuple[int, int], offset: int, then: tuple[Op, ...]) -> PairForm:
    """A `Linear`, taking in a single `Linear` that follows it."""
    if len(then) == 1 and isinstance(then[0], Linear):
        ((scale,), shift) = then[0].coefficients, then[0].offset
        return PairForm(Linear((factors[0] * scale, factors[1] * scale), offset * scale + shift))
    return PairForm(Linear(factors, offset), then)


def weighted(left: IntType, right: IntType, factors: tuple[int, int], offset: int) -> IntType:
    """The interval of `factors[0] * a + factors[1] * b + offset`."""
    ends = [sorted((f * t.low, f * t.high)) for f, t in zip(factors, (left, right), strict=True)]
    return IntType(ends[0][0] + ends[1][0] + offset, ends[0][1] + ends[1][1] + offset)


def _product_of_lines(meeting: Meeting, rows: tuple[ExactProduct, ...] | None) -> PairForm | None:
    """`Product` of the streams without their zero points, the same in all rows, and the rest."""
    if rows is None or len({(row.left, row.right) for row in rows}) > 1:
        return None
    zeros = (rows[0].left, rows[0].right)
    left, right = meeting.left.element, meeting.right.element
    element = product_type(left, zeros[0], right, zeros[1])
    chain = Chain(Dequantize(floats([float(row.step) for row in rows])))
    then = _closed(meeting, chain, element)
    return None if then is None else _product_form(*zeros, then)


def _product_form(left_zero: int, right_zero: int, then: tuple[Op, ...]) -> PairForm:
    pre = [(Linear((1,), -zero),) if zero else () for zero in (left_zero, right_zero)]
    return PairForm(Product(), then, *pre)


def product_type(left: IntType, left_zero: int, right: IntType, right_zero: int) -> IntType:
    """The interval of `(a - left_zero) * (b - right_zero)`; bipolar products stay bipolar."""
    if left == right == BIPOLAR and left_zero == right_zero == 0:
        return BIPOLAR
    corners = [
        (a - left_zero) * (b - right_zero)
        for a in (left.low, left.high)
        for b in (right.low, right.high)
    ]
    return IntType(min(corners), max(corners))


def _each_alone(meeting: Meeting) -> PairForm | None:
    """`max` and `min` commute with monotone functions, so each stream can be quantized first."""
    if meeting.kind not in ("max", "min"):
        return None
    signs = Chain(Dequantize(floats(1)), meeting.ops).monotone_sign()
    if not (np.all(signs == 1) or np.all(signs == -1)):
        return None
    kinds = ("max", "min") if signs[0] == 1 else ("min", "max")
    kind = kinds[0] if meeting.kind == "max" else kinds[1]
    left, right = (
        close(b.chain.then(*meeting.ops), meeting.quantizer, Domain(b.element), meeting.origin)
        for b in (meeting.left, meeting.right)
    )
    return PairForm(Extremum(kind), (), left, right)


def _by_lines(meeting: Meeting) -> PairForm | None:
    """Sums that are a staircase of a weighted sum."""
    if meeting.kind not in ("add", "sub"):
        return None
    made = plane_of(meeting)
    if made is None:
        return None
    plane, left_is_wide = made
    unit = 2 if meeting.quantizer.element == BIPOLAR else 1
    lines = separated(plane, unit)
    if lines is None:
        return None
    factors = (lines.wide_factor, lines.narrow_factor)
    factors = factors if left_is_wide else factors[::-1]
    element = weighted(meeting.left.element, meeting.right.element, factors, 0)
    then = operations(lines.runs, element, meeting.quantizer.element.encoding)
    return None if then is None else _merged(factors, 0, then)


def _by_values(meeting: Meeting) -> PairForm | None:
    """Functions that depend on one small integer only, whatever their shape."""
    if meeting.pairs > MAX_PAIRS:
        return None
    found = factored(meeting)
    if found is None:
        return None
    left, right = meeting.left.element, meeting.right.element
    encoding = meeting.quantizer.element.encoding
    if found.factors is None:
        element = product_type(left, found.zeros[0], right, found.zeros[1])
        then = operations(found.runs, element, encoding)
        return None if then is None else _product_form(*found.zeros, then)
    then = operations(found.runs, weighted(left, right, found.factors, 0), encoding)
    return None if then is None else _merged(found.factors, 0, then)


def _tiny_table(meeting: Meeting) -> PairForm | None:
    """A table of six address bits costs one LUT per result bit: nothing beats it."""
    bits = meeting.left.element.bits + meeting.right.element.bits
    return _pair_table(meeting) if bits <= _LUT_INPUTS else None


def _pair_table(meeting: Meeting) -> PairForm | None:
    """A table of all pairs, when all rows agree."""
    if meeting.pairs > MAX_LEVELS:
        return None
    values = values_of(meeting)
    if np.any(values != values[0]):
        return None
    bipolar = meeting.quantizer.element.encoding is Encoding.BIPOLAR
    element = BIPOLAR if bipolar else IntType(int(values.min()), int(values.max()))
    return PairForm(PairTable(values[0], element))
