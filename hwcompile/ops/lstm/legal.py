"""When an LSTM is legal, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.recurrent.bounds import largest_magnitude
from hwcompile.ops.recurrent.legal import (
    MAX_BITS,
    MAX_FORMAT_BITS,
    MAX_SHIFT,
    MAX_TABLE,
    clips,
    inputs,
)
from hwcompile.ops.recurrent.rounding import ROUNDINGS

if TYPE_CHECKING:
    from hwcompile.ops.lstm.op import Lstm


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
    if any(largest_magnitude(kind) >= limit for kind in (op.c_type, op.m_type, op.y_type)):
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
