"""Appends element-wise operations with constants to lazy values, and joins lazy values."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.budget import limited
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.values import (
    Constant,
    Failed,
    HostValue,
    Lazy,
    Pair,
    QuantizedConstant,
    Stream,
    Value,
)
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.float_kinds import KINDS
from hwcompile_runtime.quantizers import Quantizer


def domain_of_value(value: Lazy | HostValue) -> type[np.generic]:
    """np.int64 where the pending operations compute integers, else np.float32."""
    return np.int64 if value.dtype.kind in "iub" else np.float32


def lazy_of(value: Value | None, node: SourceNode) -> Lazy | HostValue:
    """The operand as something operations can be appended to.

    Raises:
        CompileError: HW0201 when it is a constant.
    """
    if value is None or isinstance(value, Constant | QuantizedConstant | Failed):
        raise fail(
            "HW0201",
            f"this {node.op_type} has a constant where it needs a tensor of the network",
            "",
            "fold the constants of the model before it is compiled",
            node.origin,
        )
    return value


def check_precision(value: Lazy | HostValue, node: SourceNode) -> None:
    """Real numbers that the model computes in another precision than float32.

    Raises:
        CompileError: HW0219, because they would be rounded differently.
    """
    if value.dtype.kind not in "iub" and value.dtype != np.float32:
        raise fail(
            "HW0219",
            f"this {node.op_type} computes in {value.dtype.name}",
            "real numbers are computed in float32, and other types round differently",
            "convert the model to float32, or insert a Cast to float behind its input",
            node.origin,
        )


def wide(constant: Array, shape: tuple[int, ...]) -> Array:
    """A constant as [1], or as one number per element of `shape`."""
    if constant.size == 1 or (constant.size and np.all(constant == constant.reshape(-1)[0])):
        return constant.reshape(-1)[:1]
    return np.broadcast_to(constant, shape).reshape(-1)


def common_shape(node: SourceNode, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that operands broadcast to.

    Raises:
        CompileError: HW0204 when they do not.
    """
    try:
        return limited(np.broadcast_shapes(*shapes), node.origin)
    except ValueError as error:
        raise fail(
            "HW0204",
            f"operands of shapes {', '.join(str(list(s)) for s in shapes)} do not fit together",
            "the batch axis is frozen to 1 and the other sizes do not agree with it",
            "check the shapes in the model, and export it with batch size 1",
            node.origin,
        ) from error


def append(
    value: Lazy | HostValue,
    kind: str,
    node: SourceNode,
    constants: tuple[Array, ...] = (),
    **attributes: Any,
) -> Lazy | HostValue:
    """The value behind one more element-wise operation; constants broadcast as in ONNX.

    Raises:
        CompileError: HW0211 when a constant is not a number.
    """
    shape = common_shape(node, value.shape, *(c.shape for c in constants))
    if shape != value.shape:
        grown = moved(value, lambda a, fill: np.broadcast_to(a, shape), 0.0, node.origin)
        value = lazy_of(grown, node)
    check_precision(value, node)
    number = domain_of_value(value)
    rows = tuple(wide(np.asarray(c), shape).astype(number) for c in constants)
    if number is np.int64 and not KINDS[kind].integer:
        raise fail(
            "HW0204",
            f"this {node.op_type} takes {value.dtype.name} integers",
            "it is defined on real numbers",
            "insert a Cast or DequantizeLinear in front of it",
            node.origin,
        )
    if any(np.isnan(c).any() for c in rows if c.dtype == np.float32):
        raise fail(
            "HW0211",
            "a constant of this operator is not a number",
            "NaN spreads to every result",
            "repair the constant in the model",
            node.origin,
        )
    if _changes_nothing(kind, rows):
        return value
    return value.then(FloatOp(kind, rows, attributes))


def _changes_nothing(kind: str, rows: tuple[Array, ...]) -> bool:
    if kind in ("mul", "div"):
        return bool(np.all(rows[0] == 1))
    return kind in ("add", "sub") and bool(np.all(rows[0] == 0))


_MEETINGS = frozenset({"add", "sub", "mul", "div", "min", "max", "bit_and", "bit_or", "bit_xor"})
"""Operations in which two streams of the network may meet."""


def join(kind: str, left: Lazy | HostValue, right: Lazy | HostValue, node: SourceNode) -> Value:
    """Two tensors of the network that meet in an element-wise operator.

    Raises:
        CompileError: HW0202 when one of them is already a meeting, or on the host.
    """
    shape = common_shape(node, left.shape, right.shape)
    if (left.dtype.kind == "f") != (right.dtype.kind == "f"):
        raise fail(
            "HW0204",
            f"this {node.op_type} mixes {left.dtype.name} and {right.dtype.name}",
            "operands are of one type",
            "insert a Cast or DequantizeLinear",
            node.origin,
        )
    check_precision(left, node)
    left, right = _grown(left, shape, node), _grown(right, shape, node)
    if isinstance(left, Stream) and isinstance(right, Stream):
        together = _rejoined(kind, left, right)
        if together is not None:
            return together
        if not left.raw and not right.raw and kind in _MEETINGS:
            dtype = np.result_type(left.dtype, right.dtype)
            return Pair(kind, left, right, dtype)
    if isinstance(left, Pair) and isinstance(right, Pair):
        forked = _rejoined_pairs(kind, left, right)
        if forked is not None:
            return forked
    raise fail(
        "HW0202",
        f"the two operands of this {node.op_type} cannot meet in hardware",
        "at least one of them is itself the sum, product or concatenation of streams, comes from "
        "the model's real input, or is computed on the host",
        "insert a quantizer behind each operand",
        node.origin,
    )


def _grown(value: Lazy | HostValue, shape: tuple[int, ...], node: SourceNode) -> Lazy | HostValue:
    if value.shape == shape:
        return value
    grown = moved(value, lambda a, fill: np.broadcast_to(a, shape), 0.0, node.origin)
    return lazy_of(grown, node)


def same_array(a: Array, b: Array) -> bool:
    """Equal in shape and numbers."""
    return a is b or (a.shape == b.shape and bool(np.all(a == b)))


def same_ops(a: tuple[FloatOp, ...], b: tuple[FloatOp, ...]) -> bool:
    """True when two sequences of operations compute the same."""
    return len(a) == len(b) and all(_same_op(x, y) for x, y in zip(a, b, strict=True))


def _same_op(a: FloatOp, b: FloatOp) -> bool:
    if a is b:
        return True
    if a.kind != b.kind or dict(a.attributes) != dict(b.attributes):
        return False
    if (a.quantizer is None) != (b.quantizer is None):
        return False
    if a.quantizer is not None and b.quantizer is not None:
        return same_quantizer(a.quantizer, b.quantizer)
    if len(a.branches) != len(b.branches) or len(a.constants) != len(b.constants):
        return False
    branches = all(same_ops(x, y) for x, y in zip(a.branches, b.branches, strict=True))
    constants = zip(a.constants, b.constants, strict=True)
    return branches and all(same_array(x, y) for x, y in constants)


def same_quantizer(a: Quantizer, b: Quantizer) -> bool:
    """True when two quantizers compute the same integers with the same meaning."""
    if type(a) is not type(b):
        return False
    for field in fields(a):
        first, second = getattr(a, field.name), getattr(b, field.name)
        arrays = isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
        if not (same_array(first, second) if arrays else first == second):
            return False
    return True


def same_start(a: Chain, b: Chain) -> bool:
    """True when two chains read the integers in the same way."""
    if isinstance(a.start, Dequantize) and isinstance(b.start, Dequantize):
        return same_array(a.start.scale, b.start.scale) and same_array(
            a.start.zero_point, b.start.zero_point
        )
    return isinstance(a.start, Integers) and isinstance(b.start, Integers)


def _forked(
    a: tuple[FloatOp, ...], b: tuple[FloatOp, ...]
) -> tuple[tuple[FloatOp, ...], tuple[FloatOp, ...], tuple[FloatOp, ...]]:
    """The common beginning of two sequences of operations, and the two rests."""
    count = 0
    while count < min(len(a), len(b)) and _same_op(a[count], b[count]):
        count += 1
    return a[:count], a[count:], b[count:]


def _rejoined(kind: str, left: Stream, right: Stream) -> Stream | None:
    """`x * sigmoid(x)` and the like: both operands are functions of the same integers."""
    same = left.value == right.value and left.raw == right.raw and left.fill == right.fill
    if not same or not np.array_equal(left.index, right.index):
        return None
    if not same_start(left.chain, right.chain):
        return None
    common, first, second = _forked(left.chain.ops, right.chain.ops)
    op = FloatOp("join", attributes={"op": kind}, branches=(first, second))
    chain = Chain(left.chain.start, (*common, op))
    return replace(left, chain=chain, dtype=np.result_type(left.dtype, right.dtype))


def meet_alike(left: Value | None, right: Value | None) -> bool:
    """True when both are functions of the same meeting of two streams."""
    if not isinstance(left, Pair) or not isinstance(right, Pair):
        return False
    return left.left is right.left and left.right is right.right and left.kind == right.kind


def _rejoined_pairs(kind: str, left: Pair, right: Pair) -> Pair | None:
    """Both operands are functions of the same meeting of two streams."""
    if not meet_alike(left, right):
        return None
    common, first, second = _forked(left.ops, right.ops)
    op = FloatOp("join", attributes={"op": kind}, branches=(first, second))
    return replace(left, ops=(*common, op))
