"""Gru: a gated recurrent unit on integers, with both conventions for the reset gate.

After Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine
translation", 2014 (reset before the matrix), and the variant of cuDNN, Keras (`reset_after`) and
ONNX (`linear_before_reset`), which resets after it. As in `Lstm`, scales appear only as shifts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.gru.bounds import Bounds, bounds
from hwcompile.ops.gru.legal import problems
from hwcompile.ops.matmul.op import exact_dtype
from hwcompile.ops.recurrent.op import Recurrent
from hwcompile.ops.recurrent.sequences import Sequences


@dataclass(frozen=True, eq=False)
class Gru(Recurrent):
    """A frame (1, T, X) is a sequence of T steps; the result is (1, T, C), the state h.

    Each step computes, with h' of the step before (zero at the start of a sequence)::

        s[g] = (wx[g] x << x_shift) + bias[g]                                   g = r, u, n
        r = sigma[(s[r] + (wr[r] h' << r_shift)) >> table_shifts[0]];  u likewise
        reset after:   v = (s[n] << n_shift) + r ((wr[n] h' << r_shift) + bias[3])
        reset before:  v = (s[n] << n_shift) + (wr[n] round(r h', reset_shift) << r_shift) + bias[3]
        n = candidate[v >> table_shifts[1]]
        h = round(((one - u) n << h_shifts[0]) + (u h' << h_shifts[1]), h_shifts[2])

    `round(v, s)` divides by 2**s as `rounding` says and clamps to `h_type`. Looking up clamps to
    the table, whose middle (element N/2) stands for zero; `>>` rounds down. Frames, `keep`,
    `channels` and the second input are those of `Lstm`.

    Attributes:
        wx: int64 [3, C, X], gates in the order r (reset), u (update), n (candidate).
        wr: int64 [3, C, C].
        bias: int64 [4, C]: of r, u, the candidate's input part and its recurrent part.
        x_shift, r_shift: Left shifts that bring both sums to one unit.
        n_shift: Left shift that brings the candidate's input part to the unit of its product.
        sigma, candidate: int64 [N], N a power of two.
        table_shifts: Right shifts in front of sigma and candidate.
        one: The integer that means 1 among the results of `sigma`.
        reset_shift: Right shift of r h'; counts only for reset before.
        h_shifts: See above.
        h_type: Format of h.
        rounding: `floor` or `half_up`.
        reset_after: Which of the two conventions.
        keep: Whether the state survives the end of a frame.
        channels: B, the number of sequences in step.
        takes_state: Whether a frame begins with a state of its own, the second input (1, 1, C*B).
    """

    family: ClassVar[str] = "gru"

    wx: IntArray
    wr: IntArray
    bias: IntArray
    x_shift: int
    r_shift: int
    n_shift: int
    sigma: IntArray
    candidate: IntArray
    table_shifts: tuple[int, ...]
    one: int
    reset_shift: int
    h_shifts: tuple[int, ...]
    h_type: IntType
    rounding: str
    reset_after: bool
    keep: bool
    channels: int = 1
    takes_state: bool = False

    @property
    def cells(self) -> int:
        """C, the size of the state."""
        return int(self.wx.shape[1])

    @property
    def inputs(self) -> int:
        """X, the size of the input vector."""
        return int(self.wx.shape[2])

    @property
    def states(self) -> tuple[tuple[int, IntType], ...]:
        """Of h."""
        return ((self.cells, self.h_type),)

    @cached_property
    def _bounds(self) -> dict[IntType, Bounds]:
        return {}

    def bounds(self, x: IntType) -> Bounds:
        """Intervals of all inner signals when the input is of type `x`."""
        if x not in self._bounds:
            self._bounds[x] = bounds(self, x)
        return self._bounds[x]

    def problems(self, inputs: tuple[TensorType, ...]) -> list[str]:
        """Why this instance is not legal on such inputs; empty when it is."""
        return problems(self, inputs)

    def infer(self, inputs: tuple[TensorType, ...]) -> tuple[TensorType, ...]:
        """(1, T, C*B) of the state's format."""
        return (TensorType((1, inputs[0].shape[1], self.cells * self.channels), self.h_type),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Exact; int64 [frames, 1, T, X*B] to int64 [frames, 1, T, C*B]."""
        given = Sequences.of(values, self.channels, self.keep, self.takes_state)
        kind = exact_dtype(self.bounds(inputs[0].element).largest_sum)
        wx = np.ascontiguousarray(self.wx.transpose(0, 2, 1)).astype(kind)
        wr = np.ascontiguousarray(self.wr.transpose(0, 2, 1)).astype(kind)
        h = given.first(0, self.cells)
        found = np.empty((given.count, given.steps, self.cells), dtype=np.int64)
        for step in range(given.steps):
            h = given.begun(step, h)
            parts = [_times(given.x[:, step], wx[g]) << self.x_shift for g in range(3)]
            h = self._step([p + self.bias[g] for g, p in enumerate(parts)], h, wr)
            found[:, step] = h
        return (given.joined(found),)

    def _step(self, sums: list[IntArray], h: IntArray, wr: np.ndarray) -> IntArray:
        """The state after a step, from the input parts of the gates [batch, C] and the state."""
        r, u = (
            _look_up(self.sigma, sums[g] + (_times(h, wr[g]) << self.r_shift), self.table_shifts[0])
            for g in range(2)
        )
        v = sums[2] << self.n_shift
        if self.reset_after:
            v = v + r * ((_times(h, wr[2]) << self.r_shift) + self.bias[3])
        else:
            reset = self._rounded(r * h, self.reset_shift)
            v = v + (_times(reset, wr[2]) << self.r_shift) + self.bias[3]
        n = _look_up(self.candidate, v, self.table_shifts[1])
        new = ((self.one - u) * n << self.h_shifts[0]) + (u * h << self.h_shifts[1])
        return self._rounded(new, self.h_shifts[2])

    def _rounded(self, values: IntArray, shift: int) -> IntArray:
        half = 1 << (shift - 1) if shift and self.rounding == "half_up" else 0
        rounded: IntArray = np.clip((values + half) >> shift, self.h_type.low, self.h_type.high)
        return rounded


def _times(vector: IntArray, matrix: np.ndarray) -> IntArray:
    """Exact products of int64 [batch, n] with [n, m] of a number type that is exact."""
    product: IntArray = np.rint(vector.astype(matrix.dtype) @ matrix).astype(np.int64)
    return product


def _look_up(table: IntArray, values: IntArray, shift: int) -> IntArray:
    found: IntArray = table[np.clip((values >> shift) + table.size // 2, 0, table.size - 1)]
    return found
