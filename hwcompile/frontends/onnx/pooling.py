"""MaxPool, AveragePool and reductions of ONNX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.onnx.dialect.operator import Operator
from hwcompile.frontends.onnx.windows import window_of
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import meeting
from hwcompile.frontends.symbolic.integer_arithmetic import held
from hwcompile.frontends.symbolic.linear import (
    Window,
    feature_stream,
)
from hwcompile.frontends.symbolic.moving import moved
from hwcompile.frontends.symbolic.pending import append, lazy_of
from hwcompile.frontends.symbolic.pooling import (
    average,
    divisors,
    max_over,
    max_pool,
    sum_over,
    sum_pool,
    summed,
    whole_window,
)
from hwcompile.frontends.symbolic.pure import one_stream_of, pure_stream
from hwcompile.frontends.symbolic.values import (
    HostValue,
    Lazy,
    Move,
    Stream,
    Value,
    constant_of,
    shape_of,
)

Inputs = Sequence[Value | None]
Axes = tuple[int, ...]
Waiting = Lazy | HostValue
LONGEST = 1 << 20
"""Taps of a pool along an axis; more are a damaged file's."""


def rounded_up(window: Window, size: Sequence[int]) -> Window:
    """The window with `end` grown (or shrunk) so that ceil_mode's last outputs exist."""
    end = []
    for i, length in enumerate(size):
        extent = (window.kernel[i] - 1) * window.dilations[i] + 1
        padded = length + window.begin[i] + window.end[i]
        outputs = -(-(padded - extent) // window.strides[i]) + 1
        # ONNX ignores windows that would start inside the padding behind the map.
        if (outputs - 1) * window.strides[i] >= length + window.begin[i]:
            outputs -= 1
        needed = (outputs - 1) * window.strides[i] + extent - length - window.begin[i]
        end.append(max(needed, 0))
    return replace(window, end=tuple(end))


def _window(node: SourceNode, stream: Stream) -> Window:
    kernel = tuple(node.attributes.get("kernel_shape", ()))
    if max(kernel, default=0) > LONGEST:
        raise fail(
            "HW0234",
            f"this {node.op_type} has impossible strides, dilations, kernel or pads",
            f"a kernel of {max(kernel):,} is longer than any map that is built",
            "check its kernel_shape",
            node.origin,
        )
    window = window_of(node, kernel, stream.shape[2:])
    _check_padding(node, window)
    if int(node.attributes.get("ceil_mode", 0)):
        window = rounded_up(window, stream.shape[2:])
    return window


def _check_padding(node: SourceNode, window: Window) -> None:
    """Padding that the node does not spell out, around taps that do not touch.

    Raises:
        CompileError: HW0265, because executors make it of different sizes.
    """
    spread = any(d > 1 and k > 1 for d, k in zip(window.dilations, window.kernel, strict=True))
    if spread and str(node.attributes.get("auto_pad", "NOTSET")).startswith("SAME"):
        raise fail(
            "HW0265",
            f"this {node.op_type} has dilations and auto_pad={node.attributes['auto_pad']}",
            "ONNX pads for the dilated kernel, and ONNX Runtime for the kernel itself",
            "export the model with explicit pads",
            node.origin,
        )


def _max_pool(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    if len(node.outputs) > 1 and node.outputs[1]:
        raise fail(
            "HW0201",
            "the indices of this MaxPool are used",
            "hardware computes the maxima only",
            "remove the second output (unpooling is not supported)",
            node.origin,
        )
    stream = feature_stream(one_stream_of(ctx, inputs[0], node), node)
    return [max_pool(ctx, stream, _window(node, stream), node)]


def average_pool(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """AveragePool: the exact sum, divided by how many elements each window holds."""
    pure = pure_stream(ctx, inputs[0], node)
    stream = feature_stream(pure.stream, node)
    plain = window_of(node, tuple(node.attributes["kernel_shape"]), stream.shape[2:])
    window = _window(node, stream)
    include = bool(node.attributes.get("count_include_pad", 0))
    divisor = divisors(plain, window, stream.shape[2:], include)
    return [average(ctx, replace(pure, stream=stream), window, divisor, node)]


def global_average(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """GlobalAveragePool: the exact sum over the map, divided by its size."""
    pure = pure_stream(ctx, inputs[0], node)
    feature_stream(pure.stream, node)
    count = np.float32(np.prod(pure.stream.shape[2:]))
    return [average(ctx, pure, whole_window(pure.stream), np.array([[count]])[0], node)]


def _lp_pool(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """The p-norm of each window, p = 1 or 2; padding adds nothing."""
    p = int(node.attributes.get("p", 2))
    if p not in (1, 2):
        raise fail(
            "HW0201",
            f"this {node.op_type} takes the {p}-norm of its windows",
            "sums of higher powers are wider than float32 numbers",
            "p=1 or p=2",
            node.origin,
        )
    value = lazy_of(inputs[0], node)
    powers = append(value, "abs", node) if p == 1 else _square(value, node)
    pure = pure_stream(ctx, powers, node)
    stream = feature_stream(pure.stream, node)
    window = whole_window(stream) if node.op_type == "GlobalLpPool" else _window(node, stream)
    total = sum_pool(ctx, replace(pure, stream=stream), window, node)
    return [total if p == 1 else append(total, "sqrt", node)]


def _global_max(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    stream = feature_stream(one_stream_of(ctx, inputs[0], node), node)
    return [max_pool(ctx, stream, whole_window(stream), node)]


def _reduced_axes(node: SourceNode, inputs: Inputs) -> tuple[int, ...]:
    assert inputs[0] is not None
    rank = len(shape_of(inputs[0]))
    axes = node.attributes.get("axes")
    if axes is None and len(inputs) > 1 and inputs[1] is not None:
        array = constant_of(inputs[1])
        if array is None:
            raise fail(
                "HW0203",
                f"the axes of this {node.op_type} are computed while the network runs",
                "hardware is built for one fixed shape",
                "export the model with fixed axes, or simplify it with onnxsim",
                node.origin,
            )
        axes = array.reshape(-1).tolist()
    if not axes:
        return () if int(node.attributes.get("noop_with_empty_axes", 0)) else tuple(range(rank))
    return tuple(sorted(int(a) % rank for a in axes))


def _reduce(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    axes = _reduced_axes(node, inputs)
    if not axes and node.op_type in ("ReduceMax", "ReduceMin", "ReduceMean", "ReduceProd",
                                     "ReduceSum"):  # fmt: skip
        assert inputs[0] is not None
        return [inputs[0]]
    result = _REDUCTIONS[node.op_type](ctx, node, lazy_of(inputs[0], node), axes)
    if not int(node.attributes.get("keepdims", 1)):
        result = moved(result, lambda a, fill: np.squeeze(a, axis=axes), 0.0, node.origin)
    return [result]


def _maximum(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Stream:
    return max_over(ctx, one_stream_of(ctx, value, node), axes, node)


def _minimum(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Value:
    """The largest number with its sign changed."""
    return append(_maximum(ctx, node, append(value, "neg", node), axes), "neg", node)


def _sum(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Waiting:
    if not axes:
        return value
    pure = pure_stream(ctx, value, node)
    return summed(ctx, pure, sum_over(ctx, pure, axes, node), node)


def add_up(ctx: Context, node: SourceNode, value: Value, axes: Axes) -> Value:
    """Sums along axes, which are gone then: ReduceSum without `keepdims`."""
    found = _sum(ctx, node, lazy_of(value, node), axes)
    return moved(found, lambda a, fill: np.squeeze(a, axis=axes), 0.0, node.origin)


def _mean(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Value:
    count = np.prod([value.shape[a] for a in axes], dtype=np.int64)
    return append(_sum(ctx, node, value, axes), "div", node, (np.array([count]),))


def _magnitudes(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Waiting:
    """L1."""
    return _sum(ctx, node, append(value, "abs", node), axes)


def _squares(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Waiting:
    return _sum(ctx, node, _square(value, node), axes)


def _square(value: Waiting, node: SourceNode) -> Waiting:
    return append(value, "pow", node, (np.array([2]),))


def _length(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Value:
    """L2."""
    return append(_squares(ctx, node, value, axes), "sqrt", node)


def _logarithm(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Value:
    return append(_sum(ctx, node, value, axes), "log", node)


def _product(ctx: Context, node: SourceNode, value: Waiting, axes: Axes) -> Value:
    """One factor after the other, as long as every product is exact."""
    rank = len(value.shape)
    rest = [a for a in range(rank) if a not in axes]
    shape = tuple(1 if a in axes else n for a, n in enumerate(value.shape))
    factors = int(np.prod([value.shape[a] for a in axes], dtype=np.int64))

    def factor(i: int) -> Move:
        return lambda a, fill: a.transpose(*axes, *rest).reshape(factors, -1)[i].reshape(shape)

    each = [moved(value, factor(i), 0.0, node.origin) for i in range(factors)]
    result: Value = each[0]
    for other in each[1:]:
        result = held(ctx, meeting(ctx, node, result, other, "mul"), node)
    return result


_REDUCTIONS: dict[str, Callable[[Context, SourceNode, Waiting, Axes], Value]] = {
    "ReduceL1": _magnitudes,
    "ReduceL2": _length,
    "ReduceLogSum": _logarithm,
    "ReduceMax": _maximum,
    "ReduceMean": _mean,
    "ReduceMin": _minimum,
    "ReduceProd": _product,
    "ReduceSum": _sum,
    "ReduceSumSquare": _squares,
}


HANDLERS = {
    "MaxPool": Operator(_max_pool),
    "AveragePool": Operator(average_pool),
    "GlobalAveragePool": Operator(global_average),
    "GlobalMaxPool": Operator(_global_max),
    "LpPool": Operator(_lp_pool),
    "GlobalLpPool": Operator(_lp_pool),
} | {name: Operator(_reduce) for name in _REDUCTIONS}
