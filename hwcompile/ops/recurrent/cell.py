"""What an engine has to know about a recurrent cell.

A step takes the vector x and the state y of the step before, and makes the new y. A cell has units,
and each unit has a few sums of products with weights, its *gates*. The *program* of a cell is the
element-wise rest: a pipeline of the library that takes a unit's sums and makes its state.

A cell with a second phase has a third vector, m. The first phase makes m, the second reads it:

- with a projection the program makes m, and a row of the projection over m makes an element of y;
- with gates of the second phase the program takes a unit twice. From the sums of the first phase it
  makes the unit's element of m, and with those of the second (over m, or over anything) that of y.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.hull import hull
from hwcompile.ir.types import IntArray, IntType
from hwcompile.ops.contract.instance import Name

GATES = 4
"""Sums of a unit that the engine has room for."""

CONSTANTS = 3
"""Constants of a unit, besides biases, that the engine has room for."""


@dataclass(frozen=True, eq=False)
class Gate:
    """One of the sums of every unit.

    Attributes:
        bias: int64 [C]; the program adds it, in a unit of its own.
        x: Weights over x, int64 [C, X]; None for none.
        y: Weights over y of the step before, int64 [C, Y]; None for none.
        m: Weights over m, int64 [C, C]; None for none. A gate over m is over nothing else.
        second: Whether the sum belongs to the second phase.
    """

    bias: IntArray
    x: IntArray | None = None
    y: IntArray | None = None
    m: IntArray | None = None
    second: bool = False

    @property
    def matrices(self) -> tuple[IntArray, ...]:
        """Those there are."""
        return tuple(part for part in (self.x, self.y, self.m) if part is not None)

    @property
    def entries(self) -> IntArray:
        """Non-zero weights of each unit, int64 [C]."""
        found = np.zeros(self.bias.size, dtype=np.int64)
        for part in self.matrices:
            found += np.count_nonzero(part, axis=1)
        return found


@dataclass(frozen=True, eq=False)
class CellTable:
    """A function of one number, by its values.

    Attributes:
        values: int64 [N], or [n, N] for n functions of one size; N is a power of two.
        reads: How many places of a lane's pipeline read it.
    """

    values: IntArray
    reads: int


@dataclass(frozen=True)
class Latencies:
    """Cycles from the row of a lane's program that completes a unit or row to a write to the PEs.

    An entry that is issued `latency - 1` cycles after the sum was taken reads what was written.

    Attributes:
        m: First phase; without a second one it is y that is written.
        y: Second phase.
    """

    m: int
    y: int


@dataclass(frozen=True, eq=False)
class CellProgram:
    """The element-wise part of a cell: which pipeline, and with what.

    Attributes:
        fields: Of the structure `hw_rnn_cell_pkg::cell_t`: which pipeline it is, and what it
            computes. Those about the widths of sums and constants are the engine's.
        tables: By the word that begins the names of their parameters (`SigmaFile`).
        latencies: Of the pipeline, with the lane's cycles in front of it.
        narrow: Multipliers of two elements.
        wide: Multipliers of an element with a whole sum.
        lookup: How the places in tables are rounded; one of `ROUNDINGS`.
    """

    fields: Mapping[str, bool | int | Name]
    tables: Mapping[str, CellTable]
    latencies: Latencies
    narrow: int
    wide: int = 0
    lookup: str = "floor"


@dataclass(frozen=True, eq=False)
class Cell:
    """A recurrent cell with C units, for an engine.

    Attributes:
        inputs: X, the size of x.
        gates: Sums of a unit, at most `GATES`.
        program: What makes a unit's state of its sums.
        result: Format of y.
        m_type: Format of m; of y where there is no m.
        x_shift: Left shift of sums over x.
        y_shift: Left shift of sums over y of the step before.
        keep: Whether the state survives the end of a frame.
        channels: Sequences in step.
        constants: More numbers for each unit, int64 [C] each, at most `CONSTANTS`; the program
            knows what they mean.
        projection: int64 [Y, C], or None: then y has an element of every unit.
        c_type: Format of c, where it is another vector than y.
        takes_state: Whether y and c of a frame's beginning come in.
        gives_state: Whether c leaves behind y, in every step; there must be such a vector.
    """

    inputs: int
    gates: tuple[Gate, ...]
    program: CellProgram
    result: IntType
    m_type: IntType
    x_shift: int
    y_shift: int
    keep: bool
    channels: int
    constants: tuple[IntArray, ...] = ()
    projection: IntArray | None = None
    c_type: IntType | None = None
    takes_state: bool = False
    gives_state: bool = False

    def __post_init__(self) -> None:
        """Refuse what no engine can do.

        Raises:
            InternalError: With the reason.
        """
        for wrong, reason in (
            (not 1 <= len(self.gates) <= GATES, f"a unit has 1 to {GATES} sums"),
            (len(self.constants) > CONSTANTS, f"a unit has at most {CONSTANTS} constants"),
            (self.twice and self.projection is not None, "there is one second phase"),
            (any(g.m is not None and not g.second for g in self.gates), "m comes late"),
            (any(g.m is not None and len(g.matrices) > 1 for g in self.gates), "m stands alone"),
            (self.gives_state and self.c_type is None, "c is y, which leaves anyway"),
            (self.takes_state and self.keep, "a frame begins with one state"),
        ):
            if wrong:
                raise InternalError(f"no engine can do this cell: {reason}")

    @property
    def units(self) -> int:
        """C."""
        return self.gates[0].bias.size

    @property
    def outputs(self) -> int:
        """Y, the size of the state."""
        return self.units if self.projection is None else int(self.projection.shape[0])

    @property
    def sent(self) -> int:
        """Elements that leave in a step."""
        return self.outputs + (self.units if self.gives_state else 0)

    @property
    def sent_type(self) -> IntType:
        """Of each of them."""
        if self.gives_state and self.c_type is not None:
            return hull(self.result, self.c_type)
        return self.result

    @property
    def ordered(self) -> int:
        """Elements of the state whose places the engine must know: y, and c where that travels."""
        travels = self.c_type is not None and (self.takes_state or self.gives_state)
        return self.outputs + (self.units if travels else 0)

    @property
    def twice(self) -> bool:
        """Whether gates of a second phase complete the units a second time."""
        return any(gate.second for gate in self.gates)

    @property
    def two_phases(self) -> bool:
        """Whether there is an m, and a second phase that reads it."""
        return self.twice or self.projection is not None

    def first_gate(self, second: bool) -> int:
        """Number of the first gate of a phase; 0 for the rows of a projection."""
        numbers = (n for n, gate in enumerate(self.gates) if gate.second == second)
        return next(numbers, 0)

    @cached_property
    def matrices(self) -> tuple[IntArray, ...]:
        """All matrices of weights."""
        return tuple(self._matrices())

    def _matrices(self) -> Iterator[IntArray]:
        for gate in self.gates:
            yield from gate.matrices
        if self.projection is not None:
            yield self.projection

    @property
    def rows(self) -> int:
        """Rows of weights: one for every sum, and those of the projection."""
        return len(self.gates) * self.units + (0 if self.projection is None else self.outputs)

    @cached_property
    def entries(self) -> int:
        """Weights that are not zero."""
        return sum(int(np.count_nonzero(matrix)) for matrix in self.matrices)
