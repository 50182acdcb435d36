"""Products with weights that are powers of two: `nnet::product::weight_exponential`.

The input becomes a number with as many digits behind the point as weight and input have bits
together, and as many in front of it; it is shifted there, and what leaves it is gone. So a product
of a small weight is rounded down before its sign counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants
from hwcompile.ir.types import IntArray
from hwcompile.ops.cast.op import Cast
from hwcompile.ops.concat.op import Concat


@dataclass(frozen=True, eq=False)
class Shifted:
    """Inputs and plain weights whose products are those with powers of two.

    Attributes:
        value: The input; behind its channels stand those that have lost digits, `copies` in all.
        copies: How many numbers there are of each channel.
        weights: int64 [copies, ...], in the shape of the exponents; one of a column is not zero.
        fraction: Digits behind the point of the products.
    """

    value: str
    copies: int
    weights: IntArray
    fraction: int


def shifted(ctx: Lowering, source: Fixed, weights: Constants) -> Shifted:
    """Products of the input with powers of two.

    Args:
        ctx: The layer.
        source: The input, a feature map.
        weights: Of a format of exponents, any shape.

    Raises:
        CompileError: HW0291 where a product has more digits than hls4ml's C++ keeps.
    """
    exponents, negative = weights.values >> 1, weights.values & 1
    kept = weights.format.bits + source.format.bits
    _check(ctx, source, int(exponents.max()), kept)
    lost = np.maximum(source.fraction - kept - np.minimum(exponents, 0), 0)
    digits = sorted({0, *np.unique(lost).tolist()})
    # Numbers without lost digits count steps of the input.
    places = np.where(lost > 0, np.maximum(exponents, 0) - kept, exponents - source.fraction)
    fraction = max(-int(places.min()), 0)
    factors = (1 - 2 * negative) << (places + fraction)
    copies = np.stack([np.where(lost == d, factors, 0) for d in digits])
    return Shifted(_copies(ctx, source.value, digits), len(digits), copies, fraction)


def _copies(ctx: Lowering, value: str, digits: list[int]) -> str:
    """The channels with so many digits less, one set behind the other."""
    if len(digits) == 1:
        return value
    return ctx.emit(Concat(), *(_rounded_down(ctx, value, lost) for lost in digits))


def _rounded_down(ctx: Lowering, value: str, digits: int) -> str:
    if digits == 0:
        return value
    element, row = ctx.element(value), np.zeros(1, dtype=np.int64)
    ends = (row + (element.low >> digits), row + (element.high >> digits))
    return ctx.emit(Cast(0, digits, row, row + digits, *ends, "floor", "saturate"), value)


def _check(ctx: Lowering, source: Fixed, exponent: int, kept: int) -> None:
    """No shift to the left reaches the sign."""
    form: Format = source.format
    if form.integer - form.signed + exponent < kept:
        return
    raise ctx.refuse(
        "HW0291",
        f"a weight is 2 to the power of {exponent}",
        f"hls4ml's C++ keeps {kept} digits in front of the point, and the product overflows them",
        "a quantized_po2 with a smaller max_value, or with more bits",
    )
