"""Integer tensors of the source model: what arithmetic does at the ends of their types.

`held` is the one rule. Whatever computes an integer tensor asks it for the result, and it adds a
`wrap` where the numbers that really arrive may leave the type. What ONNX leaves undefined (a
power or quotient that does not fit) is refused.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.reach import Reach, between, met, reached
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.values import Bundle, HostValue, Lazy, Pair, Stream, Value
from hwcompile_runtime.chain import FloatOp, Integers
from hwcompile_runtime.integer_types import LIMITS

Waiting = TypeVar("Waiting", bound=Value)


def held(ctx: Context, value: Waiting, node: SourceNode) -> Waiting:
    """The value inside its integer type, as two's complement leaves it; others unchanged.

    Raises:
        CompileError: HW0260 for uint64 that may leave the lower half, which is all that a chain
            holds.
    """
    if not isinstance(value, Stream | Pair | Bundle | HostValue) or value.dtype.kind not in "iu":
        return value
    name = value.dtype.name
    found = reach_of(ctx, value)
    if name == "uint64" and (found is None or not found.within(0, 2**63 - 1)):
        raise fail(
            "HW0260",
            f"this {node.op_type} computes uint64 integers that may be negative or above 2**63",
            "integers of a model are computed in 64 bits with a sign, which has no room for them",
            "cast to int64 or a narrower type in front of it",
            node.origin,
        )
    if name not in LIMITS or (found is not None and found.within(*LIMITS[name])):
        return value
    return value.then(FloatOp("wrap", attributes={"to": name}))  # type: ignore[return-value]


def reach_of(ctx: Context, value: Value) -> Reach | None:
    """The interval of the numbers that a value holds, per element where that is known."""
    if isinstance(value, Stream):
        return _reach_of_stream(ctx, value)
    if isinstance(value, Pair):
        sides = (_reach_of_stream(ctx, value.left), _reach_of_stream(ctx, value.right))
        return reached(value.ops, met(value.kind, *sides))
    if isinstance(value, Bundle):
        found = [_reach_of_stream(ctx, s) for s in value.sources]
        known = [r for r in found if r is not None and r.low.dtype == np.int64]
        if len(known) < len(found):
            return reached(value.ops, None)
        low, high = (min(int(r.low.min()) for r in known), max(int(r.high.max()) for r in known))
        return reached(value.ops, between(low, high))
    return None


def _reach_of_stream(ctx: Context, stream: Stream) -> Reach | None:
    if stream.raw:
        return reached(stream.chain.ops, None)
    kind = ctx.type(stream.value)
    low, high = np.array([kind.element.low]), np.array([kind.element.high])
    if stream.value in ctx.bounds:
        low, high = ctx.bounds[stream.value]
        if stream.chain.rows == 1:
            low, high = low.min(keepdims=True), high.max(keepdims=True)
        else:
            channel = np.maximum(stream.index.reshape(-1), 0) % kind.channels
            low, high = low[channel], high[channel]
    if int(stream.index.min()) < 0:
        low, high = np.minimum(low, int(stream.fill)), np.maximum(high, int(stream.fill))
    start = stream.chain.start
    if isinstance(start, Integers):
        return reached(stream.chain.ops, Reach(low.astype(np.int64), high.astype(np.int64)))
    ends = [start.apply(end.astype(np.int64)[:, None])[:, 0] for end in (low, high)]
    reals = Reach(np.minimum(*ends), np.maximum(*ends))
    return reached(stream.chain.ops, reals)


def check_divisor(node: SourceNode, dtype: np.dtype[np.generic], divisor: Array) -> None:
    """A constant divisor of integers.

    Raises:
        CompileError: HW0261 for 0, and for -1 at int32 and int64, whose smallest number has no
            quotient.
    """
    if np.any(divisor == 0):
        raise _undefined(node, f"divides {dtype.name} integers by 0", "repair the constant")
    if dtype.name in ("int32", "int64") and np.any(divisor == -1):
        raise _undefined(node, f"divides {dtype.name} integers by -1", "use Neg instead")


def check_streams(node: SourceNode, kind: str, dtype: np.dtype[np.generic]) -> None:
    """Integers of the network that are divided by others.

    Raises:
        CompileError: HW0261, because these may be 0.
    """
    if kind == "div" and dtype.kind in "iu":
        what = f"divides {dtype.name} integers by a tensor, which may be 0"
        raise _undefined(node, what, "cast both to float in front of it")


def check_exponent(node: SourceNode, exponent: Array) -> None:
    """The exponent of integers.

    Raises:
        CompileError: HW0261 when it is negative or no whole number.
    """
    if np.any(exponent != np.round(exponent)) or np.any(exponent < 0):
        what = "raises integers to a power that is negative or no whole number"
        raise _undefined(node, what, "cast the integers to float in front of it")


def check_power(ctx: Context, node: SourceNode, result: Lazy | HostValue, exponent: Array) -> None:
    """A power of integers.

    ONNX Runtime squares and cubes in the type itself when the exponent is one number; other powers
    are float64 numbers that it casts, which is undefined outside the type and rounded above 2**53.

    Raises:
        CompileError: HW0261 for results that are undefined or rounded.
    """
    if exponent.size == 1 and int(exponent.reshape(-1)[0]) <= 3:
        return
    low, high = LIMITS.get(result.dtype.name, (0, 0))
    found = reach_of(ctx, result)
    if found is None or not found.within(max(low, -(2**53)), min(high, 2**53)):
        what = f"raises integers to powers that may not fit {result.dtype.name}"
        raise _undefined(node, what, "multiply the integers with Mul, which wraps")


def check_shift(node: SourceNode, dtype: np.dtype[np.generic], steps: Array) -> None:
    """A constant number of places.

    Raises:
        CompileError: HW0261 when it is not less than the width of the type.
    """
    if np.any(steps.astype(np.int64) >= 8 * dtype.itemsize) or np.any(steps < 0):
        what = f"shifts {dtype.name} integers by their whole width or more"
        raise _undefined(node, what, "repair the constant")


def _undefined(node: SourceNode, what: str, fix: str) -> CompileError:
    why = "the format leaves the result undefined, and machines differ"
    return fail("HW0261", f"this {node.op_type} {what}", why, fix, node.origin)
