"""ScaledLstm: a cell whose sums are scaled by any factors, as integer executors have them.

`Lstm` knows powers of two alone, so that its sums share one accumulator. Here every gate's sum over
y has a factor of its own and is rounded before it meets what x adds, which comes in as a stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hwcompile.ir.hull import hull
from hwcompile.ir.op import Op
from hwcompile.ir.types import Encoding, IntArray, IntType, TensorType
from hwcompile.ops.matmul.op import exact_dtype

GATES = 4
SHORT = IntType(-(2**15), 2**15 - 1)
"""What gates and cell states are kept in."""

ONE = 2**15
"""Of activations: 15 binary digits."""

_MOST_SUM = 2**31


@dataclass(frozen=True)
class Rescaling:
    """`nearest_away(half_up(x * mantissa / 2^first) / 2^second)`.

    Attributes:
        mantissa: From 0 to 2^31 - 1.
        first: Digits that are dropped of the product, from 1 to 31.
        second: Digits that are dropped then, from 0 to 31.
    """

    mantissa: int
    first: int
    second: int

    def __call__(self, x: IntArray) -> IntArray:
        """On int64 of any shape, below 2^31 in magnitude."""
        whole = (x * self.mantissa + (1 << (self.first - 1))) >> self.first
        return nearest_away(whole, self.second)

    @property
    def legal(self) -> bool:
        """Whether all numbers are within their limits."""
        return 0 <= self.mantissa < 2**31 and 1 <= self.first <= 31 and 0 <= self.second <= 31

    def holds(self, most: int) -> bool:
        """Whether numbers up to `most` in magnitude stay within 32 bits."""
        return (most * self.mantissa + (1 << (self.first - 1))) >> self.first < 2**31


@dataclass(frozen=True, eq=False)
class ScaledLstm(Op):
    """Steps of a cell with C units; a frame is (1, T, 4*C), (1, 1, C) and (1, 1, C).

    The first input holds what x adds to the gates i, f, candidate, o of each unit, gate g of unit j
    at 4*j + g; the second one y of the step before the first, the third one c. The result
    (1, T, 2*C) has y and c of every step, of unit j at 2*j and 2*j + 1. Each step computes::

        z[g] = clamp(a[g] + factors[g](recurrent[g] y' + bias[g]))      to 16 bits
        i, f, o = sigma(z);  g = candidate(z)
        c = clamp(nearest_away(f c', 15) + nearest_away(i g, new_digits))         to c_type
        y = clamp(factors[4](o squash(c)) + zero)                           to y_type

    with `nearest_away(v, n)` = v / 2^n, halves away from zero. A function is a table of what it is
    of 0 to 2^15 - 1; of x < 0 it is `mirror - table[-x]`, and -2^15 is taken as the number above.

    Attributes:
        recurrent: int64 [4, C, C].
        bias: int64 [4, C], in units of the sums.
        rescalings: int64 [5, 3]: mantissas and digits (`Rescaling`) of the gates' sums, and of
            products of two activations.
        sigma: int64 [2^15], from 0 to 2^15 - 1; its mirror is 2^15 - 1.
        candidate: Likewise; its mirror is 0.
        squash: Likewise; its mirror is 0.
        new_digits: See above, from 15 to 30.
        c_type: Within 16 bits.
        zero: Zero point of y.
        y_type: Within 16 bits.
    """

    family: ClassVar[str] = "lstm"

    recurrent: IntArray
    bias: IntArray
    rescalings: IntArray
    sigma: IntArray
    candidate: IntArray
    squash: IntArray
    new_digits: int
    c_type: IntType
    zero: int
    y_type: IntType

    @property
    def units(self) -> int:
        """C."""
        return int(self.recurrent.shape[1])

    @property
    def factors(self) -> tuple[Rescaling, ...]:
        """Those of the gates, and that of products of two activations."""
        return tuple(Rescaling(*(int(n) for n in numbers)) for numbers in self.rescalings)

    @property
    def largest_sum(self) -> int:
        """Bound on the magnitude of a gate's sum over y, partial sums included."""
        most = max(abs(self.y_type.low), abs(self.y_type.high))
        sums = np.abs(self.recurrent).sum(axis=2) * most + np.abs(self.bias)
        return int(sums.max())

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        if len(inputs) != 3:
            return [f"it takes three inputs, not {len(inputs)}"]
        return self._shapes(inputs) or self._numbers(inputs)

    def _shapes(self, inputs: tuple[TensorType, ...]) -> list[str]:
        shape = self.recurrent.shape
        if len(shape) != 3 or shape[0] != GATES or not shape[1] or shape[1] != shape[2]:
            return [f"its recurrent weights have the shape {shape} instead of [4, C, C]"]
        if self.bias.shape != shape[:2] or self.rescalings.shape != (5, 3):
            return ["it has a bias of another shape than [4, C], or rescalings than [5, 3]"]
        units, (own, *states) = self.units, inputs
        if own.shape[0] != 1 or own.channels != GATES * units:
            return [f"its first input is {own}, not 1 x T x {GATES * units}"]
        if any(kind.shape != (1, 1, units) for kind in states):
            return [f"its states are {states[0]} and {states[1]}, not 1 x 1 x {units}"]
        return []

    def _numbers(self, inputs: tuple[TensorType, ...]) -> list[str]:
        kinds = [kind.element for kind in inputs]
        if any(kind.encoding is Encoding.BIPOLAR for kind in kinds):
            return ["an operand is bipolar; it adds integers"]
        limits = (SHORT, self.y_type, SHORT)
        if any(hull(a, b) != b for a, b in zip(kinds, limits, strict=True)):
            return [f"its inputs are {kinds}, beyond {list(limits)}"]
        if any(hull(kind, SHORT) != SHORT or kind.low >= 0 for kind in (self.y_type, self.c_type)):
            return ["y and c have at most 16 bits, and a sign"]
        tables = (self.sigma, self.candidate, self.squash)
        if any(t.shape != (ONE,) or t.min() < 0 or t.max() >= ONE for t in tables):
            return ["a function is 2^15 numbers from 0 to 2^15 - 1"]
        if not all(r.legal for r in self.factors):
            return ["a factor has 31 bits, of whose products 1 to 31 digits and up to 31 more go"]
        if not 15 <= self.new_digits <= 30 or not SHORT.low <= self.zero <= SHORT.high:
            return ["a product of activations loses 15 to 30 digits, and y has a zero in 16 bits"]
        if np.abs(self.recurrent).max() >= ONE or self.largest_sum >= _MOST_SUM:
            return ["weights have at most 16 bits, and sums 32"]
        reaches = (*[self.largest_sum] * GATES, (ONE - 1) ** 2)
        if not all(r.holds(most) for r, most in zip(self.factors, reaches, strict=True)):
            return ["a sum or a product of activations has more than 32 bits, scaled"]
        return []

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """(1, T, 2*C) of what y and c have together."""
        kind = hull(self.y_type, self.c_type)
        return (TensorType((1, inputs[0].shape[1], 2 * self.units), kind),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Exact; int64 [frames, 1, T, 4*C] and twice [frames, 1, 1, C] to [frames, 1, T, 2*C]."""
        own, y, c = values
        count, steps = own.shape[0], own.shape[2]
        gates = own.reshape(count, steps, self.units, GATES)
        y, c = y.reshape(count, -1), c.reshape(count, -1)
        kind = exact_dtype(self.largest_sum)
        matrix = self.recurrent.reshape(-1, self.units).T.astype(kind)
        found = np.empty((count, steps, self.units, 2), dtype=np.int64)
        for step in range(steps):
            sums = np.rint(y.astype(kind) @ matrix).astype(np.int64).reshape(count, GATES, -1)
            y, c = self._step(gates[:, step], sums + self.bias, c)
            found[:, step] = np.stack([y, c], axis=-1)
        return (found.reshape(count, 1, steps, -1),)

    def _step(self, own: IntArray, sums: IntArray, c: IntArray) -> tuple[IntArray, IntArray]:
        """Y and c, [frames, C], from what x adds [frames, C, 4] and sums over y [frames, 4, C]."""
        z = [
            np.clip(own[:, :, g] + rescaled(sums[:, g]), SHORT.low, SHORT.high)
            for g, rescaled in enumerate(self.factors[:GATES])
        ]
        i, f, o = (_mirrored(self.sigma, z[g], ONE - 1) for g in (0, 1, 3))
        g = _mirrored(self.candidate, z[2], 0)
        c = nearest_away(f * c, 15) + nearest_away(i * g, self.new_digits)
        c = np.clip(c, self.c_type.low, self.c_type.high)
        y = self.factors[GATES](o * _mirrored(self.squash, c, 0)) + self.zero
        return np.clip(y, self.y_type.low, self.y_type.high), c


def nearest_away(values: IntArray, digits: int) -> IntArray:
    """`values / 2^digits`, int64 of the same shape, halves away from zero."""
    if not digits:
        return values
    found: IntArray = (values + (1 << (digits - 1)) - (values < 0)) >> digits
    return found


def _mirrored(table: IntArray, x: IntArray, mirror: int) -> IntArray:
    found = table[np.minimum(np.abs(x), ONE - 1)]
    return np.where(x < 0, mirror - found, found)
