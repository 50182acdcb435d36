"""Lstm: a long short-term memory cell on integers, with optional peepholes and projection.

After Sak, Senior, Beaufays, "Long short-term memory recurrent neural network architectures for
large scale acoustic modeling", Interspeech 2014. Every signal has its own power-of-two scale; the
scales appear here only as shifts, because the arithmetic is on integers alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hwcompile.ir.hull import hull
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.lstm.bounds import Bounds, bounds
from hwcompile.ops.lstm.legal import problems
from hwcompile.ops.matmul.op import exact_dtype
from hwcompile.ops.recurrent.op import Recurrent
from hwcompile.ops.recurrent.rounding import divide
from hwcompile.ops.recurrent.sequences import Sequences


@dataclass(frozen=True, eq=False)
class Lstm(Recurrent):
    """A frame (1, T, X) is a sequence of T steps; the result is (1, T, Y).

    With `channels` = B, a frame (1, T, X*B) holds B independent sequences in step, the channel
    fastest: element e of channel b stands at e*B + b. The result (1, T, Y*B) is likewise.

    Each step computes, with y' and c' of the step before (zero at the start of a sequence)::

        z[g] = (wx[g] x << x_shift) + (wr[g] y' << r_shift) + bias[g]      g = i, f, candidate, o
        z[i] += peepholes[0] c' << peephole_shifts[0];  likewise z[f] with peepholes[1]
        i, f = sigma[z >> table_shifts[0]];  g = candidate[z >> table_shifts[1]]
        c = round((p << cell_shifts[0]) + (q << cell_shifts[1]), cell_shifts[2])
        z[o] += peepholes[2] c << peephole_shifts[2];  o = sigma[z >> table_shifts[0]]
        m = round(o squash[c >> table_shifts[2]], m_shift)
        y = round(projection m, y_shift), or m when there is no projection

    `round(v, s)` divides by 2**s as `rounding` says and clamps to the result's type; p = f c' and
    q = i g, or with `part_shifts` p = round(f c', part_shifts[0]) and q likewise, both of `c_type`.
    Looking up clamps to the table, whose middle (element N/2) stands for zero; its `>>` divides as
    `lookup` says.

    With `keep` the state lives on from frame to frame, else every frame starts a sequence. With
    `keep` there may be a second input (1, T, B) of int[0,1]: 1 starts a sequence of that channel
    at that step. With `takes_state` y' and c' of a frame's first step are the second and third
    input, (1, 1, Y*B) and (1, 1, C*B). With `gives_state` the result is y and then c,
    (1, T, (Y + C)*B).

    Attributes:
        wx: int64 [4, C, X], gates in the order i, f, candidate, o.
        wr: int64 [4, C, Y].
        bias: int64 [4, C], in units of z.
        peepholes: int64 [3, C] for i, f, o; [0, C] for none.
        projection: int64 [Y, C]; [0, C] for none, then Y = C.
        x_shift, r_shift: Left shifts that bring both sums to the unit of z.
        peephole_shifts: Left shifts of the three peephole products to the unit of z.
        sigma, candidate, squash: int64 [N], N a power of two; sigma may be [3, N] for i, f, o.
        table_shifts: Right shifts from z to sigma and candidate, and from c to squash.
        cell_shifts: See above.
        m_shift, y_shift: See above; `y_shift` counts only with a projection.
        c_type, m_type, y_type: Formats; `y_type` counts only with a projection.
        rounding: `floor`, `half_up` or `half_even`.
        keep: Whether the state survives the end of a frame.
        channels: B, the number of sequences in step.
        lookup: As `rounding`, for the places in the tables.
        part_shifts: Two shifts, or none; see above.
        takes_state: Whether a frame begins with a state of its own.
        gives_state: Whether c is a part of the result.
    """

    family: ClassVar[str] = "lstm"

    wx: IntArray
    wr: IntArray
    bias: IntArray
    peepholes: IntArray
    projection: IntArray
    x_shift: int
    r_shift: int
    peephole_shifts: tuple[int, ...]
    sigma: IntArray
    candidate: IntArray
    squash: IntArray
    table_shifts: tuple[int, ...]
    cell_shifts: tuple[int, ...]
    m_shift: int
    y_shift: int
    c_type: IntType
    m_type: IntType
    y_type: IntType
    rounding: str
    keep: bool
    channels: int = 1
    lookup: str = "floor"
    part_shifts: tuple[int, ...] = ()
    takes_state: bool = False
    gives_state: bool = False

    @property
    def cells(self) -> int:
        """C, the number of cell units."""
        return int(self.wx.shape[1])

    @property
    def inputs(self) -> int:
        """X, the size of the input vector."""
        return int(self.wx.shape[2])

    @property
    def sigmas(self) -> IntArray:
        """The tables of i, f and o, [3, N]."""
        tables: IntArray = np.broadcast_to(self.sigma, (3, self.sigma.shape[-1]))
        return tables

    @property
    def projected(self) -> bool:
        """Whether there is a projection."""
        return bool(self.projection.shape[0] > 0)

    @property
    def outputs(self) -> int:
        """Y, the size of the output vector."""
        return int(self.projection.shape[0]) if self.projected else self.cells

    @property
    def peeped(self) -> bool:
        """Whether there are peepholes."""
        return bool(self.peepholes.shape[0] > 0)

    @property
    def result(self) -> IntType:
        """Format of the output."""
        return self.y_type if self.projected else self.m_type

    @property
    def states(self) -> tuple[tuple[int, IntType], ...]:
        """Of y and c."""
        return (self.outputs, self.result), (self.cells, self.c_type)

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
        """(1, T, Y*B) of the output's format."""
        size, element = self.outputs, self.result
        if self.gives_state:
            size, element = size + self.cells, hull(element, self.c_type)
        return (TensorType((1, inputs[0].shape[1], size * self.channels), element),)

    def evaluate(
        self, inputs: tuple[TensorType, ...], values: tuple[IntArray, ...]
    ) -> tuple[IntArray, ...]:
        """Exact; int64 [frames, 1, T, X*B] to int64 [frames, 1, T, Y*B]."""
        given = Sequences.of(values, self.channels, self.keep, self.takes_state)
        cell = _Cell(self, inputs[0].element)
        y, c = given.first(0, self.outputs), given.first(1, self.cells)
        size = self.outputs + (self.cells if self.gives_state else 0)
        found = np.empty((given.count, given.steps, size), dtype=np.int64)
        for step in range(given.steps):
            y, c = given.begun(step, y), given.begun(step, c)
            y, c = cell.step(given.x[:, step], y, c)
            found[:, step] = np.concatenate([y, c], axis=1)[:, :size]
        return (given.joined(found),)


class _Cell:
    """One step of an `Lstm`, with the matrices in a number type that is exact and fast."""

    def __init__(self, op: Lstm, x: IntType) -> None:
        limit = op.bounds(x)
        self.op = op
        self.kind = exact_dtype(limit.largest_sum)
        self.gates = np.concatenate([op.wx, op.wr], axis=2).reshape(4 * op.cells, -1)
        self.gates = np.ascontiguousarray(self.gates.T).astype(self.kind)
        self.projection = np.ascontiguousarray(op.projection.T).astype(self.kind)

    def step(self, x: IntArray, y: IntArray, c: IntArray) -> tuple[IntArray, IntArray]:
        """One step: y and c, int64 [batch, Y] and [batch, C], from x, int64 [batch, X]."""
        op = self.op
        zi, zf, zg, zo = self._sums(x, y)
        if op.peeped:
            zi = zi + (op.peepholes[0] * c << op.peephole_shifts[0])
            zf = zf + (op.peepholes[1] * c << op.peephole_shifts[1])
        i, f = (self._look_up(op.sigmas[g], z, op.table_shifts[0]) for g, z in enumerate((zi, zf)))
        g = self._look_up(op.candidate, zg, op.table_shifts[1])
        parts = [f * c, i * g]
        if op.part_shifts:
            parts = [
                self._rounded(part, shift, op.c_type)
                for part, shift in zip(parts, op.part_shifts, strict=True)
            ]
        sums = (parts[0] << op.cell_shifts[0]) + (parts[1] << op.cell_shifts[1])
        c = self._rounded(sums, op.cell_shifts[2], op.c_type)
        if op.peeped:
            zo = zo + (op.peepholes[2] * c << op.peephole_shifts[2])
        o = self._look_up(op.sigmas[2], zo, op.table_shifts[0])
        squashed = self._look_up(op.squash, c, op.table_shifts[2])
        m = self._rounded(o * squashed, op.m_shift, op.m_type)
        if not op.projected:
            return m, c
        sums = np.rint(m.astype(self.kind) @ self.projection).astype(np.int64)
        return self._rounded(sums, op.y_shift, op.y_type), c

    def _sums(self, x: IntArray, y: IntArray) -> IntArray:
        """The sums z without peepholes, int64 [4, batch, C]."""
        op = self.op
        vector = np.concatenate([x << op.x_shift, y << op.r_shift], axis=1).astype(self.kind)
        sums = np.rint(vector @ self.gates).astype(np.int64).reshape(-1, 4, op.cells)
        z: IntArray = (sums + op.bias).transpose(1, 0, 2)
        return z

    def _rounded(self, values: IntArray, shift: int, kind: IntType) -> IntArray:
        rounded: IntArray = np.clip(divide(values, shift, self.op.rounding), kind.low, kind.high)
        return rounded

    def _look_up(self, table: IntArray, values: IntArray, shift: int) -> IntArray:
        places = divide(values, shift, self.op.lookup) + table.size // 2
        found: IntArray = table[np.clip(places, 0, table.size - 1)]
        return found
