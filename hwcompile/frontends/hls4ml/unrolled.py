"""Recurrent cells step by step, each step operations of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hwcompile.frontends.hls4ml.activations import positive_part, tabled
from hwcompile.frontends.hls4ml.formats import Format
from hwcompile.frontends.hls4ml.recurrence import Function, Matrix, Recurrence
from hwcompile.frontends.hls4ml.values import Fixed, Lowering
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.elementwise.op import Linear, Product

MOST_STEPS = 64
"""Each has circuits of its own."""


@dataclass(frozen=True)
class States:
    """Values (1, 1, C) in front of a step; None for zeros.

    Attributes:
        h: What the cell put out last.
        s: An LSTM's state.
    """

    h: str | None = None
    s: str | None = None


def unrolled(ctx: Lowering, cell: Recurrence, source: Fixed, first: States) -> str:
    """The states behind all steps, (1, T, C).

    Args:
        ctx: The layer.
        cell: What it computes.
        source: The inputs (1, T, X).
        first: The states before the first step.

    Raises:
        CompileError: HW0295 for more than `MOST_STEPS` steps.
    """
    count = ctx.kind(source.value).shape[1]
    if count > MOST_STEPS:
        raise ctx.refuse(
            "HW0295",
            f"the sequence has {count} steps",
            f"with these formats and functions every step has circuits of its own, {MOST_STEPS} "
            "of them at most",
            "a shorter sequence",
        )
    steps = _Steps(ctx, cell, source)
    found, states = [], first
    for number in range(count):
        states = steps.after(number, states)
        assert states.h is not None
        found.append(states.h)
    if count == 1:
        return found[0]
    return ctx.shaped(ctx.emit(Concat(), *found), (1, count, cell.units))


@dataclass
class _Steps:
    """The steps of a cell; `xs` holds the sums over all inputs, in the accumulator."""

    ctx: Lowering
    cell: Recurrence
    source: Fixed
    xs: str = field(init=False)

    def __post_init__(self) -> None:
        self.xs = self._sums(self.source, self.cell.x)

    def after(self, number: int, states: States) -> States:
        """The states behind a step."""
        if self.cell.kind == "LSTM":
            return self._lstm(number, states)
        return States(self._gru(number, states))

    def _lstm(self, number: int, states: States) -> States:
        cell, acc, state = self.cell, self.cell.accumulator, self.cell.state
        sums = self._both(self._of_x(number, 0, 4), self._of_h(states.h), 0, 4)
        i, f, o = (self._applied(cell.gate, self._part(sums, n), acc) for n in (0, 1, 3))
        g = self._applied(cell.inner, self._part(sums, 2), acc)
        terms = [(self.ctx.emit(Product(), g, i), 2 * acc.fraction)]
        if states.s is not None:
            terms.append((self.ctx.emit(Product(), states.s, f), acc.fraction + state.fraction))
        s = self._summed(terms, state)
        squashed = self._applied(cell.inner, s, state)
        product = self.ctx.emit(Product(), o, squashed)
        return States(self.ctx.assigned(product, 2 * acc.fraction, state), s)

    def _gru(self, number: int, states: States) -> str:
        ctx, cell, acc = self.ctx, self.cell, self.cell.accumulator
        of_h = self._of_h(states.h)
        sums = self._both(self._of_x(number, 0, 2), of_h, 0, 2)
        first, second = (self._applied(cell.gate, self._part(sums, n), acc) for n in (0, 1))
        r, z = (first, second) if cell.reset_first else (second, first)
        if of_h is None:
            weights = np.ascontiguousarray(cell.h.bias[2 * cell.units :].reshape(1, -1))
            reset = ctx.emit(Depthwise(weights), r)
        else:
            reset = ctx.emit(Product(), r, self._part(of_h, 2))
        reset = ctx.assigned(reset, 2 * acc.fraction, acc)
        total = ctx.emit(Linear((1, 1), 0), self._of_x(number, 2, 3), reset)
        n = self._applied(cell.inner, ctx.assigned(total, acc.fraction, acc), acc)
        digits = max(acc.fraction, 0)
        rest = ctx.scaled(z, -(1 << (digits - acc.fraction)), 1 << digits)
        terms = [(ctx.emit(Product(), n, rest), acc.fraction + digits)]
        if states.h is not None:
            kept = ctx.emit(Product(), states.h, z)
            terms.append((kept, cell.state.fraction + acc.fraction))
        return self._summed(terms, cell.state)

    def _sums(self, source: Fixed, matrix: Matrix) -> str:
        """A dense layer up to its accumulator."""
        ctx, acc = self.ctx, self.cell.accumulator
        sums = matrix.sums(ctx, source, acc)
        value, fraction, offset = sums.accumulated(lambda: matrix.order(ctx))
        return ctx.assigned(value, fraction, acc, offset)

    def _of_x(self, number: int, first: int, end: int) -> str:
        """Some of the sums over the inputs of a step."""
        height, width, channels = self.ctx.kind(self.xs).shape
        places = np.arange(width * channels, dtype=np.int64).reshape(height, width, channels)
        chosen = places[:, number : number + 1, first * self.cell.units : end * self.cell.units]
        return self.ctx.picked(self.xs, np.ascontiguousarray(chosen))

    def _of_h(self, h: str | None) -> str | None:
        """All sums over the state; None where they are their biases."""
        if h is None:
            return None
        shape = (1, 1, self.cell.units)
        state = Fixed(h, shape, self.cell.state.fraction, self.cell.state)
        return self._sums(state, self.cell.h)

    def _both(self, of_x: str, of_h: str | None, first: int, end: int) -> str:
        """Some of both sums, added."""
        ctx, acc, units = self.ctx, self.cell.accumulator, self.cell.units
        if of_h is None:
            return ctx.assigned(
                of_x, acc.fraction, acc, self.cell.h.bias[first * units : end * units]
            )
        total = ctx.emit(Linear((1, 1), 0), of_x, self._part(of_h, first, end))
        return ctx.assigned(total, acc.fraction, acc)

    def _part(self, value: str, first: int, end: int | None = None) -> str:
        """The sums of a gate, or of all from one to another."""
        units, last = self.cell.units, first + 1 if end is None else end
        places = np.arange(first * units, last * units, dtype=np.int64)
        return self.ctx.picked(value, places.reshape(1, 1, -1))

    def _applied(self, function: Function, value: str, form: Format) -> str:
        """The function of numbers in a format, in the accumulator's."""
        source = Fixed(value, self.ctx.kind(value).shape, form.fraction, form)
        acc = self.cell.accumulator
        if function.name == "relu":
            return positive_part(self.ctx, source, acc)
        return tabled(self.ctx, source, function.name, function.size, function.table, acc)

    def _summed(self, terms: list[tuple[str, int]], form: Format) -> str:
        """Values with their digits, added exactly and assigned once."""
        digits = max(fraction for _, fraction in terms)
        values = [self.ctx.scaled(v, 1 << (digits - fraction)) for v, fraction in terms]
        total = values[0] if len(values) == 1 else self.ctx.emit(Linear((1, 1), 0), *values)
        return self.ctx.assigned(total, digits, form)
