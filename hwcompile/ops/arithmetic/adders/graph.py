"""Adder graphs: a constant matrix times a vector, by additions and subtractions of shifted sums."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.ir.types import IntArray, IntType


@dataclass(frozen=True)
class Term:
    """A shifted sum: `±(node << shift)`.

    Attributes:
        node: An input, or `inputs` and more for an adder.
        shift: Bits to the left.
        minus: Whether it is subtracted.
    """

    node: int
    shift: int = 0
    minus: bool = False

    def times(self, shift: int, *, minus: bool = False) -> Term:
        """The same, shifted further and with another sign if `minus`."""
        if not (shift or minus):
            return self
        return Term(self.node, self.shift + shift, self.minus != minus)


@dataclass(frozen=True)
class Adder:
    """`(left + right) >> drop`; at most one is subtracted, at least one is not shifted.

    Attributes:
        left: An operand.
        right: The other.
        drop: Lowest bits of the sum, which are always zero.
    """

    left: Term
    right: Term
    drop: int = 0

    @property
    def terms(self) -> tuple[Term, Term]:
        """Both operands."""
        return self.left, self.right

    @property
    def passed(self) -> int:
        """Lowest bits of the sum that are those of one operand, so no adder makes them."""
        for term, other in (self.terms, self.terms[::-1]):
            if other.shift and not term.minus:
                return other.shift
        return 0


@dataclass(frozen=True, eq=False)
class AdderGraph:
    """Sums of inputs, each node of earlier ones.

    Attributes:
        low: Least value of every input, int64 [inputs].
        high: Greatest value of every input, int64 [inputs].
        adders: Node `inputs + i` is adder i.
        outputs: What leaves, None for zero.
        constants: What is added to every output; empty for nothing.
    """

    low: IntArray
    high: IntArray
    adders: tuple[Adder, ...]
    outputs: tuple[Term | None, ...]
    constants: tuple[int, ...] = ()

    @property
    def inputs(self) -> int:
        """How many."""
        return int(self.low.size)

    @cached_property
    def vectors(self) -> IntArray:
        """Weights of the inputs in every node, int64 [inputs + adders, inputs]."""
        found = np.zeros((self.inputs + len(self.adders), self.inputs), dtype=np.int64)
        found[: self.inputs] = np.eye(self.inputs, dtype=np.int64)
        for at, adder in enumerate(self.adders, self.inputs):
            found[at] = sum(term_weights(found, term) for term in adder.terms) >> adder.drop
        return found

    @property
    def matrix(self) -> IntArray:
        """Weights of the inputs in every output, int64 [outputs, inputs]."""
        rows = [
            np.zeros(self.inputs, dtype=np.int64)
            if term is None
            else term_weights(self.vectors, term)
            for term in self.outputs
        ]
        return np.stack(rows)

    @cached_property
    def types(self) -> tuple[IntType, ...]:
        """The exact interval of every node: inputs do not depend on each other."""
        lows, highs = reachable(self.vectors, self.low, self.high)
        return tuple(map(IntType, lows.tolist(), highs.tolist()))

    @cached_property
    def bits(self) -> tuple[int, ...]:
        """Bits of every node: of its type, or fewer where nobody reads the highest."""
        wanted = [0] * len(self.types)
        for term in self.outputs:
            if term is not None:
                wanted[term.node] = self.types[term.node].bits
        for at in reversed(range(self.inputs, len(wanted))):
            wanted[at] = min(wanted[at], self.types[at].bits)
            adder = self.adders[at - self.inputs]
            for term in adder.terms:
                needed = wanted[at] + adder.drop - term.shift
                wanted[term.node] = max(wanted[term.node], needed)
        return tuple(min(bits, kind.bits) for bits, kind in zip(wanted, self.types, strict=True))

    @cached_property
    def adder_bits(self) -> tuple[int, ...]:
        """Bits that every adder adds: those of its sum without those that are passed on."""
        return tuple(
            max(bits + adder.drop - adder.passed, 0)
            for adder, bits in zip(self.adders, self.bits[self.inputs :], strict=True)
        )

    @cached_property
    def finished(self) -> tuple[bool, ...]:
        """For every output, whether an adder behind its node negates it or adds a constant."""
        constants = self.constants or (0,) * len(self.outputs)
        return tuple(
            term is not None and (term.minus or constant != 0)
            for term, constant in zip(self.outputs, constants, strict=True)
        )

    @property
    def finishing_bits(self) -> int:
        """Bits of the adders behind nodes that leave with another sign, or with a constant."""
        pairs = zip(self.outputs, self.finished, strict=True)
        return sum(self.bits[term.node] + 1 for term, more in pairs if term is not None and more)

    @property
    def cost(self) -> int:
        """Bits of all adders."""
        return sum(self.adder_bits) + self.finishing_bits

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """Adders one after the other in front of every node and in it; 0 for inputs."""
        found = [0] * self.inputs
        for adder in self.adders:
            found.append(1 + max(found[term.node] for term in adder.terms))
        return tuple(found)

    @property
    def depth(self) -> int:
        """Adders one after the other."""
        pairs = zip(self.outputs, self.finished, strict=True)
        return max((self.levels[t.node] + more for t, more in pairs if t is not None), default=0)

    def evaluate(self, values: IntArray) -> IntArray:
        """Outputs for inputs, by adders whose sums wrap in `bits`; for tests and for readers.

        Args:
            values: int64 [n, inputs].

        Returns:
            int64 [n, outputs].
        """
        nodes = [np.asarray(values[:, i], dtype=np.int64) for i in range(self.inputs)]
        for at, adder in enumerate(self.adders, self.inputs):
            left, right = (_signed(nodes[t.node] << t.shift, t.minus) for t in adder.terms)
            nodes.append(
                _wrapped((left + right) >> adder.drop, self.bits[at], self.types[at].signed)
            )
        zero = np.zeros(values.shape[0], dtype=np.int64)
        leaving = [
            zero if t is None else _signed(nodes[t.node] << t.shift, t.minus) for t in self.outputs
        ]
        return np.stack(leaving, axis=1) + np.array(self.constants or (0,), dtype=np.int64)


def term_weights(vectors: IntArray, term: Term) -> IntArray:
    """Weights of the inputs in a term."""
    shifted: IntArray = vectors[term.node] << term.shift
    return -shifted if term.minus else shifted


def reachable(vectors: IntArray, low: IntArray, high: IntArray) -> tuple[IntArray, IntArray]:
    """Least and greatest sums of weights [n, inputs] for inputs between `low` and `high`."""
    plus: IntArray = np.maximum(vectors, 0)
    minus: IntArray = np.minimum(vectors, 0)
    least: IntArray = plus @ low + minus @ high
    most: IntArray = plus @ high + minus @ low
    return least, most


def _signed(values: IntArray, minus: bool) -> IntArray:
    return -values if minus else values


def _wrapped(values: IntArray, bits: int, signed: bool) -> IntArray:
    if bits == 0:
        return np.zeros_like(values)
    rest = values & ((1 << bits) - 1)
    return np.where(rest >> (bits - 1) & 1, rest - (1 << bits), rest) if signed else rest
