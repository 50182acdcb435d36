"""Weighted sums as hls4ml's C++ forms them: products cast to `accum_t`, and added in it.

Where the accumulator holds every product and every partial sum, that is the plain sum. Where it
drops digits of products, each product is cast by itself. Where it wraps, wrapping once at the end
is the same. Where it saturates on the way, the products are added one by one, in hls4ml's order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.frontends.hls4ml.additions import added_in_order
from hwcompile.frontends.hls4ml.exponents import shifted
from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.layouts import Layout
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.frontends.hls4ml.weights import Constants
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.reduce.op import Reduce

Order = Callable[[], IntArray]
"""The terms of every sum in the order of their addition, int64 [1 or M, K]."""


@dataclass(frozen=True, eq=False)
class Terms:
    """A sum of products before its accumulator.

    Attributes:
        weights: int64 [M, K], -1 and +1 for bits that mean that.
        fraction: Digits behind the point of the products.
        offset: What bits that mean -1 and +1 add to every product, int64 [M, K].
    """

    weights: IntArray
    fraction: int
    offset: IntArray

    def ends(self, element: IntType) -> tuple[IntArray, IntArray]:
        """Least and greatest of every product, int64 [M, K]."""
        one, other = (self.weights * end + self.offset for end in (element.low, element.high))
        return np.minimum(one, other), np.maximum(one, other)

    def scaled(self, digits: int) -> Terms:
        """The same with so many more binary digits."""
        unit = 1 << digits
        return Terms(self.weights * unit, self.fraction + digits, self.offset * unit)

    def chosen(self, order: IntArray) -> Terms:
        """The terms in another order, int64 [1 or M, T]."""
        rows = np.broadcast_to(order, (self.weights.shape[0], order.shape[1]))
        return Terms(
            np.take_along_axis(self.weights, rows, axis=1),
            self.fraction,
            np.take_along_axis(self.offset, rows, axis=1),
        )


def weighted_sum(
    ctx: Lowering,
    layout: Layout,
    source: Fixed,
    weights: Constants,
    bias: Constants,
    order: Order,
) -> str:
    """A dense or convolutional layer in the format of its result.

    Args:
        ctx: The layer.
        layout: What is added.
        source: The inputs.
        weights: int64 [M, K].
        bias: int64 [M].
        order: Of the additions.
    """
    accumulator, result = ctx.format("accum_t"), ctx.result_format()
    both = source.format.is_bit and weights.format.is_bit
    start = accumulator.of_integers(bias.values, bias.format.fraction)
    if weights.format.exponent:
        sums, order = _of_powers(ctx, layout, source, weights, order, accumulator, start)
    else:
        terms = terms_of(source, weights)
        sums = Sums(ctx, layout, source.value, terms, accumulator, start)
    value, fraction, offset = sums.accumulated(order)
    if both:  # cast<> of nnet_mult.h: agreements become a sum of -1 and +1
        fan_in = weights.values.shape[1] << max(fraction, 0)
        value, offset = ctx.scaled(value, 2), 2 * offset - fan_in
    return ctx.assigned(value, fraction, result, offset)


def _of_powers(
    ctx: Lowering,
    layout: Layout,
    source: Fixed,
    weights: Constants,
    order: Order,
    accumulator: Format,
    start: IntArray,
) -> tuple[Sums, Order]:
    """Sums of products with powers of two, over all copies of the inputs."""
    found = shifted(ctx, source, weights)
    channels = ctx.kind(source.value).channels
    every, each = layout.copied(found.weights, channels)
    terms = Terms(each, found.fraction, np.zeros_like(each))

    def of_copies() -> IntArray:
        return layout.order_of_copies(order(), found.copies, channels)

    return Sums(ctx, every, found.value, terms, accumulator, start), of_copies


def terms_of(source: Fixed, weights: Constants) -> Terms:
    """Integer weights of whatever product hls4ml chooses (`nnet::product`)."""
    values, fraction = weights.values, source.fraction + weights.format.fraction
    none = np.zeros_like(values)
    if weights.format.bipolar:
        signs = 2 * values - 1
        if not source.format.bipolar:
            return Terms(signs, source.fraction, none)
        return Terms(signs, 0, (values == 0).astype(np.int64))
    if source.format.bipolar:
        return Terms(2 * values, weights.format.fraction, -values)
    if weights.format.whole and weights.format.signed and weights.format.bits == 2:
        return Terms(np.where(values < -1, 1, values), fraction, none)
    return Terms(values, fraction, none)


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of products in an accumulator.

    Attributes:
        ctx: The layer.
        layout: What is added.
        value: The inputs.
        terms: The products.
        accumulator: Where they are added.
        start: Its first contents, int64 [M].
    """

    ctx: Lowering
    layout: Layout
    value: str
    terms: Terms
    accumulator: Format
    start: IntArray

    def accumulated(self, order: Order) -> tuple[str, int, IntArray]:
        """The accumulator behind all additions: a value, its digits, what is still to be added."""
        accumulator, (terms, exact) = self.accumulator, _fitted(self.terms, self.accumulator)
        low, high = _reach(terms, self._element, accumulator, self.start)
        inside = low >= accumulator.low and high <= accumulator.high
        if not inside and accumulator.overflow != "wrap":
            value = self._limited(terms, order())
            return value, accumulator.fraction, np.zeros_like(self.start)
        value, fraction, offset = self._exact(terms) if exact else self._rounded(terms)
        if inside:
            return value, fraction, offset
        wrapped = self.ctx.assigned(value, fraction, accumulator, offset)
        return wrapped, accumulator.fraction, np.zeros_like(offset)

    @property
    def _element(self) -> IntType:
        """Of all factors."""
        element = self.ctx.element(self.value)
        if self.layout.pads():
            return IntType(min(element.low, 0), max(element.high, 0))
        return element

    def _exact(self, terms: Terms) -> tuple[str, int, IntArray]:
        """The plain sum."""
        total = self.layout.total(self.ctx, self.value, terms.weights)
        shift = self.accumulator.fraction - terms.fraction
        offset = self.start + (terms.offset.sum(axis=1) << shift)
        spare = min(shift, _spare_digits(offset))
        total = self.ctx.scaled(total, 1 << (shift - spare))
        return total, terms.fraction + shift - spare, offset >> spare

    def _rounded(self, terms: Terms) -> tuple[str, int, IntArray]:
        """Every product rounded, and the sum of these."""
        elements = self.layout.elements(self.ctx, self.value)
        products = self.layout.products(self.ctx, elements, terms.weights)
        form = replace(self.accumulator, overflow="wrap", symmetric=False)
        cast = self._cast(products, terms, _widened(form, terms, self._element))
        total = self.ctx.emit(Reduce("sum", terms.weights.shape[1]), cast)
        return total, self.accumulator.fraction, self.start

    def _limited(self, terms: Terms, order: IntArray) -> str:
        """Every product in the accumulator, and added there one after another."""
        ctx, accumulator = self.ctx, self.accumulator
        terms = terms.scaled(max(accumulator.fraction - terms.fraction, 0))
        used = np.any(terms.weights, axis=0) | np.any(terms.offset, axis=0)
        if order.shape[0] == 1 and np.any(used):
            order = order[:, used[order[0]]]
        chosen = terms.chosen(order)
        if np.any(self.start):
            first = self.start[:, None] << (terms.fraction - accumulator.fraction)
            order = np.insert(order, 0, -1, axis=1)
            chosen = Terms(
                np.hstack([first, chosen.weights]),
                chosen.fraction,
                np.hstack([np.zeros_like(first), chosen.offset]),
            )
        elements = self._picked(self.layout.elements(ctx, self.value), self.layout.places(order))
        products = self.layout.products(ctx, elements, chosen.weights)
        cast = self._cast(products, chosen, accumulator)
        return added_in_order(ctx, cast, order.shape[1], accumulator)

    def _picked(self, elements: str, places: IntArray) -> str:
        """Some elements of every pixel, -1 for the number 1."""
        height, width, size = self.ctx.kind(elements).shape
        pixels = np.arange(height * width, dtype=np.int64).reshape(height, width, 1) * size
        index = np.where(places.reshape(-1) < 0, -1, pixels + places.reshape(-1))
        return self.ctx.picked(elements, index, fill=1)

    def _cast(self, products: str, terms: Terms, form: Format) -> str:
        """Every product assigned to a format."""
        offset = np.ascontiguousarray(terms.offset.T).reshape(-1) if np.any(terms.offset) else None
        return self.ctx.assigned(products, terms.fraction, form, offset)


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
    low, high = terms.ends(element)
    least, most = np.minimum(low, 0), np.maximum(high, 0)
    excess = terms.fraction - accumulator.fraction
    if excess > 0:  # A product is rounded by less than a step.
        least, most = np.floor_divide(least, 1 << excess), -np.floor_divide(-most, 1 << excess)
    scale = 1 << max(-excess, 0)
    lowest = least.sum(axis=1).astype(object) * scale + np.minimum(start, 0)
    highest = most.sum(axis=1).astype(object) * scale + np.maximum(start, 0)
    return int(lowest.min()), int(highest.max())


def _widened(form: Format, terms: Terms, element: IntType) -> Format:
    """The format with so many more bits that no product overflows it."""
    low, high = terms.ends(element)
    most = max(abs(int(low.min())), abs(int(high.max())))
    excess = terms.fraction - form.fraction
    bits = max((most >> excess).bit_length() + 2, form.bits)
    return replace(form, bits=bits, integer=bits - form.fraction, signed=True)
