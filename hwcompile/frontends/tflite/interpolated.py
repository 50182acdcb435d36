"""Functions of int16: TFLite's reference kernels interpolate between the entries of a table.

Hardware does the same: a look-up of a beginning and of a slope, and one product.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.tflite.contents import LiteNode, LiteTensor
from hwcompile.frontends.tflite.lowering import LiteGraph, unsupported
from hwcompile.frontends.tflite.steps import looked_up, row, within, without_digits
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.elementwise.op import Extremum, Linear, Product
from hwcompile.ops.threshold.op import Threshold
from hwcompile_runtime.rows import AnyArray

FloatNumber = np.float32 | np.float64
Real = Callable[[AnyArray], AnyArray]

_SAMPLE_DIGITS = 7
_ENTRIES = 256
_LIFTED = 0x800000000000000000000000000000800011009020440005C0467BAEFA7BD110
"""Bit i: entry i of the kernels' table is one above the integer next to `sigmoid(i / 24)`."""


@dataclass(frozen=True)
class Sigmoid:
    """How a kernel takes the table of `sigmoid(i / 24)` in steps of 2^-16.

    `result = table[|x| >> digits]`, interpolated, with `digits` more digits behind the point; then
    `z = (result - taken + 2^(dropped - 1)) >> dropped`, and for x < 0 it is `mirrored - z`.

    Attributes:
        digits: Between two entries.
        most: The result from the last entry on.
        taken: See above.
        dropped: See above.
        mirrored: See above.
        powers: Binary logarithms of scales that the kernel takes as powers of two.
    """

    digits: int
    most: int
    taken: int
    dropped: int
    mirrored: int
    powers: tuple[int, ...]


LOGISTIC = Sigmoid(9, 0x7FFF << 10, 0, 10, 1 << 15, (-12,))
TANH = Sigmoid(8, 0xFFFF << 8, 1 << 23, 8, 0, (-12, -11))


def sigmoid_of_table(ctx: LiteGraph, node: LiteNode, how: Sigmoid) -> None:
    """`LOGISTIC` and `TANH` of int16.

    The kernels scale by 3/4 of the input's step, so that their table reaches to 10.7. Of negative
    numbers they round what is mirrored so that it is the mirrored one of a positive number.

    Raises:
        CompileError: HW0303 for zero points, and for results that do not count 2^-15.
    """
    source, result = ctx.operand(node, 0), ctx.result(node)
    if result.dtype != "int16" or result.scale[0] != np.float32(2.0**-15):
        raise unsupported(
            node,
            f"has results of {result.dtype} with the scale {float(result.scale[0]):g}",
            "TFLite's kernel of int16 gives int16 with the scale 2^-15, and nothing else",
            "convert the model again",
        )
    _check_zero_points(node, source, result)
    factor, shift = _input_factor(source, how.powers)
    value = ctx.emit(node, Linear((factor,), 0), ctx.stream(node, 0))
    value = without_digits(ctx, node, value, shift, "half_up")
    above, size = _sides(ctx, node, value)
    entries = _sigmoid_entries()
    starts, slopes = entries << how.digits, np.diff(entries, append=entries[-1:])
    starts[-1] = how.most
    place = within(ctx, node, without_digits(ctx, node, size, how.digits, "floor"), 0, _ENTRIES - 1)
    found = _on_lines(ctx, node, size, place, starts, slopes, how.digits)
    moved = ctx.emit(node, Linear((1,), -how.taken), found) if how.taken else found
    z = within(ctx, node, without_digits(ctx, node, moved, how.dropped, "half_up"), 0, 2**15 - 1)
    signed = _mirrored(ctx, node, z, above, how.mirrored)
    low = 0 if how.mirrored else 1 - 2**15
    ctx.finish(node, within(ctx, node, signed, low, 2**15 - 1))


def _sides(ctx: LiteGraph, node: LiteNode, value: str) -> tuple[str, str]:
    """1 for what is not negative, and the magnitude."""
    count = Threshold(np.zeros((1, 1), np.int64), row(0), row(1), IntType(0, 1))
    above = ctx.emit(node, count, value)
    turned = ctx.emit(node, Linear((-1,), 0), value)
    size = ctx.emit(node, Extremum("max"), value, turned)
    # Its interval does not know that it is a magnitude.
    return above, within(ctx, node, size, 0, ctx.kind(size).element.high)


def _mirrored(ctx: LiteGraph, node: LiteNode, z: str, above: str, mirror: int) -> str:
    """Z above zero, and `mirror - z` below."""
    signed = ctx.emit(node, Product(), z, ctx.emit(node, Linear((2,), -1), above))
    if not mirror:
        return signed
    moved = ctx.emit(node, Linear((1, -mirror), mirror), signed, above)
    kind = ctx.kind(z).element
    low, high = min(kind.low, mirror - kind.high), max(kind.high, mirror - kind.low)
    return within(ctx, node, moved, low, high)


def of_magnitude(ctx: LiteGraph, node: LiteNode, value: str, table: IntArray, mirror: int) -> str:
    """Any function of int16 that mirrors itself, `f(-x) = mirror - f(x)`, from a table of f(|x|).

    What lines between every 128th entry miss is looked up: a few bits, where the entries have 15.

    Args:
        ctx: The graph.
        node: The operator that has the function.
        value: Its operand.
        table: int64 [2^15], not negative; -2^15 is taken as the number above it.
        mirror: See above.
    """
    digits = _SAMPLE_DIGITS
    starts = table[:: 1 << digits]
    slopes = np.diff(starts, append=starts[-1:])
    places = np.arange(table.size)
    line = (starts << digits)[places >> digits] + slopes[places >> digits] * (
        places & ((1 << digits) - 1)
    )
    missing = table - ((line + (1 << (digits - 1))) >> digits)
    above, size = _sides(ctx, node, value)
    size = within(ctx, node, size, 0, table.size - 1)
    place = without_digits(ctx, node, size, digits, "floor")
    found = _on_lines(ctx, node, size, place, starts << digits, slopes, digits)
    near = without_digits(ctx, node, found, digits, "half_up")
    rest = looked_up(ctx, node, size, missing)
    z = ctx.emit(node, Linear((1, 1), 0), near, rest)
    z = within(ctx, node, z, int(table.min()), int(table.max()))
    return _mirrored(ctx, node, z, above, mirror)


def _sigmoid_entries() -> IntArray:
    nearest = np.rint(65536 / (1 + np.exp(-np.arange(_ENTRIES) / 24))).astype(np.int64)
    lifted = np.array([_LIFTED >> i & 1 for i in range(_ENTRIES)], dtype=np.int64)
    found: IntArray = nearest + lifted
    return found


def _check_zero_points(node: LiteNode, *tensors: LiteTensor) -> None:
    for tensor in tensors:
        if tensor.zero_point[0]:
            raise unsupported(
                node,
                f"has the zero point {int(tensor.zero_point[0])} of '{tensor.name}'",
                "TFLite's kernel of int16 knows none but 0",
                "convert the model again",
            )


def _input_factor(source: LiteTensor, powers: tuple[int, ...]) -> tuple[int, int]:
    """A factor of at most 15 digits, and how many digits are dropped then: to steps of 1/12288.

    A scale counts as a power of two where its logarithm in float32 is that near, `CheckedLog2`.
    """
    scale = float(source.scale[0])
    one = np.float32(1)
    exponent = np.log(np.float32(scale)) * (one / np.log(np.float32(2)))
    power = int(np.rint(exponent))
    if power in powers and np.abs(exponent - np.float32(power)) < np.float32(1e-3):
        return 3 << (power + 12), 0
    real, shift = scale * 4096.0 * 3.0, 0
    while real <= 32767.0 / 2.0 and shift <= 30:
        real, shift = real * 2.0, shift + 1
    return int(real), shift


def _on_lines(
    ctx: LiteGraph,
    node: LiteNode,
    value: str,
    place: str,
    starts: IntArray,
    slopes: IntArray,
    digits: int,
) -> str:
    """`starts[place] + slopes[place] * (value - place * 2^digits)`."""
    rest = ctx.emit(node, Linear((1, -(1 << digits)), 0), value, place)
    rest = within(ctx, node, rest, 0, (1 << digits) - 1)
    start, slope = (looked_up(ctx, node, place, table) for table in (starts, slopes))
    return ctx.emit(node, Linear((1, 1), 0), start, ctx.emit(node, Product(), slope, rest))


def exponential_of_table(ctx: LiteGraph, node: LiteNode, real: Real) -> None:
    """`EXP` from int16 to int16."""
    source, result = ctx.operand(node, 0), ctx.result(node)
    element = ctx.interval(node, result)
    scales = [(t.scale[0], int(t.zero_point[0])) for t in (source, result)]
    entries = sampled(scales[0], scales[1], real)
    value = on_samples(ctx, node, ctx.stream(node, 0), entries)
    ctx.finish(node, within(ctx, node, value, element.low, element.high))


def on_samples(ctx: LiteGraph, node: LiteNode, value: str, entries: IntArray) -> str:
    """What int16 becomes on the lines between the 513 entries of a table, `LUTLookup`."""
    moved = ctx.emit(node, Linear((1,), 1 << 15), value)
    place = without_digits(ctx, node, moved, _SAMPLE_DIGITS, "floor")
    # The entry in front is whole, so it may be added before a share of the slope is rounded.
    starts, slopes = entries[:-1] << _SAMPLE_DIGITS, np.diff(entries)
    found = _on_lines(ctx, node, moved, place, starts, slopes, _SAMPLE_DIGITS)
    return without_digits(ctx, node, found, _SAMPLE_DIGITS, "half_up")


def sampled(
    source: tuple[FloatNumber, int], result: tuple[FloatNumber, int], real: Real
) -> IntArray:
    """int64 [513]: a function's integers, moved so that the lines between them come nearer.

    Args:
        source: Scale and zero point of the numbers it takes; the scale's type is computed in.
        result: Of its results.
        real: The function.
    """
    number = type(source[0])

    def ends(scale: FloatNumber, zero: int) -> tuple[FloatNumber, FloatNumber]:
        return scale * number(-(2**15) - zero), scale * number(2**15 - 1 - zero)

    def rounded(x: AnyArray) -> AnyArray:
        found: AnyArray = np.sign(x) * np.floor(np.abs(x) + number(0.5))
        return found

    (low, high), (least, most) = ends(*source), ends(*result)
    step = (high - low) / number(512)
    inverse = number(2**16) / (most - least)
    places: AnyArray = np.arange(513).astype(number)
    at = places * step + low
    own = rounded(real(at[:-1]) * inverse)
    line = rounded((real(at[1:]) * inverse + own) / number(2))
    error = line - rounded(real(at[:-1] + step / number(2)) * inverse)
    last = rounded(real(np.array([high])) * inverse)
    table = np.append(own - rounded(error / number(2)), last)
    found: IntArray = np.clip(table, -(2**15), 2**15 - 1).astype(np.int64)
    return found
