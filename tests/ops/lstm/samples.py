"""Random LSTMs of all kinds, and their meaning in plain loops."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.lstm.op import Lstm
from hwcompile.ops.recurrent.rounding import ROUNDINGS

FORMATS = (IntType(-128, 127), IntType(-30, 45), IntType(0, 63), IntType(-2048, 2047))


def _settled(values: np.ndarray) -> np.ndarray:
    """A table that stays as it is beyond its ends."""
    values[0], values[-1] = values[1], values[-2]
    return values.astype(np.int64)


@st.composite
def lstms(draw: st.DrawFn, cells: int = 7, density: float | None = None) -> Site[Lstm]:
    """A legal site; sparse, dense, or with dead rows and units."""
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    count, inputs = draw(st.integers(1, cells)), draw(st.integers(1, 6))
    rows = draw(st.integers(0, 5))
    share = draw(st.sampled_from((0.0, 0.1, 0.4, 1.0))) if density is None else density

    def weights(*shape: int) -> np.ndarray:
        return np.where(rng.random(shape) < share, rng.integers(-20, 21, shape), 0)

    def table(bits: int) -> np.ndarray:
        return _settled(rng.integers(-90, 120, 1 << bits))

    def shifts(largest: int, number: int) -> tuple[int, ...]:
        return tuple(int(s) for s in rng.integers(0, largest + 1, number))

    sigma_bits = draw(st.integers(2, 6))
    sigma = [table(sigma_bits) for _ in range(3)]
    keep, steps = draw(st.booleans()), draw(st.integers(1, 3))
    types = [draw(st.sampled_from(FORMATS)) for _ in range(4)]
    op = Lstm(
        wx=weights(4, count, inputs),
        wr=weights(4, count, rows or count),
        bias=rng.integers(-3000, 3000, (4, count)),
        peepholes=weights(3 * draw(st.integers(0, 1)), count),
        projection=weights(rows, count),
        x_shift=shifts(3, 1)[0],
        r_shift=shifts(3, 1)[0],
        peephole_shifts=shifts(4, 3),
        sigma=sigma[0] if draw(st.booleans()) else np.stack(sigma),
        candidate=table(draw(st.integers(2, 6))),
        squash=table(draw(st.integers(2, 6))),
        table_shifts=shifts(8, 3),
        cell_shifts=(*shifts(3, 2), *shifts(9, 1)),
        m_shift=shifts(8, 1)[0],
        y_shift=shifts(6, 1)[0],
        c_type=types[0],
        m_type=types[1],
        y_type=types[2],
        rounding=draw(st.sampled_from(ROUNDINGS)),
        lookup=draw(st.sampled_from(ROUNDINGS)),
        part_shifts=draw(st.sampled_from(((), (0, 0), (3, 6)))),
        keep=keep,
        channels=draw(st.sampled_from((1, 1, 2, 3))),
        takes_state=not keep and draw(st.booleans()),
        gives_state=draw(st.booleans()),
    )
    kinds = [TensorType((1, steps, inputs * op.channels), types[3])]
    if keep and draw(st.booleans()):
        kinds.append(TensorType((1, steps, op.channels), IntType(0, 1)))
    if op.takes_state:
        kinds += [TensorType((1, 1, size * op.channels), kind) for size, kind in op.states]
    return Site.of(op, *kinds)


def naive(
    op: Lstm,
    frames: list[list[list[int]]],
    starts: list[list[int]] | None,
    states: list[tuple[list[int], list[int]]] | None = None,
) -> list[list[list[int]]]:
    """The equations with Python integers: [frames][steps][X] to [frames][steps][Y], or Y and C."""

    def divided(value: int, shift: int, rounding: str) -> int:
        exact = Fraction(value, 2**shift)
        below = value // 2**shift
        if rounding == "floor":
            return int(below)
        if rounding == "half_up":
            return math.floor(exact + Fraction(1, 2))
        return round(exact)  # of Python: ties to even

    def look(table: np.ndarray, value: int, shift: int) -> int:
        place = divided(value, shift, op.lookup) + len(table) // 2
        return int(table[min(max(place, 0), len(table) - 1)])

    def rounded(value: int, shift: int, kind: IntType) -> int:
        return min(max(divided(value, shift, op.rounding), kind.low), kind.high)

    sigmas = op.sigma if op.sigma.ndim == 2 else [op.sigma] * 3
    cells, size = range(op.cells), op.outputs
    y, c = [0] * size, [0] * op.cells
    results: list[list[list[int]]] = []
    for number, frame in enumerate(frames):
        if not op.keep:
            y, c = [0] * size, [0] * op.cells
        if states is not None:
            y, c = (list(vector) for vector in states[number])
        results.append([])
        for step, x in enumerate(frame):
            if starts is not None and starts[number][step]:
                y, c = [0] * size, [0] * op.cells
            m = []
            for k in cells:
                z = []
                for g in range(4):
                    sum_x = sum(int(w) * v for w, v in zip(op.wx[g, k], x, strict=True))
                    sum_r = sum(int(w) * v for w, v in zip(op.wr[g, k], y, strict=True))
                    z.append(sum_x * 2**op.x_shift + sum_r * 2**op.r_shift + int(op.bias[g, k]))
                if op.peeped:
                    z[0] += int(op.peepholes[0, k]) * c[k] * 2 ** op.peephole_shifts[0]
                    z[1] += int(op.peepholes[1, k]) * c[k] * 2 ** op.peephole_shifts[1]
                i, f = (look(sigmas[g], z[g], op.table_shifts[0]) for g in (0, 1))
                old, new = f * c[k], i * look(op.candidate, z[2], op.table_shifts[1])
                if op.part_shifts:
                    old = rounded(old, op.part_shifts[0], op.c_type)
                    new = rounded(new, op.part_shifts[1], op.c_type)
                total = old * 2 ** op.cell_shifts[0] + new * 2 ** op.cell_shifts[1]
                c[k] = rounded(total, op.cell_shifts[2], op.c_type)
                if op.peeped:
                    z[3] += int(op.peepholes[2, k]) * c[k] * 2 ** op.peephole_shifts[2]
                o = look(sigmas[2], z[3], op.table_shifts[0])
                m.append(
                    rounded(o * look(op.squash, c[k], op.table_shifts[2]), op.m_shift, op.m_type)
                )
            y = m
            if op.projected:
                sums = [
                    sum(int(w) * v for w, v in zip(row, m, strict=True)) for row in op.projection
                ]
                y = [rounded(value, op.y_shift, op.y_type) for value in sums]
            results[-1].append([*y, *c] if op.gives_state else y)
    return results
