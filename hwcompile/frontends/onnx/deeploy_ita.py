"""Deeploy's `ITAMax` and `ITAPartialMax`: softmax of the accelerator ITA, powers of two.

After `Softmax_s8.c` of Deeploy's platform Generic; ITA itself is of Islamoglu et al., "ITA: An
Energy-Efficient Attention and Softmax Accelerator for Quantized Transformers", ISLPED 2023
(arXiv:2307.03493). Every division here is exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.integer_functions import IntegerFunction
from hwcompile.frontends.onnx.deeploy import dtype_of, limits, malformed, whole_attribute
from hwcompile.frontends.onnx.deeploy_rows import IntegerRows, rows_along
from hwcompile.frontends.onnx.dialect.operator import PACT_DOMAINS, Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_ends import close_whole
from hwcompile.frontends.symbolic.quotients import floor_within
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.elementwise.op import Extremum, Linear, Product
from hwcompile_runtime.chain import Chain, FloatOp, Integers
from hwcompile_runtime.rows import integers

Inputs = Sequence[Value | None]


def _halvings(most: int) -> IntArray:
    """`256 >> ((x + 16) >> 5)` of the distances 0 to `most`: powers of two; int64 [most + 1]."""
    found: IntArray = 256 >> ((np.arange(most + 1, dtype=np.int64) + 16) >> 5)
    return found


def _powers(rows: IntegerRows, role: str, distance: str) -> str:
    """What a distance down from the largest element adds to the sum.

    Raises:
        CompileError: HW0204 for distances that int8 has not.
    """
    most, node = rows.steps.element(distance).high, rows.steps.node
    if most > 255:
        why = f"its operand has integers that are {most} apart"
        raise malformed(node, why, "Deeploy's kernel takes int8: requantize it in front")
    table = _halvings(most)
    function = IntegerFunction(
        "power",
        lambda x, _: table[np.maximum(x, 0)],
        (integers(0),),
        rows.steps.element(distance),
        rises=False,
    )
    return rows.function(role, distance, function)


def _lifted(rows: IntegerRows, role: str, total: str) -> str:
    """A sum, in which the largest element so far has 256."""
    least, zero = integers(256), integers(0)
    most = integers(max(rows.steps.element(total).high, 256))
    return rows.steps.add(role, Cast(0, 0, zero, zero, least, most, "floor", "saturate"), total)


def _finished(
    rows: IntegerRows, powers: str, total: str, numerator: int, value: Value | None
) -> list[Value]:
    """`(numerator * 256 // sum) >> shift` of every element, as numbers from 0 on.

    A power is `2^(8 - shift)`, so that the shift is a product and a shift by 8.
    """
    steps, zero = rows.steps, integers(0)
    quotient, _ = floor_within(steps, numerator * 256, total, 0, numerator)
    held = Cast(0, 0, zero, zero, zero, integers(numerator), "floor", "saturate")
    inverse_sum = rows.spread("inverse_of_row", steps.add("inverse", held, quotient))
    product = steps.add("share", Product(), inverse_sum, powers)
    chain = Chain(Integers(), (FloatOp("shift_right", (integers(8),)),))
    stream = Stream(product, rows.index, chain, np.dtype(np.int64))
    element = IntType(0, numerator)
    return [close_whole(steps.ctx, stream, element, dtype_of(value, element), steps.node)]


def _max(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """`((n_levels - 1) * 256 // sum) >> shift`, `ITAMax_s8` of `Softmax_s8.c`, from 0 on.

    shift = (largest - x + 16) >> 5, and the sum is that of `256 >> shift` over the row.
    """
    value, levels = inputs[0], limits(node, signed=False).high
    rows = rows_along(ctx, value, int(node.attributes.get("axis", -1)), node)
    largest = rows.spread("largest_of_row", rows.reduced("largest", "max", rows.value))
    distance = rows.steps.add("distance", Linear((1, -1), 0), largest, rows.value)
    powers = _powers(rows, "powers", distance)
    total = _lifted(rows, "lifted", rows.reduced("sum", "sum", powers))
    return _finished(rows, powers, total, levels, value)


def _partial_max(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    """As `_max`, of sums as ITA has them: group after group of a row, `ITAPartialMax_s8`.

    Where a group raises the largest element, the sum so far is halved as often as that is away, and
    rounded down; and `n_levels / 2 - 1` stands for `n_levels - 1`.
    """
    value, levels = inputs[0], limits(node, signed=True).high
    rows = rows_along(ctx, value, int(node.attributes.get("axis", -1)), node)
    width, steps = whole_attribute(node, "group_width"), rows.steps
    if not 1 <= width <= rows.size or rows.size % width:
        why = f"its rows of {rows.size} elements are no groups of {width}"
        raise malformed(node, why, "Deeploy's kernel would leave the rest of a row out of its sum")
    largest = total = ""
    for number in range(rows.size // width):
        group = rows.part(f"group_{number}", number * width, width)
        own = group.reduced(f"largest_{number}", "max", group.value)
        known = steps.add(f"largest_to_{number}", Extremum("max"), largest, own) if number else own
        top = group.spread(f"largest_of_group_{number}", known)
        distance = steps.add(f"distance_{number}", Linear((1, -1), 0), top, group.value)
        powers = _powers(group, f"powers_{number}", distance)
        added = group.reduced(f"sum_{number}", "sum", powers)
        if number:
            raised = steps.add(f"raised_{number}", Linear((1, -1), 0), known, largest)
            factor = _powers(rows, f"halved_{number}", raised)
            kept = steps.add(f"kept_{number}", Product(), total, factor)
            eight, zero, most = integers(8), integers(0), integers(steps.element(total).high)
            cast = Cast(0, 8, zero, eight, zero, most, "floor", "saturate")
            kept = steps.add(f"kept_whole_{number}", cast, kept)
            added = steps.add(f"sum_to_{number}", Linear((1, 1), 0), kept, added)
        largest, total = known, _lifted(rows, f"lifted_{number}", added)
    top = rows.spread("largest_of_row", largest)
    distance = steps.add("distance", Linear((1, -1), 0), top, rows.value)
    return _finished(rows, _powers(rows, "powers", distance), total, levels, value)


_HANDLERS = {"ITAMax": _max, "ITAPartialMax": _partial_max}

HANDLERS = {n: Operator(h, domains=PACT_DOMAINS) for n, h in _HANDLERS.items()}
