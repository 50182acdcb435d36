"""QuantizeLinear, DequantizeLinear and Cast: the borders between real numbers and integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import onnx

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.quantizer_checks import checked_scale, checked_zero_point
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.quantizer_sources import from_quantize_linear
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.element_types import NARROW, integer_interval
from hwcompile.frontends.symbolic.integer_arithmetic import held
from hwcompile.frontends.symbolic.integer_ends import close_whole
from hwcompile.frontends.symbolic.pending import append, common_shape, lazy_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.spreading import spread
from hwcompile.frontends.symbolic.values import (
    Constant,
    Failed,
    HostValue,
    Lazy,
    QuantizedConstant,
    Stream,
    Value,
    constant_of,
    shape_of,
)
from hwcompile.ir.types import IntType
from hwcompile_runtime.chain import Chain, Dequantize, FloatOp, Integers
from hwcompile_runtime.integer_types import LIMITS

Inputs = Sequence[Value | None]


def linear_parameters(
    node: SourceNode, shape: tuple[int, ...], scale: Value | None, zero: Value | None
) -> tuple[Array, Array, np.dtype[np.generic] | None]:
    """Scale and zero point broadcast against a tensor, and the zero point's type.

    Raises:
        CompileError: HW0217 when they are no constants, HW0218 for a shape that means nothing.
    """
    steps = constant_of(scale)
    zeros = constant_of(zero) if zero is not None else None
    if steps is None or (zero is not None and zeros is None):
        raise fail(
            "HW0217",
            f"scale or zero point of this {node.op_type} is no constant",
            "hardware needs to know it when it is built",
            "use static quantization",
            node.origin,
        )
    if steps.dtype != np.float32:
        raise fail(
            "HW0219",
            f"the scale of this {node.op_type} is {steps.dtype.name}",
            "real numbers are computed in float32, and other types round differently",
            "convert the model to float32",
            node.origin,
        )
    dtype = zeros.dtype if zeros is not None else None
    offsets = np.zeros(1, dtype=np.int64) if zeros is None else zeros.astype(np.int64)
    axis = int(node.attributes.get("axis", 1))
    return _along(node, shape, steps, axis), _along(node, shape, offsets, axis), dtype


def _along(node: SourceNode, shape: tuple[int, ...], constant: Array, axis: int) -> Array:
    if constant.size == 1:
        return constant.reshape(())
    block = int(node.attributes.get("block_size", 0))
    if block and constant.ndim == len(shape):
        wanted = tuple(-(-n // block) if i == axis % len(shape) else n for i, n in enumerate(shape))
        if constant.shape != wanted:
            raise fail(
                "HW0204",
                f"the scales of this {node.op_type} have shape {list(constant.shape)}",
                f"blocks of {block} elements of a tensor of shape {list(shape)} have the shape "
                f"{list(wanted)}",
                "check the attributes axis and block_size",
                node.origin,
            )
        spread = np.repeat(constant, block, axis=axis)
        return spread.take(np.arange(shape[axis]), axis=axis)
    if constant.ndim != 1:
        raise fail(
            "HW0218",
            f"this {node.op_type} has scales of shape {list(constant.shape)}, and no block_size",
            "scales are one number, one for each entry of an axis, or one for each block of one",
            "say block_size, or quantize per tensor or per channel",
            node.origin,
        )
    if not -len(shape) <= axis < len(shape):
        raise fail(
            "HW0204",
            f"this {node.op_type} has scales along axis {axis} of a tensor of shape {list(shape)}",
            "there is no such axis",
            "check the attribute axis; one scale for the whole tensor needs none",
            node.origin,
        )
    axis %= len(shape)
    return constant.reshape([-1 if i == axis else 1 for i in range(len(shape))])


def _quantize_linear(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = inputs[0]
    assert value is not None
    zero = inputs[2] if len(inputs) > 2 else None
    scale, offset, dtype = linear_parameters(node, shape_of(value), inputs[1], zero)
    if dtype is None:
        wish = int(node.attributes.get("output_dtype", 0))
        dtype = np.dtype(np.uint8)
        if wish:
            dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(wish))
    element = integer_interval(dtype, node)
    (steps, zeros), row_of = spread(shape_of(value), [scale, offset], node)
    quantizer = from_quantize_linear(steps, zeros, element.low, element.high, node.origin)
    return [quantize(ctx, value, Quantization(quantizer, row_of, True, dtype), node)]


def _dequantize_linear(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = inputs[0]
    assert value is not None
    zero = inputs[2] if len(inputs) > 2 else None
    shape = shape_of(value)
    scale, offset, _ = linear_parameters(node, shape, inputs[1], zero)
    array = constant_of(value)
    checked_scale(scale, node.origin, positive=array is None)
    checked_zero_point(offset, node.origin)
    if common_shape(node, shape, scale.shape, offset.shape) != shape:
        raise fail(
            "HW0204",
            f"the scales of this {node.op_type} do not fit a tensor of shape {list(shape)}",
            "",
            "check the attribute axis",
            node.origin,
        )
    if array is not None:
        return [
            QuantizedConstant(
                array.astype(np.int64),
                np.broadcast_to(scale.astype(np.float32), shape),
                np.broadcast_to(offset, shape),
            ).with_positive_scale()
        ]
    return [dequantized(lazy_of(value, node), scale, offset, node)]


def dequantized(
    lazy: Lazy | HostValue, scale: Array, offset: Array, node: SourceNode
) -> Lazy | HostValue:
    """Real numbers of an integer tensor; scale and offset broadcast against it."""
    if lazy.dtype.kind == "f":
        raise fail(
            "HW0204",
            f"this {node.op_type} dequantizes a tensor of {lazy.dtype.name}",
            "it takes integers",
            "insert a QuantizeLinear in front of it",
            node.origin,
        )
    if isinstance(lazy, Stream) and isinstance(lazy.chain.start, Integers) and not lazy.chain.ops:
        (steps, zeros), row_of = spread(lazy.shape, [scale, offset], node)
        start = Dequantize(steps.astype(np.float32), zeros)
        chain = Chain(start if row_of is None else start.select(row_of))
        return Stream(lazy.value, lazy.index, chain, np.dtype(np.float32), lazy.fill)
    lazy = as_float(lazy)
    lazy = append(lazy, "sub", node, (offset,))
    return append(lazy, "mul", node, (scale,))


def as_float(value: Lazy | HostValue) -> Lazy | HostValue:
    """The same whole numbers as float32."""
    op = FloatOp("cast", attributes={"to": "float32"})
    return value.then(op, np.dtype(np.float32))


def _cast(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    target = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(int(node.attributes["to"])))
    return _cast_to(ctx, node, inputs[0], target)


def _cast_like(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """A Cast to the element type of the second operand."""
    like = inputs[1]
    assert like is not None
    assert not isinstance(like, Failed)
    array = constant_of(inputs[0])
    if array is not None:
        return [Constant(array.astype(like.dtype))]
    return _cast_to(ctx, node, inputs[0], np.dtype(like.dtype))


def _cast_to(
    ctx: Context, node: SourceNode, operand: Value | None, target: np.dtype[np.generic]
) -> list[Value]:
    value = lazy_of(operand, node)
    if target.kind == "f" and target != np.float32:
        raise fail(
            "HW0219",
            f"a cast to {target.name} is not supported",
            "real numbers are computed in float32, as the rest of the model does",
            "convert the model to float32",
            node.origin,
        )
    if target.kind == "f" and value.dtype.kind == "f":
        return [replace(value, dtype=target)]
    if target.kind == "f":
        plain = isinstance(value, Stream) and isinstance(value.chain.start, Integers)
        if plain and isinstance(value, Stream) and not value.chain.ops:
            one = Chain(Dequantize(np.ones(1, dtype=np.float32)))
            return [Stream(value.value, value.index, one, np.dtype(np.float32), value.fill)]
        return [as_float(value)]
    if target.kind not in "iub" or target.name not in ("bool", *LIMITS):
        raise fail(
            "HW0219",
            f"a cast to {target.name} is not supported",
            "",
            "cast to float, or to an integer type",
            node.origin,
        )
    return [_cast_to_integer(ctx, value, target, node)]


def _cast_to_integer(
    ctx: Context, value: Stream | Value, target: np.dtype[np.generic], node: SourceNode
) -> Value:
    lazy = lazy_of(value, node)
    unchanged = isinstance(lazy, Stream) and isinstance(lazy.chain.start, Integers)
    if isinstance(lazy, Stream) and not lazy.chain.ops and (unchanged or _is_plain(lazy.chain)):
        limits = NARROW[target.name] if target.name in NARROW else LIMITS[target.name]
        element = ctx.type(lazy.value).element
        if limits[0] <= element.low and element.high <= limits[1] and not lazy.raw:
            return Stream(lazy.value, lazy.index, Chain(Integers()), target, lazy.fill)
    result = lazy
    if target.kind == "b" or lazy.dtype.kind not in "iub":
        result = lazy.then(FloatOp("cast", attributes={"to": target.name}), target)
    else:
        result = held(ctx, replace(lazy, dtype=target), node)
    if target.name in NARROW and not isinstance(result, HostValue):
        return close_whole(ctx, result, IntType(*NARROW[target.name]), target, node)
    return result


def _is_plain(chain: Chain) -> bool:
    start = chain.start
    return isinstance(start, Dequantize) and bool(
        np.all(start.scale == 1) and np.all(start.zero_point == 0)
    )


HANDLERS = {
    "QuantizeLinear": Operator(_quantize_linear, folds=False),
    "DequantizeLinear": Operator(_dequantize_linear, folds=False),
    "Cast": Operator(_cast),
    "CastLike": Operator(_cast_like),
}
