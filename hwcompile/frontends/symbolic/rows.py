"""Softmax and normalizations of streams: `Softmax` and `Normalize` on the integers of whole rows.

Their numbers are near the model's, not equal: `docs/semantics.md` says how near.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import Array, SourceNode
from hwcompile.frontends.symbolic.arranging import is_permutation
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.integer_ends import one_value
from hwcompile.frontends.symbolic.pure import stream_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization
from hwcompile.frontends.symbolic.values import Stream, Value
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.attention.fine import FineSoftmax, fine_exponentials_of
from hwcompile.ops.attention.rows import Normalize, Softmax, exponentials_of
from hwcompile.ops.cast.op import Cast
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import LinearQuantizer
from hwcompile_runtime.rows import floats, integers

EXPONENTIAL_DIGITS = 15
SHARE_DIGITS = 14
"""Of softmax: binary digits behind the point."""

FINE_DIGITS = 20
"""Of softmax: of exponentials and shares where what comes has been quantized to 16 bits."""

_SHORTS = (IntType(-(1 << 15), (1 << 15) - 1), IntType(0, (1 << 16) - 1))
"""What a quantizer of 16 bits gives."""

NORMAL_DIGITS = 14
"""Of normalizations: binary digits that count in a root, and behind the point of a result."""

_MOST_EXPONENTIALS = 1 << 12
"""Distances that have an exponential of their own."""

_MOST_FINE = 1 << 18
"""Distances whose exponential is a product of two."""

_FINE = 2.0**-10
"""Step of numbers in front of a row's function that are neither integers nor a line of some."""

_FINE_ELEMENT = IntType(-(1 << 19), (1 << 19) - 1)


@dataclass(frozen=True, eq=False)
class _Line:
    """A stream whose real numbers are `step * (q - zero) + offset`.

    Attributes:
        stream: The integers.
        step: Above 0.
        zero: See above.
        offset: float64 [1], or one for each element of the tensor.
    """

    stream: Stream
    step: float
    zero: int
    offset: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows side by side.

    Attributes:
        value: An IR value whose channels are whole rows, or the same part of each row.
        size: Channels of a row.
        index: Where the elements of the tensor stand in it, in the tensor's shape.
        across: A row has its channels of every pixel.
    """

    value: str
    size: int
    index: IntArray
    across: bool = False


def softmax_stream(
    ctx: Context, value: Value, shape: tuple[int, ...], axis: int, node: SourceNode
) -> Stream:
    """The shares of exponentials along an axis, as a stream of integers with `SHARE_DIGITS` digits.

    Args:
        ctx: State; its builder receives the operation.
        value: The operand.
        shape: What its elements are seen as.
        axis: Of that.
        node: The operator.

    Raises:
        CompileError: HW0208 for real inputs, those of quantizers for what is pending, HW0234 where
            numbers are too wide.
    """
    given = _line_of(ctx, value, node)
    if ctx.type(given.stream.value).element in _SHORTS:
        return _fine_softmax(ctx, given, shape, axis, node)
    line = _shifted(ctx, given, node)
    rows = _rows_of(ctx, line.stream, shape, axis, node)
    levels = ctx.type(rows.value).element.levels
    table = exponentials_of(line.step, levels, EXPONENTIAL_DIGITS)
    chain = Chain(Dequantize(floats(2.0**-SHARE_DIGITS)))
    return _emitted(ctx, Softmax(rows.size, table, SHARE_DIGITS), rows, chain, node)


def _fine_softmax(
    ctx: Context, given: _Line, shape: tuple[int, ...], axis: int, node: SourceNode
) -> Stream:
    """As `softmax_stream`, with `FINE_DIGITS` digits for results of 16 bits."""
    line = _shifted(ctx, given, node, FINE_DIGITS, _MOST_FINE)
    rows = _rows_of(ctx, line.stream, shape, axis, node)
    levels = ctx.type(rows.value).element.levels
    tables = fine_exponentials_of(line.step, FINE_DIGITS, levels)
    chain = Chain(Dequantize(floats(2.0**-FINE_DIGITS)))
    op = FineSoftmax(rows.size, *tables, FINE_DIGITS, FINE_DIGITS)
    return _emitted(ctx, op, rows, chain, node)


def normalized_stream(
    ctx: Context,
    value: Value,
    shape: tuple[int, ...],
    epsilon: float,
    centered: bool,
    node: SourceNode,
    axis: int = -1,
) -> Stream:
    """Numbers over the root of their mean square along an axis.

    Args:
        ctx: State; its builder receives the operation.
        value: The operand.
        shape: What its elements are seen as.
        epsilon: Added to the mean square.
        centered: The mean is subtracted first.
        node: The operator.
        axis: Of `shape`.

    Raises:
        CompileError: As of `softmax_stream`.
    """
    line = _line_of(ctx, value, node)
    if not _single(line.offset) or (not centered and line.offset[0] != 0):
        line = _fine(ctx, value, node)
    rows = _across(ctx, line.stream, shape, axis) or _rows_of(ctx, line.stream, shape, axis, node)
    size = shape[axis]
    floor = max(1, round(epsilon * size**3 / line.step**2))
    least = max(math.sqrt(floor), size * math.sqrt(size - 1))
    root_digits = max(0, math.ceil(NORMAL_DIGITS - math.log2(least)))
    digits = NORMAL_DIGITS + math.ceil(math.log2(size) / 2)
    zero = 0 if centered else line.zero
    op = Normalize(rows.size, centered, zero, floor, root_digits, digits, rows.across)
    step = floats(math.sqrt(size) * 2.0**-digits)
    return _emitted(ctx, op, rows, Chain(Dequantize(step)), node)


def _emitted(ctx: Context, op: Op, rows: _Rows, chain: Chain, node: SourceNode) -> Stream:
    problems = op.problems((ctx.type(rows.value),))
    if problems:
        raise fail(
            "HW0234",
            f"this {node.op_type} cannot be built: {'; '.join(problems)}",
            "",
            "put a quantizer of fewer bits in front of it",
            node.origin,
        )
    result = ctx.emit(node, op, (rows.value,))
    ctx.note(
        "is built on integers: its numbers are near the model's, not equal to them "
        "(docs/semantics.md)",
        node.origin,
    )
    start = chain.start
    assert isinstance(start, Dequantize)
    ctx.describe(result, start.scale, start.zero_point)
    return Stream(result, rows.index, chain, np.dtype(np.float32))


def _across(ctx: Context, stream: Stream, shape: tuple[int, ...], axis: int) -> _Rows | None:
    """The stream as it is, where rows are channels next to each other of every pixel.

    So channels of a map, or groups of them, are normalized without moving anything.
    """
    kind = ctx.type(stream.value)
    size, rest = divmod(shape[axis], kind.pixels)
    if kind.pixels == 1 or rest or kind.channels % size:
        return None
    table = np.moveaxis(stream.index.reshape(shape), axis, -1)
    group = table % kind.channels // size
    if not is_permutation(table, kind.size) or np.any(group != group[..., :1]):
        return None
    return _Rows(stream.value, size, stream.index, True)


def _rows_of(
    ctx: Context, stream: Stream, shape: tuple[int, ...], axis: int, node: SourceNode
) -> _Rows:
    """The stream with whole rows in its pixels: as it is, where it has them in any order."""
    size, kind = shape[axis], ctx.type(stream.value)
    table = np.moveaxis(stream.index.reshape(shape), axis, -1)
    alike = table // size == table[..., :1] // size
    if kind.channels % size == 0 and is_permutation(table, kind.size) and np.all(alike):
        return _Rows(stream.value, size, stream.index)
    wanted = table.reshape(1, -1, size)
    arranged = ctx.arrange(stream.value, wanted, int(stream.fill), node)
    places = np.arange(table.size, dtype=np.int64).reshape(table.shape)
    index = np.ascontiguousarray(np.moveaxis(places, -1, axis)).reshape(stream.shape)
    return _Rows(arranged, size, index)


def _shifted(
    ctx: Context,
    line: _Line,
    node: SourceNode,
    digits: int = EXPONENTIAL_DIGITS,
    distances: int = _MOST_EXPONENTIALS,
) -> _Line:
    """The line without offsets, of so many distances as have an exponential.

    Integers get binary digits behind the point for offsets that are no whole steps, or lose some
    where steps are finer than so many distances tell apart. What is so far below everything else
    that its exponential is 0 is brought nearer.
    """
    stream, kind = line.stream, ctx.type(line.stream.value)
    cutoff = (digits + 1) * math.log(2.0)
    alike = _single(line.offset)
    offset = np.zeros(1) if alike else line.offset - line.offset[np.isfinite(line.offset)].max()
    far = offset < -cutoff - kind.element.levels * line.step
    whole = offset[~far] / line.step
    finer = 0
    if np.abs(whole - np.round(whole)).max() > 1e-3:
        finer = max(0, math.ceil(math.log2(line.step / _FINE)))
    step = line.step * 2.0**-finer
    coarser = max(0, math.ceil(math.log2(cutoff / step / distances)))
    if alike and not coarser:
        return line
    lowest = -math.ceil(cutoff / step) - (kind.element.levels << finer)
    added = np.where(far, lowest, np.round(np.where(far, 0.0, offset) / step)).astype(np.int64)
    if added.size > 1:
        spread = np.zeros(kind.size, dtype=np.int64)
        spread[stream.index.reshape(-1)] = added
        added = spread
    low, high = kind.element.low << finer, kind.element.high << finer
    ends = (low + int(added.min())) >> coarser, ((high + int(added.max())) >> coarser) + 1
    row = np.zeros(added.size, dtype=np.int64)
    op = Cast(
        finer, coarser, added, row + coarser, row + ends[0], row + ends[1], "half_up", "saturate"
    )
    moved = replace(stream, value=ctx.emit(node, op, (stream.value,), "moved"))
    return _Line(moved, step * 2.0**coarser, line.zero, np.zeros(1))


def _line_of(ctx: Context, value: Value, node: SourceNode) -> _Line:
    """The operand as a line of integers; other real numbers are rounded to steps of `_FINE`."""
    found = one_value(ctx, value, node)
    if isinstance(found, Stream):
        stream_of(found, node)
        line = _line(found)
        if line is not None:
            return line
        return _fine(ctx, found, node)
    return _fine(ctx, found, node)


def _fine(ctx: Context, value: Value | None, node: SourceNode) -> _Line:
    """Real numbers that are no line of integers, rounded."""
    quantizer = LinearQuantizer(floats(_FINE), integers(0), _FINE_ELEMENT, floats(_FINE))
    by = Quantization(quantizer, None, False, np.dtype(np.float32))
    closed = stream_of(quantize(ctx, value, by, node), node)
    ctx.note(
        f"no quantizer stands in front of this {node.op_type}: its operand is rounded to steps of "
        f"1/{round(1 / _FINE)}",
        node.origin,
    )
    return _Line(closed, _FINE, 0, np.zeros(1))


def _line(stream: Stream) -> _Line | None:
    """What is pending, when it is a line with one step."""
    start = stream.chain.start
    if not isinstance(start, Dequantize) or not (
        _single(start.scale) and _single(start.zero_point)
    ):
        return None
    if int(stream.index.min()) < 0:
        return None
    step, offset = float(start.scale.flat[0]), np.zeros(1)
    for op in stream.chain.ops:
        if op.kind not in ("add", "sub", "mul", "div"):
            return None
        constant = op.constants[0].astype(np.float64).reshape(-1)
        if op.kind in ("add", "sub"):
            offset = offset + (constant if op.kind == "add" else -constant)
            continue
        if not _single(constant) or not 0 < constant[0] < np.inf:
            return None
        factor = constant[0] if op.kind == "mul" else 1.0 / constant[0]
        step, offset = step * float(factor), offset * factor
    if np.any(np.isnan(offset)) or not np.any(np.isfinite(offset)) or np.any(offset == np.inf):
        return None
    return _Line(stream, step, int(start.zero_point.flat[0]), offset)


def _single(constants: Array) -> bool:
    return bool(np.all(constants == constants.flat[0]))
