"""Element-wise operators of ONNX: they only append to what is pending."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.dialect import Handler
from hwcompile.frontends.symbolic.elementwise import Inputs, binary, required_constant, rounding
from hwcompile.frontends.symbolic.integer_arithmetic import (
    check_shift,
    held,
)
from hwcompile.frontends.symbolic.integer_ends import close_if_whole
from hwcompile.frontends.symbolic.pending import (
    append,
    common_shape,
    lazy_of,
)
from hwcompile.frontends.symbolic.values import Value


def unary(
    ctx: Context, node: SourceNode, inputs: Inputs, kind: str, names: tuple[str, ...] = ()
) -> list[Value]:
    """One operand; `names` are ONNX attributes that the operation knows."""
    given = {n: _plain(node.attributes[n]) for n in names if n in node.attributes}
    return [held(ctx, append(lazy_of(inputs[0], node), kind, node, **given), node)]


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, float | int) else value


def _prelu(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    slope = required_constant(inputs, 1, node)
    value = lazy_of(inputs[0], node)
    if common_shape(node, value.shape, slope.shape) != value.shape:
        raise fail(
            "HW0204",
            f"slopes of shape {list(slope.shape)} do not fit a tensor of shape {list(value.shape)}",
            "a PRelu has a slope for each element, or fewer that are repeated over it",
            "give them the shape (channels, 1, 1) for one slope per channel",
            node.origin,
        )
    return [held(ctx, append(value, "prelu", node, (slope,)), node)]


def _clip(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    low = _bound(node, inputs, 1, "min")
    high = _bound(node, inputs, 2, "max")
    if low is not None and high is not None:
        value = append(value, "clip", node, (low, high))
    elif low is not None:
        value = append(value, "max", node, (low,))
    elif high is not None:
        value = append(value, "min", node, (high,))
    return [close_if_whole(ctx, value, node)]


def _bound(node: SourceNode, inputs: Inputs, position: int, name: str) -> Array | None:
    if name in node.attributes:
        return np.array(node.attributes[name], dtype=np.float32)
    if position >= len(inputs) or inputs[position] is None:
        return None
    array = required_constant(inputs, position, node)
    if array.size != 1:
        raise fail(
            "HW0107",
            f"this {node.op_type} is not legal ONNX",
            f"its {name} has shape {list(array.shape)} and must be one number",
            "use Max and Min for a bound per channel",
            node.origin,
        )
    return array.reshape(())


def _batch_norm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    if node.attributes.get("training_mode", 0):
        raise fail(
            "HW0201",
            "this BatchNormalization is in training mode",
            "its mean and variance change with every batch",
            "export the model in evaluation mode (model.eval())",
            node.origin,
        )
    axis = 1 if len(value.shape) > 1 else 0
    shape = [-1 if i == axis else 1 for i in range(len(value.shape))]
    constants = tuple(required_constant(inputs, i, node).reshape(shape) for i in range(1, 5))
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    return [append(value, "batch_norm", node, constants, epsilon=epsilon)]


def _sum(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    return binary(ctx, node, inputs, "add")


def _mean(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    (total,) = _sum(ctx, node, inputs)
    return [append(lazy_of(total, node), "div", node, (np.array([len(inputs)]),))]


def _swish(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    default = 1.702 if node.op_type == "QuickGelu" else 1.0
    alpha = float(node.attributes.get("alpha", default))
    return [append(lazy_of(inputs[0], node), "silu", node, alpha=alpha)]


def _fast_gelu(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    if len(inputs) > 1 and inputs[1] is not None:
        value = append(value, "add", node, (required_constant(inputs, 1, node),))
    if node.op_type == "FastGelu":
        return [append(value, "gelu", node, approximate="tanh")]
    return [append(value, "gelu", node)]


def _bit_shift(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    kind = "shift_left" if node.attributes.get("direction") == "LEFT" else "shift_right"
    value, steps = lazy_of(inputs[0], node), required_constant(inputs, 1, node)
    check_shift(node, value.dtype, steps)
    return [held(ctx, append(value, kind, node, (steps,)), node)]


_BINARY = {"Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div", "Pow": "pow", "Min": "min",
           "Max": "max"}  # fmt: skip
_ROUNDING = {"Floor": "floor", "Ceil": "ceil", "Round": "round"}
_UNARY: dict[str, tuple[str, tuple[str, ...]]] = {
    "Relu": ("relu", ()),
    "LeakyRelu": ("leaky_relu", ("alpha",)),
    "ThresholdedRelu": ("thresholded_relu", ("alpha",)),
    "HardSigmoid": ("hard_sigmoid", ("alpha", "beta")),
    "HardSwish": ("hard_swish", ()),
    "Sigmoid": ("sigmoid", ()),
    "Tanh": ("tanh", ()),
    "Elu": ("elu", ("alpha",)),
    "Selu": ("selu", ("alpha", "gamma")),
    "Celu": ("celu", ("alpha",)),
    "Gelu": ("gelu", ("approximate",)),
    "Softplus": ("softplus", ()),
    "Softsign": ("softsign", ()),
    "Erf": ("erf", ()),
    "Exp": ("exp", ()),
    "Log": ("log", ()),
    "Mish": ("mish", ()),
    "Neg": ("neg", ()),
    "Abs": ("abs", ()),
    "Sqrt": ("sqrt", ()),
    "Reciprocal": ("reciprocal", ()),
    "Sign": ("sign", ()),
    "Shrink": ("shrink", ("lambd", "bias")),
    **{
        name: (name.lower(), ())
        for name in (
            "Acos",
            "Acosh",
            "Asin",
            "Asinh",
            "Atan",
            "Atanh",
            "Cos",
            "Cosh",
            "Sin",
            "Sinh",
            "Tan",
        )
    },
}


def _table() -> dict[str, Operator]:
    handlers: dict[str, Handler] = {n: partial(binary, kind=k) for n, k in _BINARY.items()}
    handlers |= {n: partial(rounding, kind=k) for n, k in _ROUNDING.items()}
    handlers |= {n: partial(unary, kind=k, names=a) for n, (k, a) in _UNARY.items()}
    handlers |= {
        "PRelu": _prelu,
        "Clip": _clip,
        "BatchNormalization": _batch_norm,
        "Sum": _sum,
        "Mean": _mean,
        "Swish": _swish,
        "QuickGelu": _swish,
        "FastGelu": _fast_gelu,
        "BiasGelu": _fast_gelu,
        "BitShift": _bit_shift,
    }
    return {name: Operator(handler) for name, handler in handlers.items()}


HANDLERS = _table()
