"""Integer operators of PULP's toolchain that look at whole rows, and quotients of two tensors.

See `deeploy` for where their meaning comes from. Softmax follows I-BERT's polynomial, and
normalizations take an integer root; every division here is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.numbers.integer_functions import IntegerFunction, close_integers
from hwcompile.frontends.onnx.deeploy import (
    INT8,
    as_tensor,
    axis_of,
    dtype_of,
    level_count,
    limits,
    malformed,
    plain_stream,
    shift_of,
    whole_attribute,
    whole_numbers,
)
from hwcompile.frontends.onnx.dialect.operator import PACT_DOMAINS, Operator
from hwcompile.frontends.symbolic.arranging import inverse
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import required_constant
from hwcompile.frontends.symbolic.integer_ends import close_whole
from hwcompile.frontends.symbolic.meeting import common_order
from hwcompile.frontends.symbolic.pending import common_shape
from hwcompile.frontends.symbolic.quotients import Steps, floor_within, nearest_quotient
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.elementwise.op import Linear, Product
from hwcompile.ops.elementwise.ratios import SquareRoot
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.threshold.op import Threshold
from hwcompile_runtime.chain import Chain, FloatOp, Integers
from hwcompile_runtime.rows import integers

Inputs = Sequence[Value | None]


@dataclass(frozen=True, eq=False)
class IntegerRows:
    """The rows of a tensor, a pixel each.

    Attributes:
        steps: Where operations are appended.
        value: The IR value, (1, rows, size).
        size: Elements of a row.
        index: Where the tensor's elements stand in it.
    """

    steps: Steps
    value: str
    size: int
    index: IntArray

    def spread(self, role: str, value: str) -> str:
        """The only channel of every pixel, as often as a row has elements."""
        rows = self.steps.ctx.type(value).pixels
        places = np.arange(rows, dtype=np.int64).reshape(1, rows, 1)
        return self.steps.add(role, Gather(np.repeat(places, self.size, axis=2), 0), value)

    def part(self, role: str, first: int, size: int) -> IntegerRows:
        """So many elements of every row, from one on."""
        count = self.steps.ctx.type(self.value).pixels
        rows = np.arange(count, dtype=np.int64)[:, None] * self.size
        places = (rows + first + np.arange(size, dtype=np.int64))[None]
        found = self.steps.add(role, Gather(places, 0), self.value)
        return IntegerRows(self.steps, found, size, np.arange(count * size, dtype=np.int64))

    def reduced(self, role: str, kind: str, value: str) -> str:
        """The largest element of every row, or their sum."""
        return self.steps.add(role, Reduce(kind, self.size), value)

    def function(self, role: str, value: str, function: IntegerFunction) -> str:
        """Another function of every integer."""
        for op in close_integers(function, self.steps.element(value), self.steps.node.origin):
            value = self.steps.add(role, op, value)
        return value

    def multiplied(self, role: str, value: str, factors: IntArray) -> str:
        """A factor for each element of a row."""
        if np.all(factors == factors[0]):
            return self.steps.add(role, Linear((int(factors[0]),), 0), value)
        op = Conv(factors.reshape(-1, 1, 1, 1), self.size, (1, 1), (1, 1), (0, 0, 0, 0), 0)
        return self.steps.add(role, op, value)


def rows_along(ctx: Context, value: Value | None, axis: int, node: SourceNode) -> IntegerRows:
    """The rows of an operand along an axis.

    Raises:
        CompileError: HW0204 for an axis that it has not, and those of `plain_stream`.
    """
    stream = plain_stream(ctx, value, node)
    axis = axis_of(node, axis, stream.index.ndim)
    table = np.moveaxis(stream.index, axis, -1)
    size = table.shape[-1]
    arranged = ctx.arrange(stream.value, table.reshape(1, -1, size), int(stream.fill), node)
    places = np.arange(table.size, dtype=np.int64).reshape(table.shape)
    return IntegerRows(Steps(ctx, node), arranged, size, np.moveaxis(places, -1, axis))


def _finished(
    rows: IntegerRows, divided: tuple[str, int], element: IntType, value: Value | None
) -> list[Value]:
    """The quotients, clipped and moved to where they belong."""
    ctx, node = rows.steps.ctx, rows.steps.node
    quotients, low = divided
    clip = FloatOp("clip", (integers(0), integers(element.high - low)))
    ops = (clip, FloatOp("add", (integers(low),)))
    stream = Stream(quotients, rows.index, Chain(Integers(), ops), np.dtype(np.int64))
    return [close_whole(ctx, stream, element, dtype_of(value, element), node)]


def _softmax(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`floor(y * (n_levels - 1) / sum y)`, `Softmax_s8.c`, as numbers from 0 on.

    With x from the row's largest number down, z = -x // log2 and p = x + z * log2:
    `y = (coeffA * (p + coeffB)^2 + coeffC) >> z`, I-BERT's exponential (arXiv:2101.01321).
    """
    value = inputs[0]
    element = limits(node, signed=False)
    rows = rows_along(ctx, value, int(node.attributes.get("axis", -1)), node)
    steps = rows.steps
    largest = rows.spread("largest_of_row", rows.reduced("largest", "max", rows.value))
    distance = steps.add("distance", Linear((1, -1), 0), largest, rows.value)
    table = _exponentials(node, steps.element(distance).high)
    _check_exponentials(node, table, rows.size, element.high)

    def function(factor: int) -> IntegerFunction:
        return IntegerFunction(
            "exponential",
            lambda x, _: factor * table[np.maximum(x, 0)],
            (integers(0),),
            steps.element(distance),
            rises=False,
        )

    total = rows.reduced("sum", "sum", rows.function("exponentials", distance, function(1)))
    shares = rows.function("scaled", distance, function(element.high))
    # The largest element's exponential is in every sum.
    least, most, zero = table[:1], integers(steps.element(total).high), integers(0)
    total = steps.add("lifted", Cast(0, 0, zero, zero, least, most, "floor", "saturate"), total)
    divided = floor_within(steps, shares, rows.spread("sum_of_row", total), 0, element.high)
    return _finished(rows, divided, element, value)


def _exponentials(node: SourceNode, most: int) -> IntArray:
    """Of the distances 0 to `most`; int64 [most + 1]."""
    names = ("coeffA", "coeffB", "coeffC", "log2")
    a, b, c, log2 = (whole_attribute(node, n) for n in names)
    if log2 < 2:
        raise malformed(node, f"its log2 is {log2}", "Deeploy's kernel needs 2 or more")
    distance = np.arange(most + 1, dtype=np.int64)
    halvings = np.minimum(distance // log2, 31)
    rest = -distance + halvings * log2
    found: IntArray = (a * (rest + b) ** 2 + c) >> halvings
    return found


def _check_exponentials(node: SourceNode, table: IntArray, size: int, most: int) -> None:
    """Numbers that the kernel's 32 bits without a sign hold, the first one above 0."""
    largest = int(table.max(initial=0))
    if table.min() < 0 or table[0] < 1 or max(largest * most, largest * size) >= 2**32:
        raise malformed(
            node,
            f"its exponentials reach from {int(table.min())} to {largest}, and 32 bits without a "
            "sign hold no sum or product of them",
            "quantize its operand to larger steps",
        )


def _roots(rows: IntegerRows, value: str) -> str:
    """`floor(sqrt(sum(value^2) // size + 1))` of every row."""
    squares = rows.steps.add("squares", Product(), value, value)
    power = rows.reduced("power", "sum", squares)
    size = rows.size
    mean = IntegerFunction(
        "mean square",
        lambda x, _: np.maximum(x, 0) // size + 1,
        (integers(0),),
        rows.steps.element(power),
    )
    return rows.steps.add("root", SquareRoot(0), rows.function("mean_square", power, mean))


def _normalized(
    rows: IntegerRows, centered: str, weight: IntArray, bias: IntArray, shift: int, element: IntType
) -> tuple[str, int]:
    """`clip((trunc(centered * weight / root) + bias) >> shift)`.

    A quotient that drops its fraction is `floor((n + d - 1) / d)` of negative numbers n, so that
    all is one division: `floor((n + [n < 0] * (d - 1) + bias * d) / (d << shift))`.
    """
    steps = rows.steps
    root = rows.spread("root_of_row", _roots(rows, centered))
    numerator = rows.multiplied("weighted", centered, weight)
    if steps.element(numerator).low < 0:
        below = Threshold(np.zeros((1, 1), np.int64), np.ones(1, np.int64), -np.ones(1, np.int64),
                          IntType(0, 1))  # fmt: skip
        negative = steps.add("negative", below, numerator)
        most = steps.add("most", Linear((1,), -1), root)
        raised = steps.add("raised", Product(), negative, most)
        numerator = steps.add("dropping", Linear((1, 1), 0), numerator, raised)
    if np.any(bias):
        moved = rows.multiplied("bias", root, bias)
        numerator = steps.add("biased", Linear((1, 1), 0), numerator, moved)
    divisor = steps.add("steps", Linear((1 << shift,), 0), root) if shift else root
    return floor_within(steps, numerator, divisor, element.low, element.high)


def _row_constant(array: Array, rows: IntegerRows, name: str) -> IntArray:
    """A constant for each element of a row, int64 [size]."""
    node = rows.steps.node
    found = whole_numbers(array, node, name).reshape(-1)
    if found.size not in (1, rows.size):
        raise malformed(
            node,
            f"its {name} has {found.size} numbers for rows of {rows.size}",
            "give it a number for each element of the last axis",
        )
    return np.broadcast_to(found, (rows.size,)).copy()


def _layer_norm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`Layernorm_s8.c`, with the limits of n_levels as QuantLib has them.

    mean = trunc(sum x / n), root = floor(sqrt(sum (x - mean)^2 // n + 1)), and
    `y = (trunc((x - mean) * weight / root) + bias) >> log2(D)`.
    """
    value, element = inputs[0], limits(node, signed=True)
    rows = rows_along(ctx, value, -1, node)
    steps, size = rows.steps, rows.size
    total = rows.reduced("sum", "sum", rows.value)
    truncated = IntegerFunction(
        "mean",
        lambda x, _: np.sign(x) * (np.abs(x) // size),
        (integers(0),),
        steps.element(total),
    )
    mean = rows.spread("mean_of_row", rows.function("mean", total, truncated))
    centered = steps.add("centered", Linear((1, -1), 0), rows.value, mean)
    weight, bias = (
        _row_constant(required_constant(inputs, i, node), rows, name)
        for i, name in ((1, "weight"), (2, "bias"))
    )
    divided = _normalized(rows, centered, weight, bias, shift_of(node, "D"), element)
    return _finished(rows, divided, element, value)


def _rms_norm(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`iRMSNorm_s8.c`: as `iLayerNorm` without a mean and a bias, limited to int8."""
    value = inputs[0]
    if level_count(node) != 256:
        raise malformed(node, f"it has {level_count(node)} levels", "Deeploy's kernel has 256")
    rows = rows_along(ctx, value, -1, node)
    weight = _row_constant(required_constant(inputs, 1, node), rows, "weight")
    nothing = np.zeros(rows.size, dtype=np.int64)
    divided = _normalized(rows, rows.value, weight, nothing, shift_of(node, "D"), INT8)
    return _finished(rows, divided, INT8, value)


def _division(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`round(Delta * eta * x / (eta * y + eps))`, halves away from zero, `Div_s32.c`."""
    scale, eps, eta = (whole_attribute(node, n) for n in ("Delta", "eps", "eta"))
    left, right = (plain_stream(ctx, value, node) for value in inputs[:2])
    shape = common_shape(node, left.shape, right.shape)
    left, right = (s.moved(lambda a, fill: np.broadcast_to(a, shape)) for s in (left, right))
    order = common_order(ctx, (left, right))
    steps = Steps(ctx, node)
    above, below = (
        ctx.arrange(s.value, s.index.reshape(-1)[order], int(s.fill), node) for s in (left, right)
    )
    numerator = steps.add("numerator", Linear((scale * eta,), 0), above)
    divisor = steps.add("denominator", Linear((eta,), eps), below)
    value = nearest_quotient(steps, numerator, divisor)
    index = inverse(order, order.size).reshape(shape)
    found = Stream(value, index, Chain(Integers()), np.dtype(np.int64))
    return [as_tensor(found, dtype_of(inputs[0], steps.element(value)))]


_HANDLERS = {
    "iSoftmax": _softmax,
    "iLayerNorm": _layer_norm,
    "iRMSNorm": _rms_norm,
    "IntegerDiv": _division,
}

HANDLERS = {n: Operator(h, domains=PACT_DOMAINS) for n, h in _HANDLERS.items()}
