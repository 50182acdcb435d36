"""Weighted sums as hls4ml's C++ forms them: products cast to `accum_t`, and added in it.

Where the accumulator holds every product and every partial sum, that is the plain sum. Where it
drops digits of products, each product is cast by itself. Where it wraps, wrapping once at the end
is the same. Where it saturates on the way, the order of the additions would matter: refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.window.op import Window


@dataclass(frozen=True)
class Layout(ABC):
    """Which inputs a sum is over; weights are [M, K], K in the order of the terms."""

    @abstractmethod
    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """All terms times their weights, added: [..., M]."""

    @abstractmethod
    def products(self, ctx: Lowering, value: str, weights: IntArray) -> tuple[str, int]:
        """Every product as a channel of its own, [..., K*M] in order (k, m); and K."""

    def pads(self) -> bool:
        """Some terms are a zero of the padding."""
        return False


@dataclass(frozen=True)
class DenseLayout(Layout):
    """Over the channels of every pixel."""

    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """A matrix."""
        return ctx.emit(Matmul(weights[None]), value)

    def products(self, ctx: Lowering, value: str, weights: IntArray) -> tuple[str, int]:
        """A column of the matrix for each channel."""
        return ctx.emit(Matmul(weights.T[:, :, None].copy()), value), weights.shape[1]


@dataclass(frozen=True)
class ConvLayout(Layout):
    """Over the pixels under a kernel, K in order (kh, kw, channel).

    Attributes:
        kernel: Taps (vertical, horizontal).
        strides: Of the windows.
        dilations: Of the taps.
        padding: (top, left, bottom, right).
    """

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    padding: tuple[int, int, int, int]

    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """A convolution."""
        taps = weights.reshape(weights.shape[0], *self.kernel, -1)
        return ctx.emit(Conv(taps, 1, self.strides, self.dilations, self.padding, 0), value)

    def products(self, ctx: Lowering, value: str, weights: IntArray) -> tuple[str, int]:
        """Windows, and a column of weights for each of their elements."""
        return DenseLayout().products(ctx, self.windows(ctx, value), weights)

    def windows(self, ctx: Lowering, value: str) -> str:
        """[OH, OW, Kh*Kw*C]."""
        op = Window(self.kernel, self.strides, self.dilations, self.padding, 0, 1)
        return ctx.emit(op, value)

    def pads(self) -> bool:
        """Any padding."""
        return any(self.padding)


@dataclass(frozen=True)
class DepthwiseLayout(ConvLayout):
    """Each channel by itself: M channels, K taps."""

    def total(self, ctx: Lowering, value: str, weights: IntArray) -> str:
        """A convolution in groups of one channel."""
        channels = weights.shape[0]
        taps = weights.reshape(channels, *self.kernel, 1)
        op = Conv(taps, channels, self.strides, self.dilations, self.padding, 0)
        return ctx.emit(op, value)

    def products(self, ctx: Lowering, value: str, weights: IntArray) -> tuple[str, int]:
        """Windows, whose elements (tap, channel) have a weight each."""
        each = np.ascontiguousarray(weights.T).reshape(-1, 1, 1)
        return ctx.emit(Matmul(each), self.windows(ctx, value)), weights.shape[1]


@dataclass(frozen=True, eq=False)
class Terms:
    """A sum of products before its accumulator.

    Attributes:
        weights: int64 [M, K], -1 and +1 for bits that mean that.
        fraction: Digits behind the point of the products.
        offset: What bits that mean -1 and +1 add to every row, int64 [M].
    """

    weights: IntArray
    fraction: int
    offset: IntArray


def weighted_sum(
    ctx: Lowering, layout: Layout, source: Fixed, weights: Constants, bias: Constants
) -> None:
    """Lower a dense or convolutional layer; its result is the layer's.

    Args:
        ctx: The layer.
        layout: What is added.
        source: The inputs.
        weights: int64 [M, K].
        bias: int64 [M].

    Raises:
        CompileError: HW0292 where an accumulator saturates.
    """
    accumulator, result = ctx.format("accum_t"), ctx.result_format()
    both = source.format.is_bit and weights.format.is_bit
    terms = terms_of(source, weights)
    start = accumulator.of_integers(bias.values, bias.format.fraction)
    value, fraction, offset = accumulated(ctx, layout, source.value, terms, accumulator, start)
    if both:  # cast<> of nnet_mult.h: agreements become a sum of -1 and +1
        fan_in = weights.values.shape[1] << max(fraction, 0)
        value, offset = ctx.scaled(value, 2), 2 * offset - fan_in
    ctx.finish(ctx.assigned(value, fraction, result, offset), result)


def terms_of(source: Fixed, weights: Constants) -> Terms:
    """Integer weights of whatever product hls4ml chooses (`nnet::product`)."""
    values, fraction = weights.values, source.fraction + weights.format.fraction
    none = np.zeros(values.shape[0], dtype=np.int64)
    if weights.format.bipolar:
        signs = 2 * values - 1
        if not source.format.bipolar:
            return Terms(signs, source.fraction, none)
        return Terms(signs, 0, np.sum(values == 0, axis=1))
    if source.format.bipolar:
        return Terms(2 * values, weights.format.fraction, -np.sum(values, axis=1))
    if weights.format.whole and weights.format.signed and weights.format.bits == 2:
        return Terms(np.where(values < -1, 1, values), fraction, none)
    return Terms(values, fraction, none)


def accumulated(
    ctx: Lowering,
    layout: Layout,
    value: str,
    terms: Terms,
    accumulator: Format,
    start: IntArray,
) -> tuple[str, int, IntArray]:
    """The accumulator behind all additions: a value, its digits, and what is still to be added.

    Args:
        ctx: The layer.
        layout: What is added.
        value: The inputs.
        terms: The products.
        accumulator: Where they are added.
        start: Its first contents, int64 [M].
    """
    terms, exact = _fitted(terms, accumulator)
    element = ctx.element(value)
    if layout.pads():
        element = IntType(min(element.low, 0), max(element.high, 0))
    if exact:
        low, high = _reach(terms, element, accumulator, start)
        total, fraction, offset = layout.total(ctx, value, terms.weights), terms.fraction, start
        shift = accumulator.fraction - fraction
        offset = offset + (terms.offset << shift)
        spare = min(shift, _spare_digits(offset))
        total = ctx.scaled(total, 1 << (shift - spare))
        fraction, offset = fraction + shift - spare, offset >> spare
    else:
        if np.any(terms.offset):
            raise _dropped_bits(ctx, accumulator)
        each = replace(accumulator, overflow="wrap", symmetric=False)
        products, taps = layout.products(ctx, value, terms.weights)
        low, high = _reach_of_casts(terms, element, accumulator, start)
        wide = _widened(each, terms, element)
        cast = ctx.assigned(products, terms.fraction, wide)
        total, fraction = ctx.emit(Reduce("sum", taps), cast), accumulator.fraction
        offset = start
    if low >= accumulator.low and high <= accumulator.high:
        return total, fraction, offset
    if accumulator.overflow != "wrap":
        raise ctx.refuse(
            "HW0292",
            f"the accumulator {accumulator.bits} bits wide may saturate: its sums reach from "
            f"{low} to {high} where it holds {accumulator.low} to {accumulator.high}",
            "then the result depends on the order of the additions",
            "a wider accum_t, accum_t 'auto', or AP_WRAP for it",
        )
    wrapped = ctx.assigned(total, fraction, accumulator, offset)
    return wrapped, accumulator.fraction, np.zeros_like(offset)


def _dropped_bits(ctx: Lowering, accumulator: Format) -> CompileError:
    return ctx.refuse(
        "HW0292",
        f"the accumulator has {accumulator.fraction} binary digits, fewer than the weights",
        "products with bits that mean -1 and +1 are not rounded one by one",
        "a finer accum_t, or accum_t 'auto'",
    )


def _fitted(terms: Terms, accumulator: Format) -> tuple[Terms, bool]:
    """The products with digits that no weight uses left out; whether the accumulator keeps all."""
    excess = terms.fraction - accumulator.fraction
    if excess <= 0:
        return terms, True
    unit = 1 << excess
    if np.any(terms.weights % unit) or np.any(terms.offset % unit):
        return terms, False
    return Terms(terms.weights >> excess, accumulator.fraction, terms.offset >> excess), True


def _spare_digits(offset: IntArray) -> int:
    """How many last digits are zero in every entry."""
    used = int(np.bitwise_or.reduce(offset.reshape(-1)))
    return 62 if used == 0 else (used & -used).bit_length() - 1


def _reach(terms: Terms, element: IntType, accumulator: Format, start: IntArray) -> tuple[int, int]:
    """Least and greatest partial sum in any order, in the accumulator's steps."""
    shift = accumulator.fraction - terms.fraction
    ends = terms.weights * element.low, terms.weights * element.high
    least, most = np.minimum(start, 0).astype(object), np.maximum(start, 0).astype(object)
    bits = terms.offset.astype(object) << shift
    low = least + (np.minimum(np.minimum(*ends), 0).sum(axis=1).astype(object) << shift)
    high = most + (np.maximum(np.maximum(*ends), 0).sum(axis=1).astype(object) << shift)
    return int((low + np.minimum(bits, 0)).min()), int((high + np.maximum(bits, 0)).max())


def _reach_of_casts(
    terms: Terms, element: IntType, accumulator: Format, start: IntArray
) -> tuple[int, int]:
    """The same where every product is cast first, which adds less than a step to it."""
    excess = terms.fraction - accumulator.fraction
    ends = terms.weights * element.low, terms.weights * element.high
    low = np.floor_divide(np.minimum(np.minimum(*ends), 0), 1 << excess).sum(axis=1)
    high = -np.floor_divide(-np.maximum(np.maximum(*ends), 0), 1 << excess).sum(axis=1)
    return int((low + np.minimum(start, 0)).min()), int((high + np.maximum(start, 0)).max())


def _widened(form: Format, terms: Terms, element: IntType) -> Format:
    """The format with so many more bits that no product overflows it."""
    most = int(np.abs(terms.weights).max()) * max(abs(element.low), abs(element.high))
    excess = terms.fraction - form.fraction
    bits = max((most >> excess).bit_length() + 2, form.bits)
    return replace(form, bits=bits, integer=bits - form.fraction, signed=True)
