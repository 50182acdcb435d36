"""ArgMax, TopK and Softmax: the ends of classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.ranking import (
    negated,
    on_host,
    ranked,
    same_rising_function,
)
from hwcompile.frontends.symbolic.rows import softmax_stream
from hwcompile.frontends.symbolic.values import (
    Bundle,
    HostValue,
    Lazy,
    Pair,
    Stream,
    Value,
    constant_of,
)
from hwcompile_runtime.chain import FloatOp

Inputs = Sequence[Value | None]


def _softmax(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    kind = "softmax" if node.op_type == "Softmax" else "log_softmax"
    rank = len(value.shape)
    shape, axis = value.shape, int(node.attributes.get("axis", -1))
    if ctx.model.version < 13:
        # Before opset 13 the tensor counts as a matrix, split at the axis.
        split = int(node.attributes.get("axis", 1)) % rank
        shape, axis = (int(np.prod(shape[:split])), int(np.prod(shape[split:]))), 1
    result = on_host(value, kind, value.shape, value.dtype, shape=list(shape), axis=axis)
    if kind == "log_softmax":
        return [result]
    return [replace(result, inside=partial(softmax_stream, ctx, value, shape, axis, node))]


def _ranking(
    ctx: Context, value: Lazy | HostValue, smallest: bool, node: SourceNode
) -> tuple[Lazy | HostValue, bool]:
    """What is to be ranked, largest first, and whether its integers are in that order."""
    rises = isinstance(value, Stream) and same_rising_function(ctx, value)
    if not smallest:
        return value, rises
    if isinstance(value, Stream) and rises:
        return negated(ctx, value, node), True
    return append(value, "neg", node), False


def _arg_max(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """Of equal numbers the first; in the other direction, it is the last."""
    value = lazy_of(inputs[0], node)
    axis = int(node.attributes.get("axis", 0)) % len(value.shape)
    last = bool(node.attributes.get("select_last_index", 0))
    value, rises = _ranking(ctx, value, node.op_type == "ArgMin", node)
    if last:
        value = value.moved(lambda a, fill: np.flip(a, axis=axis))
    shape = tuple(1 if a == axis else n for a, n in enumerate(value.shape))
    keep = bool(node.attributes.get("keepdims", 1))
    result: Stream | HostValue
    if isinstance(value, Stream) and rises:
        result = ranked(ctx, value, axis, 1, "index", node)
    else:
        size = list(value.shape)
        result = on_host(value, "argmax", shape, np.dtype(np.int64), shape=size, axis=axis)
    if last:
        result = result.then(FloatOp("rsub", (np.array([value.shape[axis] - 1]),)))
    if not keep:
        result = result.moved(lambda a, fill: np.squeeze(a, axis=axis))
    return [result]


def _top_k(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value = lazy_of(inputs[0], node)
    count = constant_of(inputs[1]) if len(inputs) > 1 else np.array([node.attributes.get("k", 1)])
    if count is None:
        raise fail(
            "HW0201",
            "this TopK looks for a number of entries that is no constant",
            "hardware is built for one fixed shape",
            "use a constant k",
            node.origin,
        )
    smallest = not int(node.attributes.get("largest", 1))
    value, rises = _ranking(ctx, value, smallest, node)
    k = int(count.reshape(-1)[0])
    if k > 1 and not int(node.attributes.get("sorted", 1)):
        raise fail(
            "HW0201",
            "this TopK gives its entries in any order",
            "executors differ in the order, so there is nothing to be equal to",
            "use sorted=1",
            node.origin,
        )
    axis = int(node.attributes.get("axis", -1)) % len(value.shape)
    if not 1 <= k <= value.shape[axis]:
        raise fail(
            "HW0204",
            f"this TopK looks for {k} of {value.shape[axis]} entries",
            "",
            f"use a k from 1 to {value.shape[axis]}",
            node.origin,
        )
    if isinstance(value, Stream) and rises:
        return [
            ranked(ctx, value, axis, k, result, node) if used else value
            for result, used in zip(("value", "index"), _used(node), strict=True)
        ]
    assert isinstance(value, Stream | Pair | Bundle | HostValue)
    shape = tuple(k if a == axis else n for a, n in enumerate(value.shape))
    size = list(value.shape)
    numbers, places = (
        on_host(value, "topk", shape, dtype, shape=size, axis=axis, k=k, result=result)
        for result, dtype in (("value", value.dtype), ("index", np.dtype(np.int64)))
    )
    return [numbers.then(FloatOp("neg")) if smallest else numbers, places]


def _used(node: SourceNode) -> tuple[bool, bool]:
    outputs = (*node.outputs, "")
    return bool(outputs[0]), bool(outputs[1])


HANDLERS = {
    "Softmax": Operator(_softmax),
    "LogSoftmax": Operator(_softmax),
    "ArgMax": Operator(_arg_max),
    "ArgMin": Operator(_arg_max),
    "TopK": Operator(_top_k),
}
