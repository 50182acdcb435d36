"""When an LSTM is legal, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.lstm.bounds import magnitude
from hwcompile.ops.lstm.rounding import ROUNDINGS

if TYPE_CHECKING:
    from hwcompile.ops.lstm.op import Lstm

MAX_BITS = 62
"""Wider sums would leave int64 no room."""

MAX_FORMAT_BITS = 24
"""Of x, y, c, m, tables and weights."""

MAX_TABLE = 1 << 16
MAX_SHIFT = 40


def problems(op: Lstm, kinds: tuple[TensorType, ...]) -> list[str]:
    """Why `op` is not legal on such inputs; empty when it is."""
    found = _shapes(op) or inputs(op, kinds) or _numbers(op)
    if found:
        return found
    limit = op.bounds(kinds[0].element)
    if limit.widest > MAX_BITS:
        return [f"its sums need {limit.widest} bits, more than the {MAX_BITS} that are supported"]
    return _clipping(op, kinds[0].element)


def _shapes(op: Lstm) -> list[str]:
    if op.wx.ndim != 3 or op.wx.shape[0] != 4 or op.wx.size == 0:
        return [f"its input weights have the shape {op.wx.shape} instead of [4, C, X]"]
    if op.projection.ndim != 2:
        return [f"its projection has the shape {op.projection.shape} instead of [Y, C]"]
    cells = op.cells
    wanted = {
        "recurrent weights": (op.wr, (4, cells, op.outputs)),
        "biases": (op.bias, (4, cells)),
        "peepholes": (op.peepholes, (3 if op.peepholes.shape[0] else 0, cells)),
        "projection": (op.projection, (op.projection.shape[0], cells)),
    }
    return [
        f"its {name} have the shape {array.shape}, but {shape} follows from the other matrices"
        for name, (array, shape) in wanted.items()
        if array.shape != shape
    ]


class Recurrent(Protocol):
    """What is asked about the inputs of any recurrent op."""

    @property
    def inputs(self) -> int:
        """Size of the input vector."""

    @property
    def keep(self) -> bool:
        """Whether the state survives the end of a frame."""

    @property
    def channels(self) -> int:
        """Sequences in step."""


def inputs(op: Recurrent, kinds: tuple[TensorType, ...]) -> list[str]:
    """What is wrong with the inputs' types: the vectors, and perhaps the start signal."""
    if len(kinds) not in (1, 2):
        return [f"it takes one or two inputs, not {len(kinds)}"]
    if op.channels < 1:
        return [f"it has {op.channels} channels; one is the least"]
    height, steps, size = kinds[0].shape
    wanted = op.inputs * op.channels
    found = []
    if height != 1:
        found.append(f"its input has {height} rows; a sequence is (1, steps, {wanted})")
    if size != wanted:
        many = f" in each of {op.channels} channels" if op.channels > 1 else ""
        found.append(f"its weights need vectors of {op.inputs}{many}, its input has {size}")
    if len(kinds) == 2:
        if not op.keep:
            found.append("a start signal makes sense only if the state is kept between frames")
        if kinds[1].shape != (1, steps, op.channels) or kinds[1].element not in _FLAGS:
            flags = f"1x{steps}x{op.channels} int[0,1]"
            found.append(f"its start signal is {kinds[1]} instead of {flags}")
    return found


_FLAGS = (IntType(0, 1), IntType(0, 0), IntType(1, 1))


def _numbers(op: Lstm) -> list[str]:
    found = []
    lengths = ((op.peephole_shifts, 3), (op.table_shifts, 3), (op.cell_shifts, 3))
    if any(len(values) != count for values, count in lengths):
        return ["peephole_shifts, table_shifts and cell_shifts have three numbers each"]
    if len(op.part_shifts) not in (0, 2):
        return [f"part_shifts has two numbers or none, not {len(op.part_shifts)}"]
    shifts = [op.x_shift, op.r_shift, op.m_shift, op.y_shift]
    shifts += [s for values, _ in lengths for s in values] + list(op.part_shifts)
    if any(not 0 <= s <= MAX_SHIFT for s in shifts):
        found.append(f"shifts are from 0 to {MAX_SHIFT}: {shifts}")
    if not {op.rounding, op.lookup} <= set(ROUNDINGS):
        listed = ", ".join(ROUNDINGS)
        found.append(f"the rounding is one of {listed}, not {op.rounding!r} and {op.lookup!r}")
    for name in ("sigma", "candidate", "squash"):
        table = getattr(op, name)
        size = table.shape[-1]
        if table.shape != (size,) and (name, table.shape) != ("sigma", (3, size)):
            found.append(f"its table {name} has the shape {table.shape}")
        if not 2 <= size <= MAX_TABLE or size & (size - 1):
            found.append(f"its table {name} has {size} elements instead of a power of two")
    arrays = (op.wx, op.wr, op.peepholes, op.projection, op.sigma, op.candidate, op.squash)
    limit = 1 << (MAX_FORMAT_BITS - 1)
    if any(int(np.abs(a).max(initial=0)) >= limit for a in arrays):
        found.append(f"weights and tables have at most {MAX_FORMAT_BITS} bits")
    if any(magnitude(kind) >= limit for kind in (op.c_type, op.m_type, op.y_type)):
        found.append(f"c, m and y have at most {MAX_FORMAT_BITS} bits")
    if int(np.abs(op.bias).max()) >= 1 << (MAX_BITS - 2):
        found.append(f"biases have at most {MAX_BITS - 2} bits")
    return found


def _clipping(op: Lstm, x: IntType) -> list[str]:
    """Tables that still change by more than one at an end which their input can pass."""
    zi, zf, zg, zo = op.bounds(x).z
    reaches = (
        *(("sigma", op.sigmas[g], op.table_shifts[0], z) for g, z in enumerate((zi, zf, zo))),
        ("candidate", op.candidate, op.table_shifts[1], zg),
        ("squash", op.squash, op.table_shifts[2], max(op.c_type.high, -op.c_type.low - 1)),
    )
    return list(dict.fromkeys(text for reach in reaches for text in clips(*reach)))


def clips(name: str, table: IntArray, shift: int, reach: int) -> list[str]:
    """A finding if values up to `reach` pass the ends of a table that still changes there."""
    half = table.size // 2
    ends = (abs(int(table[1] - table[0])), abs(int(table[-1] - table[-2])))
    if reach >> shift < half or table.size == 2 or max(ends) <= 1:
        return []
    reason = "and at its ends the table has not settled yet"
    covered = f"covers magnitudes up to {half << shift}, its input reaches {reach}"
    return [f"its table {name} {covered}, {reason}"]
