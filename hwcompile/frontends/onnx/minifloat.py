"""QONNX's FloatQuant: numbers of few bits with an exponent, as integers of one step.

Every such number is a whole multiple of the smallest one, so that a minifloat of few exponents is
an integer of more bits. A stream takes the place of its number among all of them, by comparisons,
and a table gives the integer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import fail
from hwcompile.frontends.model import SourceNode
from hwcompile.frontends.numbers.quantizer_checks import checked_scale
from hwcompile.frontends.onnx.dialect.operator import QONNX_DOMAINS, Operator
from hwcompile.frontends.symbolic.context import Context
from hwcompile.frontends.symbolic.elementwise import required_constant
from hwcompile.frontends.symbolic.pure import stream_of
from hwcompile.frontends.symbolic.quantize import quantize
from hwcompile.frontends.symbolic.quantizing import Quantization, not_a_number
from hwcompile.frontends.symbolic.spreading import spread
from hwcompile.frontends.symbolic.values import (
    Constant,
    QuantizedConstant,
    Value,
    shape_of,
)
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.table.op import Table
from hwcompile_runtime.chain import Chain, Dequantize
from hwcompile_runtime.quantizers import StepQuantizer
from hwcompile_runtime.rows import FloatArray, floats, integers

Inputs = Sequence[Value | None]

_MOST_BITS = 24
"""Of the integers, so that float32 holds them."""

_MOST_NUMBERS = 1 << 12


@dataclass(frozen=True, eq=False)
class Minifloat:
    """A format, rounded to the nearest number, ties to the even one.

    Attributes:
        mantissa: Binary digits behind the leading one.
        bias: Of the exponent.
        most: The largest number.
    """

    mantissa: int
    bias: int
    most: float

    @property
    def exponent(self) -> int:
        """Binary logarithm of the smallest number above 0."""
        return 1 - self.bias - self.mantissa

    def rounded(self, x: FloatArray) -> FloatArray:
        """The nearest numbers, limited, as qonnx.custom_op.general.floatquant has it; float32."""
        step = np.maximum(np.frexp(x)[1] - 1 - self.mantissa, self.exponent)
        found = np.ldexp(np.round(np.ldexp(x, -step)), step)
        most = np.float32(self.most)
        return np.asarray(np.clip(found, -most, most), dtype=np.float32)

    def numbers(self) -> IntArray:
        """All numbers as multiples of the smallest one, ascending."""
        top = int(np.floor(np.log2(self.most))) - self.exponent
        found = {0, int(self.most / 2.0**self.exponent)}
        for place in range(self.mantissa, top + 1):
            leading = np.arange(1 << self.mantissa, 2 << self.mantissa, dtype=np.int64)
            found |= {int(n) for n in leading << (place - self.mantissa)}
        found |= set(range(1 << self.mantissa))
        positive = np.array(sorted(found), dtype=np.int64)
        positive = positive[positive <= int(self.most / 2.0**self.exponent)]
        return np.concatenate([-positive[:0:-1], positive])


def _thresholds(kind: Minifloat, numbers: IntArray, scale: FloatArray) -> FloatArray:
    """The least x of each number but the first, with `x / scale` rounded; float32 [rows, n]."""
    wanted = np.ldexp(numbers[1:].astype(np.float64), kind.exponent).astype(np.float32)
    # Positive and negative float32 numbers in one order of int64.
    limit = int(np.float32(np.finfo(np.float32).max).view(np.int32))
    low = np.full((scale.size, wanted.size), -limit, dtype=np.int64)
    high = np.full_like(low, limit)
    while np.any(low < high):
        middle = (low + high) >> 1
        x = _float_at(middle)
        with np.errstate(over="ignore"):
            reached = kind.rounded(x / scale[:, None]) >= wanted
        high, low = np.where(reached, middle, high), np.where(reached, low, middle + 1)
    return _float_at(high)


def _float_at(order: IntArray) -> FloatArray:
    bits = np.abs(order).astype(np.int32).view(np.float32)
    return np.where(order < 0, -bits, bits).astype(np.float32)


def _format(node: SourceNode, inputs: Inputs) -> Minifloat:
    """The format that the node's inputs describe.

    Raises:
        CompileError: HW0210 where it has too many bits, or none; HW0201 where it does not saturate,
            HW0214 for other roundings than to the nearest.
    """
    names = ("exponent width", "mantissa width", "exponent bias", "largest number")
    arrays = [required_constant(inputs, i + 2, node) for i in range(4)]
    for name, array in zip(names, arrays, strict=True):
        whole = name == "largest number" or np.all(array == np.round(array))
        if array.size != 1 or not np.all(np.isfinite(array)) or not whole:
            raise _unusable(node, f"its {name} is {array.tolist()}")
    mode = str(node.attributes.get("rounding_mode", "ROUND"))
    if mode.upper() not in ("ROUND", "HALF_EVEN"):
        raise fail(
            "HW0214",
            f"this FloatQuant rounds by the mode '{mode}'",
            "beside powers of two its results depend on the accuracy of the executor's logarithm",
            "use ROUND",
            node.origin,
        )
    if not int(node.attributes.get("saturation", 1)):
        raise fail(
            "HW0201",
            "this FloatQuant makes infinities or numbers that are none",
            "integers have neither",
            "train with saturation",
            node.origin,
        )
    exponents, mantissa, bias = (int(a.reshape(-1)[0]) for a in arrays[:3])
    if not (1 <= exponents <= 8 and 0 <= mantissa <= 23 and abs(bias) < 64):
        raise _unusable(node, f"it has {exponents} bits of exponent and {mantissa} of mantissa")
    largest = (2.0 - 2.0**-mantissa) * 2.0 ** ((1 << exponents) - 1 - bias)
    most = min(largest, float(arrays[3].reshape(-1)[0]))
    kind = Minifloat(mantissa, bias, most)
    counts = np.log2(most) - kind.exponent if most > 0 else np.inf
    if counts >= _MOST_BITS:
        raise _unusable(node, f"it counts from 2^{kind.exponent} to {most:g}")
    steps = most / 2.0**kind.exponent
    if steps != np.round(steps) or kind.rounded(floats(most))[0] != np.float32(most):
        raise _unusable(node, f"its largest number {most:g} is none of its numbers")
    return kind


def _unusable(node: SourceNode, what: str) -> Exception:
    return fail(
        "HW0210",
        f"this FloatQuant is no format of few integers: {what}",
        f"its numbers become integers of at most {_MOST_BITS} bits with a sign",
        "use a minifloat with fewer bits of exponent, for example e4m3 or e2m1",
        node.origin,
    )


def _float_quant(ctx: Context, node: SourceNode, inputs: Inputs) -> list[Value]:
    value, kind = inputs[0], _format(node, inputs)
    assert value is not None
    scale = required_constant(inputs, 1, node)
    if isinstance(value, Constant | QuantizedConstant):
        return [_constant(node, value, scale, kind)]
    numbers = kind.numbers()
    (scales,), row_of = spread(shape_of(value), [scale], node)
    scales = checked_scale(scales, node.origin)
    if numbers.size > _MOST_NUMBERS or numbers.size * scales.size > 1 << 22:
        raise _unusable(node, f"it has {numbers.size} numbers")
    places = IntType(0, numbers.size - 1)
    steps = _thresholds(kind, numbers, scales)
    quantizer = StepQuantizer(floats(1), integers(0), places, steps)
    by = Quantization(quantizer, row_of, True, np.dtype(np.int64))
    stream = stream_of(quantize(ctx, value, by, node), node)
    found = numbers[ctx.type(stream.value).element.values()]
    table = Table(found[None], IntType(int(found.min()), int(found.max())))
    result = ctx.emit(node, table, (stream.value,), "number")
    rows = scales if row_of is None else scales[row_of]
    chain = Chain(Dequantize(floats(rows * np.float32(2.0**kind.exponent))))
    return [replace(stream, value=result, chain=chain, dtype=np.dtype(np.float32))]


def _constant(
    node: SourceNode, value: Constant | QuantizedConstant, scale: FloatArray, kind: Minifloat
) -> QuantizedConstant:
    """Weights: the numbers as integers with a scale.

    Raises:
        CompileError: HW0212 for a scale that is none, HW0221 for weights that are no numbers.
    """
    steps = checked_scale(scale, node.origin, positive=False).reshape(np.shape(scale))
    array = value.array.astype(np.float32)
    with np.errstate(all="ignore"):
        real = kind.rounded((array / steps).astype(np.float32))
    if np.isnan(real).any():
        raise not_a_number(node)
    found = np.ldexp(real.astype(np.float64), -kind.exponent).astype(np.int64)
    step = np.broadcast_to(steps * np.float32(2.0**kind.exponent), array.shape)
    return QuantizedConstant(found, step.astype(np.float32), np.zeros(array.shape, dtype=np.int64))


HANDLERS = {"FloatQuant": Operator(_float_quant, folds=False, domains=QONNX_DOMAINS)}
