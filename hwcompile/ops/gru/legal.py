"""When a GRU is legal, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hwcompile.ir.types import TensorType
from hwcompile.ops.recurrent.bounds import largest_magnitude
from hwcompile.ops.recurrent.legal import (
    MAX_BITS,
    MAX_FORMAT_BITS,
    MAX_SHIFT,
    MAX_TABLE,
    clips,
    inputs,
)

if TYPE_CHECKING:
    from hwcompile.ops.gru.op import Gru


def problems(op: Gru, kinds: tuple[TensorType, ...]) -> list[str]:
    """Why `op` is not legal on such inputs; empty when it is."""
    found = _shapes(op) or inputs(op, kinds) or _numbers(op)
    if found:
        return found
    limit = op.bounds(kinds[0].element)
    if limit.widest > MAX_BITS:
        return [f"its sums need {limit.widest} bits, more than the {MAX_BITS} that are supported"]
    return clips("sigma", op.sigma, op.table_shifts[0], limit.gates) + clips(
        "candidate", op.candidate, op.table_shifts[1], limit.candidate
    )


def _shapes(op: Gru) -> list[str]:
    if op.wx.ndim != 3 or op.wx.shape[0] != 3 or op.wx.size == 0:
        return [f"its input weights have the shape {op.wx.shape} instead of [3, C, X]"]
    wanted = {
        "recurrent weights": (op.wr, (3, op.cells, op.cells)),
        "biases": (op.bias, (4, op.cells)),
    }
    return [
        f"its {name} have the shape {array.shape}, but {shape} follows from the input weights"
        for name, (array, shape) in wanted.items()
        if array.shape != shape
    ]


def _numbers(op: Gru) -> list[str]:
    found = []
    if (len(op.table_shifts), len(op.h_shifts)) != (2, 3):
        return ["table_shifts has two numbers and h_shifts three"]
    shifts = [op.x_shift, op.r_shift, op.n_shift, op.reset_shift, *op.table_shifts, *op.h_shifts]
    if any(not 0 <= s <= MAX_SHIFT for s in shifts):
        found.append(f"shifts are from 0 to {MAX_SHIFT}: {shifts}")
    if op.rounding not in ("floor", "half_up"):
        found.append(f"the rounding is 'floor' or 'half_up', not {op.rounding!r}")
    for name in ("sigma", "candidate"):
        size = getattr(op, name).size
        if not 2 <= size <= MAX_TABLE or size & (size - 1):
            found.append(f"its table {name} has {size} elements instead of a power of two")
    limit = 1 << (MAX_FORMAT_BITS - 1)
    arrays = (op.wx, op.wr, op.sigma, op.candidate, np.array([op.one]))
    if any(int(np.abs(a).max(initial=0)) >= limit for a in arrays):
        found.append(f"weights and tables have at most {MAX_FORMAT_BITS} bits")
    if largest_magnitude(op.h_type) >= limit:
        found.append(f"h has at most {MAX_FORMAT_BITS} bits")
    if int(np.abs(op.bias).max()) >= 1 << (MAX_BITS - 2):
        found.append(f"biases have at most {MAX_BITS - 2} bits")
    return found
