"""Integer operators of PULP's toolchain, element by element: QuantLib writes, Deeploy runs them.

What they compute is what Deeploy's kernels for the platform Generic compute (pulp-platform/Deeploy,
`TargetLibraries/Generic/src`), and QuantLib (pulp-platform/quantlib, `algorithms/pact/pact_ops.py`)
where Deeploy has no kernel of its own. Their tensors hold integers, whatever their element type is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.integer_functions import IntegerFunction, close_integers
from hwcompile.frontends.onnx.dialect.operator import PACT_DOMAINS, Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import required_constant
from hwcompile.frontends.symbolic.integer_arithmetic import held, reach_of
from hwcompile.frontends.symbolic.integer_ends import close_whole
from hwcompile.frontends.symbolic.pending import common_shape, wide
from hwcompile.frontends.symbolic.pooling import sum_over
from hwcompile.frontends.symbolic.pure import one_stream_of, pure_stream
from hwcompile.frontends.symbolic.quantizing import emit_all, settled
from hwcompile.frontends.symbolic.values import Failed, Stream, Value
from hwcompile.frontends.symbolic.whole import whole_stream
from hwcompile.ir.types import IntArray, IntType
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.rows import floats, integers

Inputs = Sequence[Value | None]

INT8 = IntType(-128, 127)
_INT32 = 2**31


def malformed(node: SourceNode, why: str, fix: str) -> CompileError:
    """HW0204: a node whose constants have no such meaning."""
    return fail("HW0204", f"this {node.op_type} has no meaning on integers", why, fix, node.origin)


def whole_attribute(node: SourceNode, name: str) -> int:
    """An attribute that is one whole number, given as a number or as a tensor.

    Raises:
        CompileError: HW0204 when it is something else.
    """
    found = np.asarray(node.attributes[name]).reshape(-1)
    if found.size != 1 or found.dtype.kind not in "iuf" or not _are_whole(found):
        raise malformed(node, f"its {name} is {found.tolist()}", "give it one whole number")
    return int(found[0])


def axis_of(node: SourceNode, axis: int, rank: int) -> int:
    """An axis of a tensor of so many, counted from the first one.

    Raises:
        CompileError: HW0204 when the tensor has no such axis.
    """
    if not -rank <= axis < rank:
        raise malformed(node, f"its tensor of {rank} axes has none of number {axis}", "repair it")
    return axis % rank


def shift_of(node: SourceNode, name: str) -> int:
    """The binary logarithm of an attribute.

    Raises:
        CompileError: HW0204 when it is no power of two, which Deeploy would round to one.
    """
    divisor = whole_attribute(node, name)
    if divisor < 1 or divisor & (divisor - 1):
        raise malformed(node, f"its {name} is {divisor}", "Deeploy shifts: use a power of two")
    return divisor.bit_length() - 1


def level_count(node: SourceNode) -> int:
    """The attribute n_levels, which QuantLib calls n_levels_out at times."""
    return whole_attribute(node, "n_levels" if "n_levels" in node.attributes else "n_levels_out")


def limits(node: SourceNode, signed: bool) -> IntType:
    """The integers that so many levels are, as QuantLib and Deeploy count them.

    Raises:
        CompileError: HW0204 for levels that are no range.
    """
    levels = level_count(node)
    if not 2 <= levels <= 1 << 24:
        raise malformed(node, f"its n_levels is {levels}", "give it from 2 to 2^24 levels")
    return IntType(-(levels // 2), levels // 2 - 1) if signed else IntType(0, levels - 1)


def whole_numbers(array: Array, node: SourceNode, name: str) -> IntArray:
    """A constant of whole numbers.

    Raises:
        CompileError: HW0204 when it holds others.
    """
    if not _are_whole(array):
        raise malformed(node, f"its {name} has numbers that are not whole", "round them")
    return np.asarray(array).astype(np.int64)


def _are_whole(array: Array) -> bool:
    """True for numbers that are whole, and no larger than those that float64 holds."""
    real = np.asarray(array, dtype=np.float64)
    return bool(np.all(np.abs(real) < 2.0**53) and np.all(real == np.round(real)))


def held_integers(ctx: Context, value: Value | None, node: SourceNode) -> Stream:
    """The operand's integers; operations on integers may be pending.

    Raises:
        CompileError: HW0204 for real numbers, and those of `pure_stream`.
    """
    stream = one_stream_of(ctx, value, node)
    chain = _on_integers(stream.chain)
    if chain is not None:
        return replace(stream, chain=chain, dtype=np.dtype(np.int64))
    pure = pure_stream(ctx, stream, node)
    if not pure.integers and np.any(pure.scale != 1):
        raise malformed(
            node,
            f"its operand counts steps of {float(pure.scale.reshape(-1)[0]):g}",
            "give it the integers: leave the DequantizeLinear in front of it out",
        )
    found = _on_integers(pure.stream.chain)
    assert found is not None
    return replace(pure.stream, chain=found, dtype=np.dtype(np.int64))


_WHOLE_KINDS = frozenset({"add", "sub", "mul", "neg", "min", "max", "clip", "relu"})


def _on_integers(chain: Chain) -> Chain | None:
    """The chain as one of integers, where it is: real ones of step 1 and whole constants are."""
    if isinstance(chain.start, Integers):
        return chain if chain.domain == "int64" else None
    whole = all(_are_whole(c) for op in chain.ops for c in op.constants)
    kinds = {op.kind for op in chain.ops}
    if np.any(chain.start.scale != 1) or not kinds <= _WHOLE_KINDS or not whole:
        return None
    ops = tuple(
        replace(op, constants=tuple(c.astype(np.int64) for c in op.constants)) for op in chain.ops
    )
    zero = chain.start.zero_point
    start = (FloatOp("sub", (zero,)),) if np.any(zero) else ()
    return Chain(Integers(), start + ops)


def plain_stream(ctx: Context, value: Value | None, node: SourceNode) -> Stream:
    """The operand's integers with nothing pending, on an IR value of their own."""
    stream = held_integers(ctx, value, node)
    if stream.chain.ops:
        found = whole_stream(ctx, stream, node)
        assert found is not None
        stream = found
    return settled(ctx, stream, [], node)


def dtype_of(value: Value | None, element: IntType) -> np.dtype[np.generic]:
    """The type of results: that of real operands, or integers that arithmetic does not wrap."""
    if value is None or isinstance(value, Failed) or value.dtype.kind == "f":
        return np.dtype(np.float32)
    return np.dtype(np.int32)


def as_tensor(stream: Stream, dtype: np.dtype[np.generic]) -> Stream:
    """Integers as a tensor of a type."""
    if dtype.kind != "f":
        return replace(stream, dtype=dtype)
    assert not stream.chain.ops
    return replace(stream, chain=Chain(Dequantize(floats(1))), dtype=dtype)


def _note_width(ctx: Context, stream: Stream, node: SourceNode) -> None:
    reach = reach_of(ctx, stream)
    if reach is None or not reach.within(-_INT32, _INT32 - 1):
        ctx.note("is computed in as many bits as it needs, where 32 may overflow", node.origin)


def by_channel(constant: IntArray, shape: tuple[int, ...], node: SourceNode) -> IntArray:
    """A constant for each channel, spread over a tensor whose second axis has the channels.

    Raises:
        CompileError: HW0204 when it fits nowhere.
    """
    if constant.ndim == 1 and constant.size > 1 and len(shape) > 1 and constant.size == shape[1]:
        constant = constant.reshape(-1, *[1] * (len(shape) - 2))
    return _spread(constant, shape, node, "give it one number, or one for each channel")


def _requant_shift(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`clip((x * mul + add + div / 2) >> log2(div))`, `RequantShift_s8.c` with its rounding."""
    value = inputs[0]
    element = limits(node, bool(whole_attribute(node, "signed")))
    shift = shift_of(node, "div")
    stream = held_integers(ctx, value, node)
    factor, offset = (
        whole_numbers(required_constant(inputs, i, node), node, name)
        for i, name in ((1, "mul"), (2, "add"))
    )
    half = (1 << shift) >> 1
    scaled = stream.then(FloatOp("mul", (by_channel(factor, stream.shape, node),)))
    moved = scaled.then(FloatOp("add", (by_channel(offset, stream.shape, node) + half,)))
    _note_width(ctx, moved, node)
    shifted = moved.then(FloatOp("shift_right", (integers(shift),)))
    clipped = shifted.then(FloatOp("clip", (integers(element.low), integers(element.high))))
    return [close_whole(ctx, clipped, element, dtype_of(value, element), node)]


def _by_function(
    ctx: Context, node: SourceNode, value: Value | None, compute: Callable[[IntArray], IntArray]
) -> list[Value]:
    """A function of single integers, by full evaluation."""
    stream = plain_stream(ctx, value, node)
    element = ctx.type(stream.value).element
    function = IntegerFunction(
        node.op_type, lambda x, _: compute(x), (integers(0),), element, rises=False
    )
    ops = close_integers(function, element, node.origin)
    result = emit_all(ctx, ops, (stream.value,), node, ((1.0,), (0,)))
    found = replace(stream, value=result)
    return [as_tensor(found, dtype_of(value, ctx.type(result).element))]


def _hard_swish(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`x * (clip(x + three, 0, six) * one_over_six)`, `Hardswish_s8.c`."""
    three, six, sixth = (whole_attribute(node, n) for n in ("three", "six", "one_over_six"))
    return _by_function(ctx, node, inputs[0], lambda x: x * (np.clip(x + three, 0, six) * sixth))


def _gelu(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """I-BERT's polynomial, `GELU_s8.c`: the sign times `one - (min(|x|, -b) + b)^2`."""
    b, one = whole_attribute(node, "b"), whole_attribute(node, "one")

    def compute(x: IntArray) -> IntArray:
        near = np.minimum(np.abs(x), -b) + b
        found: IntArray = x * ((one + np.sign(x) * (one - near * near)) >> 1)
        return found

    return _by_function(ctx, node, inputs[0], compute)


def _rounded_quotient(stream: Stream, factor: int, divisor: int) -> Stream:
    """`floor(x * factor / divisor + 1/2)`."""
    doubled = stream.then(FloatOp("mul", (integers(2 * factor),)))
    moved = doubled.then(FloatOp("add", (integers(divisor),)))
    return moved.then(FloatOp("floor_div", (integers(2 * divisor),)))


def _whole(ctx: Context, stream: Stream, value: Value | None, node: SourceNode) -> list[Value]:
    """Pending integer operations as integers of their own."""
    found = whole_stream(ctx, stream, node) if stream.chain.ops else stream
    if found is None:
        raise fail(
            "HW0220",
            f"no exact integer form of '{stream.chain.describe()}' is small enough",
            "its results need more than 24 bits",
            "requantize what comes before it to fewer bits",
            node.origin,
        )
    return [as_tensor(found, dtype_of(value, ctx.type(found.value).element))]


def _true_division(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`floor(x * Delta * eta / (y * eta + eps) + 1/2)`, QuantLib's PACTTrueIntegerDiv."""
    scale, eps, eta, y = (whole_attribute(node, n) for n in ("Delta", "eps", "eta", "y"))
    divisor = y * eta + eps
    if divisor < 1:
        raise malformed(node, f"y * eta + eps is {divisor}", "divide by a number above 0")
    stream = held_integers(ctx, inputs[0], node)
    return _whole(ctx, _rounded_quotient(stream, scale * eta, divisor), inputs[0], node)


def _mean(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`floor(mean + 1/2)`, QuantLib's PACTIntegerMean."""
    value = inputs[0]
    pure = pure_stream(ctx, value, node)
    shape = pure.stream.shape
    given = np.asarray(node.attributes["axes"], dtype=np.int64).reshape(-1)
    axes = tuple(sorted({axis_of(node, int(a), len(shape)) for a in given}))
    total = held_integers(ctx, sum_over(ctx, pure, axes, node), node)
    (found,) = _whole(ctx, _rounded_quotient(total, 1, prod(shape[a] for a in axes)), value, node)
    assert isinstance(found, Stream)
    if int(node.attributes.get("keepdims", 1)):
        return [found]
    rest = tuple(n for a, n in enumerate(shape) if a not in axes)
    return [found.moved(lambda a, fill: a.reshape(rest))]


def _no_norm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`((x * weight + bias) * mul) >> log2(D)` in the bits of int8, `SnitchiNoNorm_s8_s8`."""
    shift, factor = shift_of(node, "D"), whole_attribute(node, "mul")
    stream = held_integers(ctx, inputs[0], node)
    weight, bias = (
        whole_numbers(required_constant(inputs, i, node), node, name)
        for i, name in ((1, "weight"), (2, "bias"))
    )
    for kind, constant in (
        ("mul", by_last_axis(weight, stream.shape, node)),
        ("add", by_last_axis(bias, stream.shape, node)),
        ("mul", integers(factor)),
        ("shift_right", integers(shift)),
    ):
        stream = stream.then(FloatOp(kind, (constant,)))
    narrow = held(ctx, replace(stream, dtype=np.dtype(np.int8)), node)
    return [close_whole(ctx, narrow, INT8, dtype_of(inputs[0], INT8), node)]


def by_last_axis(constant: IntArray, shape: tuple[int, ...], node: SourceNode) -> IntArray:
    """A constant that spreads over the last axes of a tensor.

    Raises:
        CompileError: HW0204 when it spreads over more than the tensor.
    """
    return _spread(constant, shape, node, "give it a number for each element of the last axis")


def _spread(constant: IntArray, shape: tuple[int, ...], node: SourceNode, fix: str) -> IntArray:
    if common_shape(node, constant.shape, shape) != shape:
        why = f"constants of shape {list(constant.shape)} spread over more than {list(shape)}"
        raise malformed(node, why, fix)
    return wide(constant, shape)


_HANDLERS = {
    "RequantShift": _requant_shift,
    "iHardswish": _hard_swish,
    "iGELU": _gelu,
    "TrueIntegerDiv": _true_division,
    "IntegerMean": _mean,
    "iNoNorm": _no_norm,
}

HANDLERS = {n: Operator(h, domains=PACT_DOMAINS) for n, h in _HANDLERS.items()}
