"""When a recurrent op is legal, in words: what all of them have in common."""

from __future__ import annotations

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.recurrent.op import Recurrent

MAX_BITS = 62
"""Wider sums would leave int64 no room."""

MAX_FORMAT_BITS = 24
"""Of x, the state, tables and weights."""

MAX_TABLE = 1 << 16
MAX_SHIFT = 40


def inputs(op: Recurrent, kinds: tuple[TensorType, ...]) -> list[str]:
    """What is wrong with the inputs' types: the vectors, perhaps the start signal or a state."""
    if op.takes_state and len(kinds) != 1 + len(op.states):
        return [f"it takes {1 + len(op.states)} inputs with its state, not {len(kinds)}"]
    if not op.takes_state and len(kinds) not in (1, 2):
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
    if op.takes_state:
        found += _state(op, kinds[1:])
    elif len(kinds) == 2:
        if not op.keep:
            found.append("a start signal makes sense only if the state is kept between frames")
        if kinds[1].shape != (1, steps, op.channels) or kinds[1].element not in _FLAGS:
            flags = f"1x{steps}x{op.channels} int[0,1]"
            found.append(f"its start signal is {kinds[1]} instead of {flags}")
    return found


def _state(op: Recurrent, kinds: tuple[TensorType, ...]) -> list[str]:
    found = []
    if op.keep:
        found.append("a state at the beginning of frames is none that is kept between them")
    for kind, (size, element) in zip(kinds, op.states, strict=True):
        if kind.shape != (1, 1, size * op.channels):
            shape = "x".join(str(n) for n in kind.shape)
            found.append(f"a vector of its state is {shape} instead of 1x1x{size * op.channels}")
        if not element.low <= kind.element.low <= kind.element.high <= element.high:
            found.append(f"a vector of its state is {kind.element}, beyond its format {element}")
    return found


_FLAGS = (IntType(0, 1), IntType(0, 0), IntType(1, 1))


def clips(name: str, table: IntArray, shift: int, reach: int) -> list[str]:
    """A finding if values up to `reach` pass the ends of a table that still changes there."""
    half = table.size // 2
    ends = (abs(int(table[1] - table[0])), abs(int(table[-1] - table[-2])))
    if reach >> shift < half or table.size == 2 or max(ends) <= 1:
        return []
    reason = "and at its ends the table has not settled yet"
    covered = f"covers magnitudes up to {half << shift}, its input reaches {reach}"
    return [f"its table {name} {covered}, {reason}"]
