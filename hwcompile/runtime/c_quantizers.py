"""Quantizers as statements in C, and the operations that hold one or fork."""

from __future__ import annotations

import numpy as np

from hwcompile.runtime.c_scalars import (
    DOUBLE,
    FLOAT,
    INTEGER,
    NotInCError,
    Scalar,
    Scalars,
    c_literal,
    integer_literal,
    plain_operation,
)
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp
from hwcompile_runtime.quantizers import (
    BipolarQuantizer,
    ClippedQuantizer,
    FixedQuantizer,
    IntegerQuantizer,
    LinearQuantizer,
    Quantizer,
    StepQuantizer,
)
from hwcompile_runtime.rows import AnyArray

_SIGNED = "copysignf({}, {{x}})"
ROUNDINGS = {
    "ROUND": "rintf({x})",
    "HALF_EVEN": "rintf({x})",
    "CEIL": "ceilf({x})",
    "FLOOR": "floorf({x})",
    "UP": _SIGNED.format("ceilf(fabsf({x}))"),
    "DOWN": "truncf({x})",
    "ROUND_TO_ZERO": "truncf({x})",
    "HALF_UP": _SIGNED.format("floorf(fabsf({x}) + 0.5f)"),
    "HALF_DOWN": _SIGNED.format("ceilf(fabsf({x}) - 0.5f)"),
}
"""The roundings of `hwcompile_runtime.quantizers`, on a float."""

FIXED_ROUNDINGS = ("floor", "zero", "half_up", "half_down", "half_away", "half_zero", "half_even")
OVERFLOWS = {"saturate": "SATURATE", "zero": "TO_ZERO", "wrap": "WRAP"}


def c_operations(body: Scalars, ops: tuple[FloatOp, ...], x: Scalar) -> Scalar:
    """The number behind operations in order."""
    for op in ops:
        if op.quantizer is not None:
            x = dequantized(body, op.quantizer, c_quantized(body, op.quantizer, x))
        elif op.kind == "join":
            left, right = (c_operations(body, branch, x) for branch in op.branches)
            x = body.join(op.attributes["op"], left, right)
        else:
            x = plain_operation(body, op, x)
    return x


def chain_of_integers(body: Scalars, chain: Chain, q: Scalar) -> Scalar:
    """What a chain makes of an integer."""
    if isinstance(chain.start, Dequantize):
        q = body.let(FLOAT, f"(float)({q.text} - {body.constant(chain.start.zero_point, INTEGER)})")
        q = body.let(FLOAT, f"{q.text} * {body.constant(chain.start.scale, FLOAT)}")
    return c_operations(body, chain.ops, q)


def chain_of_reals(body: Scalars, chain: Chain, x: Scalar) -> Scalar:
    """What a chain makes of a real number, which may begin with a scale."""
    if isinstance(chain.start, Dequantize):
        if chain.start.zero_point.any():
            zero = body.constant(chain.start.zero_point, INTEGER)
            x = body.let(FLOAT, f"(float)((double){x.text} - (double){zero})")
        if (chain.start.scale != 1).any():
            x = body.let(FLOAT, f"{x.text} * {body.constant(chain.start.scale, FLOAT)}")
    return c_operations(body, chain.ops, x)


def c_quantized(body: Scalars, to: Quantizer, x: Scalar) -> Scalar:
    """The integer of a real number."""
    low, high = integer_literal(to.element.low), integer_literal(to.element.high)
    if isinstance(to, IntegerQuantizer):
        return body.as_type(x, INTEGER)
    if x.type == INTEGER:
        x = body.as_type(x, DOUBLE)
    if isinstance(to, FixedQuantizer):
        return _assigned(body, to, x)
    if isinstance(to, StepQuantizer):
        return _counted(body, to, x)
    if isinstance(to, LinearQuantizer):
        steps = body.let(x.type, f"rint{x.suffix}({x.text} / {body.constant(to.divisor, x.type)})")
        steps = body.clipped(steps, *(c_literal(v, x.type) for v in (-(2.0**40), 2.0**40)))
        zero = body.constant(to.zero_point, INTEGER)
        return body.clipped(body.let(INTEGER, f"(int64_t){steps.text} + {zero}"), low, high)
    if isinstance(to, BipolarQuantizer):
        scaled = _scaled(body, to.divisor, to.offset, x)
        return body.let(INTEGER, f"{scaled.text} >= 0.0{x.suffix} ? 1 : -1")
    if isinstance(to, ClippedQuantizer):
        scaled = _scaled(body, to.divisor, to.offset, x)
        limits = (c_literal(np.float32(v), x.type) for v in (to.element.low, to.element.high))
        inside = body.as_type(body.clipped(scaled, *limits), FLOAT)
        return body.let(INTEGER, f"(int64_t){ROUNDINGS[to.rounding].format(x=inside.text)}")
    raise NotInCError(f"a quantizer of the kind '{to.kind}'")


def dequantized(body: Scalars, of: Quantizer, q: Scalar) -> Scalar:
    """The real number that an integer of a quantizer means."""
    zero = body.constant(of.zero_point.astype(np.float32), FLOAT)
    x = body.let(FLOAT, f"(float){q.text} - {zero}")
    return body.let(FLOAT, f"{x.text} * {body.constant(of.scale, FLOAT)}")


def _scaled(body: Scalars, divisor: AnyArray, offset: AnyArray, x: Scalar) -> Scalar:
    quotient = body.let(x.type, f"{x.text} / {body.constant(divisor, x.type)}")
    return body.let(x.type, f"{quotient.text} + {body.constant(offset, x.type)}")


def _counted(body: Scalars, to: StepQuantizer, x: Scalar) -> Scalar:
    rows, count = to.steps.shape
    table = body.table(FLOAT, [c_literal(v, FLOAT) for v in to.steps.reshape(-1)] or ["0.0f"])
    row = f"{table} + i % {rows}u * {count}u" if rows > 1 else table
    found = body.let(INTEGER, f"hwcompile_count({row}, {count}u, (double){x.text})")
    base, slope = integer_literal(to.base), integer_literal(to.slope)
    return body.let(INTEGER, f"{base} + {slope} * {found.text}")


def _assigned(body: Scalars, to: FixedQuantizer, x: Scalar) -> Scalar:
    if to.rounding not in FIXED_ROUNDINGS:
        raise NotInCError(f"the rounding '{to.rounding}'")
    words = (
        f"(double){x.text}",
        str(to.fraction),
        integer_literal(to.element.low),
        integer_literal(to.element.high),
        f"HWCOMPILE_{to.rounding.upper()}",
        f"HWCOMPILE_{OVERFLOWS[to.overflow]}",
    )
    return body.let(INTEGER, f"hwcompile_assigned({', '.join(words)})")
