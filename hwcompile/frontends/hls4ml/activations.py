"""Activations of one element: `nnet_activation.h`, function by function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hwcompile.frontends.hls4ml import tables
from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Linear, Product
from hwcompile.ops.threshold.op import Threshold

REACH = {"sigmoid": 8, "tanh": 4, "softplus": 8, "softsign": 8}
"""Tables cover inputs from minus this to this."""


def activation(ctx: Lowering) -> None:
    """The function that the layer names.

    Raises:
        CompileError: HW0290 for one that is not known.
    """
    name = str(ctx.node.get_attr("activation")).lower()
    if name not in FUNCTIONS:
        raise ctx.refuse(
            "HW0290",
            f"there is no hardware for the activation '{name}'",
            "its C++ has no counterpart here yet",
            f"one of {', '.join(sorted(FUNCTIONS))}",
        )
    FUNCTIONS[name](ctx, ctx.source())


def positive_part(ctx: Lowering, source: Fixed, result: Format) -> str:
    """`x > 0 ? x : 0`, assigned to the result."""
    cast, element = result.cast(source.fraction), ctx.element(source.value)
    top = max(element.high, 0)
    inside = not cast.overflows(IntType(0, top))
    if result.overflow == "saturate" or inside:
        low = np.maximum(cast.low, 0)
        return ctx.adjusted(source.value, replace(cast, low=low, overflow="saturate"))
    return ctx.adjusted(ctx.limited(source.value, low=0), cast)


def negative_part(ctx: Lowering, source: Fixed) -> Fixed:
    """`x < 0 ? x : 0`."""
    return replace(source, value=ctx.limited(source.value, high=0))


def _linear(ctx: Lowering, source: Fixed) -> None:
    result = ctx.result_format()
    ctx.finish(ctx.assigned(source.value, source.fraction, result), result)


def _relu(ctx: Lowering, source: Fixed) -> None:
    result = ctx.result_format()
    ctx.finish(positive_part(ctx, source, result), result)


def _relu_up_to(limit: int) -> Callable[[Lowering, Fixed], None]:
    def relu_max(ctx: Lowering, source: Fixed) -> None:
        """`nnet::relu_max`: the limit is an integer, assigned to the result like any number."""
        result = ctx.result_format()
        digits = max(source.fraction, 0)
        value = ctx.scaled(source.value, 1 << (digits - source.fraction))
        value = ctx.limited(value, low=0, high=limit << digits)
        ctx.finish(ctx.assigned(value, digits, result), result)

    return relu_max


def _by_table(name: str) -> Callable[[Lowering, Fixed], None]:
    def lowered(ctx: Lowering, source: Fixed) -> None:
        size, result = int(ctx.node.get_attr("table_size")), ctx.result_format()
        ctx.finish(tabled(ctx, source, name, size, ctx.format("table_t"), result), result)

    return lowered


def tabled(
    ctx: Lowering, source: Fixed, name: str, size: int, table: Format, result: Format
) -> str:
    """A function of `tables.FUNCTIONS` at `int(x * N / (2 * reach)) + N / 2`, in the table.

    Args:
        ctx: The layer.
        source: x.
        name: Of the function.
        size: N.
        table: Format of the entries.
        result: What they are assigned to.
    """
    index = table_index(ctx, source, size, 2 * REACH[name], -(size // 2), size - 1)
    entries = table.of_reals(tables.FUNCTIONS[name](size))
    entries = result.of_integers(entries, table.fraction)
    return ctx.looked_up(index, lambda i: entries[i + size // 2])


def table_index(
    ctx: Lowering, source: Fixed, size: int, span: int, low: int, last: int, sign: int = 1
) -> str:
    """`int(x * size / span)`, towards zero, from `low` to `last + low`."""
    factor, shift = size * sign, source.fraction + span.bit_length() - 1
    whole = np.zeros(1, dtype=np.int64)
    if factor > 0 and factor & (factor - 1) == 0:
        shift, factor = shift - (factor.bit_length() - 1), 1
    value = ctx.scaled(source.value, factor)
    left, right = max(-shift, 0), max(shift, 0)
    cast = Cast(
        left, right, whole, whole + right, whole + low, whole + low + last, "zero", "saturate"
    )
    return ctx.adjusted(value, cast)


def _hard_sigmoid(ctx: Lowering, source: Fixed) -> None:
    result = ctx.result_format()
    value, fraction = _clipped_line(ctx, source)
    ctx.finish(ctx.assigned(value, fraction, result), result)


def _hard_tanh(ctx: Lowering, source: Fixed) -> None:
    result = ctx.result_format()
    value, fraction = _clipped_line(ctx, source)
    ctx.finish(ctx.assigned(ctx.scaled(value, 2, -(1 << fraction)), fraction, result), result)


def _clipped_line(ctx: Lowering, source: Fixed) -> tuple[str, int]:
    """`slope * x + shift` in its full width, limited to [0, 1]."""
    slope, shift = ctx.format("slope_t"), ctx.format("shift_t")
    factor = int(slope.of_reals(np.array([ctx.node.get_attr("slope")]))[0])
    offset = int(shift.of_reals(np.array([ctx.node.get_attr("shift")]))[0])
    line = source.fraction + slope.fraction
    fraction = max(line, shift.fraction, 0)
    value = ctx.scaled(
        source.value, factor << (fraction - line), offset << (fraction - shift.fraction)
    )
    return ctx.limited(value, 0, 1 << fraction), fraction


def two_sided(ctx: Lowering, source: Fixed, result: Format, negative: str) -> None:
    """The assigned positive part of x plus `negative`, which is 0 where x is positive."""
    positive = positive_part(ctx, source, result)
    ctx.finish(ctx.emit(Linear((1, 1), 0), positive, negative), result)


def _leaky_relu(ctx: Lowering, source: Fixed) -> None:
    result, slope = ctx.result_format(), ctx.format("param_t")
    factor = int(slope.of_reals(np.array([float(ctx.node.get_attr("activ_param", 1.0))]))[0])
    falling = ctx.scaled(negative_part(ctx, source).value, factor)
    assigned = ctx.assigned(falling, source.fraction + slope.fraction, result)
    two_sided(ctx, source, result, assigned)


def prelu(ctx: Lowering) -> None:
    """`nnet::prelu`: a slope for each element."""
    source, result, slopes = ctx.source(), ctx.result_format(), ctx.constants("param")
    kind, size = ctx.kind(source.value), slopes.values.size
    shape = kind.shape if size == kind.channels else (1, 1, kind.size)
    rows = np.broadcast_to(slopes.values.reshape(-1), (shape[2],)) if size == 1 else slopes.values
    weights = rows.reshape(1, -1)
    flat = ctx.shaped(negative_part(ctx, source).value, shape)
    falling = ctx.emit(Depthwise(np.ascontiguousarray(weights)), flat)
    assigned = ctx.assigned(falling, source.fraction + slopes.format.fraction, result)
    two_sided(ctx, source, result, ctx.shaped(assigned, kind.shape))


def _thresholded_relu(ctx: Lowering, source: Fixed) -> None:
    """`x > theta ? x : 0`."""
    result, form = ctx.result_format(), ctx.format("param_t")
    theta = int(form.of_reals(np.array([float(ctx.node.get_attr("activ_param", 1.0))]))[0])
    shift = source.fraction - form.fraction
    limit = theta << shift if shift >= 0 else theta >> -shift  # largest x that is not above
    kept = ctx.assigned(source.value, source.fraction, result)
    mask = ctx.emit(step(limit + 1), source.value)
    ctx.finish(ctx.emit(Product(), kept, mask), result)


def _elu(ctx: Lowering, source: Fixed) -> None:
    """`x >= 0 ? x : alpha * table[int(x * N / -8)]`; the first entry is 0."""
    if ctx.node.class_name == "ParametrizedActivation":
        form = ctx.format("param_t")
    else:
        form = Format(1, 1, False, whole=True)
    alpha = form.of_reals(np.array([float(ctx.node.get_attr("activ_param", 1.0))]))
    size, table = int(ctx.node.get_attr("table_size")), ctx.format("table_t")
    entries = table.of_reals(tables.elu(size)) * alpha
    _with_falling_table(ctx, source, size, entries, table.fraction + form.fraction)


def _selu(ctx: Lowering, source: Fixed) -> None:
    """Like `elu` with its own constants; the positive side is multiplied too.

    Its factor is an `ap_ufixed<16, 1>`, and in a stream a number of the input's format.
    """
    size, table = int(ctx.node.get_attr("table_size")), ctx.format("table_t")
    result = ctx.result_format()
    factor = source.format if ctx.stream else Format(16, 1, False)
    scale = int(factor.of_reals(np.array([1.0507009873554805]))[0])
    positive = ctx.scaled(ctx.limited(source.value, low=0), scale)
    rising = ctx.assigned(positive, source.fraction + factor.fraction, result)
    entries = result.of_integers(table.of_reals(tables.selu(size)), table.fraction)
    index = table_index(ctx, negative_part(ctx, source), size, 8, 0, size - 1, sign=-1)
    falling = ctx.looked_up(index, lambda i: entries[i])
    ctx.finish(ctx.emit(Linear((1, 1), 0), rising, falling), result)


def _with_falling_table(
    ctx: Lowering, source: Fixed, size: int, entries: IntArray, fraction: int
) -> None:
    result = ctx.result_format()
    assigned = result.of_integers(entries, fraction)
    index = table_index(ctx, negative_part(ctx, source), size, 8, 0, size - 1, sign=-1)
    two_sided(ctx, source, result, ctx.looked_up(index, lambda i: assigned[i]))


def _binary_tanh(ctx: Lowering, source: Fixed) -> None:
    """-1 or +1 assigned to the result; to a single bit, 0 or 1."""
    result = ctx.result_format()
    ends = np.array([-1, 1], dtype=np.int64)
    low, high = (0, 1) if result.is_bit else result.of_integers(ends, 0).tolist()
    bit = ctx.emit(step(0), source.value)
    ctx.finish(ctx.scaled(bit, high - low, low), result)


def ternary_tanh(ctx: Lowering) -> None:
    """`2 * x` in the input's format, in a stream `x`; above 1, above -1, or not."""
    source, result = ctx.source(), ctx.result_format()
    doubled = ctx.assigned(source.value, source.fraction - (not ctx.stream), source.format)
    digits = max(source.fraction, 0)
    doubled, one = ctx.scaled(doubled, 1 << (digits - source.fraction)), 1 << digits
    levels = result.of_integers(np.array([-1, 0, 1], dtype=np.int64), 0)
    value = ctx.emit(steps((-one + 1, one + 1)), doubled)
    ctx.finish(ctx.looked_up(value, lambda i: levels[i]), result)


def step(first: int) -> Threshold:
    """1 from `first` on, 0 below."""
    return steps((first,))


def steps(firsts: tuple[int, ...]) -> Threshold:
    """How many of these integers an element reaches."""
    one = np.ones(1, dtype=np.int64)
    return Threshold(np.array([firsts], dtype=np.int64), one - 1, one, IntType(0, len(firsts)))


FUNCTIONS: dict[str, Callable[[Lowering, Fixed], None]] = {
    "linear": _linear,
    "relu": _relu,
    "relu1": _relu_up_to(1),
    "relu6": _relu_up_to(6),
    "sigmoid": _by_table("sigmoid"),
    "tanh": _by_table("tanh"),
    "softplus": _by_table("softplus"),
    "softsign": _by_table("softsign"),
    "hard_sigmoid": _hard_sigmoid,
    "hard_tanh": _hard_tanh,
    "leakyrelu": _leaky_relu,
    "leaky_relu": _leaky_relu,
    "thresholdedrelu": _thresholded_relu,
    "thresholded_relu": _thresholded_relu,
    "elu": _elu,
    "selu": _selu,
    "binary_tanh": _binary_tanh,
}

HANDLERS = {
    "Activation": activation,
    "ParametrizedActivation": activation,
    "HardActivation": activation,
    "PReLU": prelu,
    "TernaryTanh": ternary_tanh,
}
