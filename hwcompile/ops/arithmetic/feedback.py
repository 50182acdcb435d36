"""Weights of single bits that a linear feedback shift register makes: nothing is stored.

A sequence of bits is one of a register of L places if every bit is the same sum modulo 2 of the L
bits before it. The shortest register of a sequence is found by the algorithm of Massey,
"Shift-register synthesis and BCH decoding", IEEE Transactions on Information Theory 15(1), 1969;
bits that are no such sequence need a register about half as long as they are.

The state at bit i is the bits i to i + L - 1. Steps are linear, and so is every bit at a fixed
distance: lanes read sums of places of one state, whatever block of a matrix they are at.

    >>> shortest([0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1], 8)
    ShiftRegister(length=3, taps=3, seed=4)
    >>> ShiftRegister(length=3, taps=3, seed=4).moved(1)  # places 1, 2, and 0 plus 1
    (2, 4, 3)
    >>> shortest([0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1], 3)  # one bit is another, and none makes them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.instance import Each, Value
from hwcompile.ops.contract.needs import Resources

MAX_LENGTH = 31
MIN_BITS = 4
"""Bits of a sequence for each place of a register, so that it is no chance."""

LEAST_BITS = 64
"""Fewer take no more room than what would make them."""

MAX_BITS = 1 << 18
"""Longer sequences would take long to look through."""

Rows = tuple[int, ...]
"""A matrix of bits: bit j of row n says whether place n of the next state sums place j."""


@dataclass(frozen=True)
class ShiftRegister:
    """A linear feedback shift register.

    Attributes:
        length: L.
        taps: Bit j says that place j is one of those that make the next bit; bit 0 is set.
        seed: Bit j is bit j of the sequence.
    """

    length: int
    taps: int
    seed: int

    def moved(self, distance: int) -> Rows:
        """The state so many bits further on, or back, from the state."""
        length, taps = self.length, self.taps
        if distance >= 0:
            step = (*(1 << (n + 1) for n in range(length - 1)), taps)
        else:
            step = (1 << (length - 1) ^ taps >> 1, *(1 << (n - 1) for n in range(1, length)))
        found: Rows = tuple(1 << n for n in range(length))
        count = abs(distance)
        while count:
            if count & 1:
                found = _product(step, found)
            step, count = _product(step, step), count >> 1
        return found


def _product(left: Rows, right: Rows) -> Rows:
    """The matrix that is `left` after `right`."""
    found = []
    for row in left:
        total = 0
        for place, other in enumerate(right):
            if row >> place & 1:
                total ^= other
        found.append(total)
    return tuple(found)


def shortest(bits: Sequence[int], limit: int = MAX_LENGTH) -> ShiftRegister | None:
    """The shortest register of a sequence; None where it is longer than `limit`, or not cyclic."""
    feedback, before, length, gap = 1, 1, 0, 1  # bit i of a feedback: the bit i places back
    past, mask = 0, (1 << limit) - 1
    for number, bit in enumerate(bits):
        wrong = bit ^ ((feedback >> 1 & past).bit_count() & 1)
        if wrong and 2 * length <= number:
            length, feedback, before, gap = (
                number + 1 - length,
                feedback ^ before << gap,
                feedback,
                1,
            )
            if length > limit:
                return None
        else:
            feedback, gap = feedback ^ (before << gap if wrong else 0), gap + 1
        past = (past << 1 | bit) & mask
    if length == 0 or not feedback >> length & 1:
        return None
    taps = sum((feedback >> back & 1) << (length - back) for back in range(1, length + 1))
    seed = sum(int(bit) << place for place, bit in enumerate(bits[:length]))
    return ShiftRegister(length, taps, seed)


@dataclass(frozen=True)
class Sequenced:
    """A matrix of bits whose element (m, k) is bit `row * m + column * k` of a sequence."""

    register: ShiftRegister
    row: int
    column: int

    def made(self, pe: int, simd: int, folds: int, steps: int) -> Made:
        """What makes blocks of `pe` x `simd`, folds of steps one after the other."""
        register, step = self.register, simd * self.column
        lanes = ((p, s) for p in range(pe) for s in range(simd))
        return Made(
            register.length,
            register.seed,
            steps,
            register.moved(step),
            register.moved(pe * self.row - (steps - 1) * step) if folds > 1 else register.moved(0),
            tuple(register.moved(p * self.row + s * self.column)[0] for p, s in lanes),
        )


@dataclass(frozen=True)
class Made:
    """A register in the place of a memory of weights.

    Attributes:
        length: Places.
        seed: State of the first block.
        steps: Blocks of a fold.
        step: To the next block.
        jump: To the first block of the next fold.
        lanes: For each lane the places that its weight sums.
    """

    length: int
    seed: int
    steps: int
    step: Rows
    jump: Rows
    lanes: Rows

    def parameters(self) -> dict[str, Value]:
        """Of `hw_matvec`, by name, without its length; see `Dot.plan`."""
        rows = (self.seed, *self.step, *self.jump, *self.lanes)
        return {"MadeRows": Each(rows, self.length)}

    def recoded(self, simd: int, stored: Callable[[IntArray], IntArray]) -> Made | None:
        """What makes the bits that are stored for those of `simd` lanes of a row side by side.

        Args:
            simd: Divides the lanes.
            stored: Bits int64 [n, simd] as they are stored; each a sum modulo 2 of them.

        Returns:
            None where a constant is added to the sums.
        """
        if stored(np.zeros((1, simd), dtype=np.int64)).any():
            return None
        sums = stored(np.eye(simd, dtype=np.int64))  # [bit, bits that it counts in]
        lanes = []
        for first in range(0, len(self.lanes), simd):
            for place in range(simd):
                total = 0
                for bit in np.flatnonzero(sums[:, place]):
                    total ^= self.lanes[first + int(bit)]
                lanes.append(total)
        return replace(self, lanes=tuple(lanes))

    @property
    def needs(self) -> Resources:
        """Sums of two inputs in tables, five of them in one; the state and the step."""
        rows = (*self.step, *self.jump, *self.lanes)
        sums = sum(-(-max(row.bit_count() - 1, 0) // 5) for row in rows)
        count = max(self.steps - 1, 1).bit_length()
        return Resources(lut=sums + self.length + 2 * count, ff=self.length + 2 * count)


def sequenced(matrix: IntArray) -> Sequenced | None:
    """The register that makes a matrix of bits [M, K], row after row or column after column."""
    if not LEAST_BITS <= matrix.size <= MAX_BITS:
        return None
    rows, columns = matrix.shape
    for flat, distances in (
        (matrix.reshape(-1), (columns, 1)), (matrix.T.reshape(-1), (1, rows))
    ):  # fmt: skip
        register = shortest(flat.tolist(), min(MAX_LENGTH, flat.size // MIN_BITS))
        if register is not None:
            return Sequenced(register, *distances)
    return None


@lru_cache(maxsize=64)
def _cached(shape: tuple[int, int], contents: bytes) -> Sequenced | None:
    bits = np.unpackbits(np.frombuffer(contents, dtype=np.uint8), count=shape[0] * shape[1])
    return sequenced(bits.astype(np.int64).reshape(shape))


def sequence_of(matrix: IntArray) -> Sequenced | None:
    """`sequenced`, which planners ask for every folding."""
    rows, columns = matrix.shape
    return _cached((rows, columns), np.packbits(matrix != 0).tobytes())
