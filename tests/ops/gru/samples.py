"""Random GRUs of both kinds, and their meaning in plain loops."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gru.op import Gru

FORMATS = (IntType(-128, 127), IntType(-30, 45), IntType(0, 63), IntType(-2048, 2047))


@st.composite
def grus(draw: st.DrawFn, after: bool | None = None) -> Site[Gru]:
    """A legal site; sparse, dense, or with dead rows and units."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    cells, inputs = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    share = draw(st.sampled_from((0.0, 0.1, 0.4, 1.0)))

    def weights(*shape: int) -> np.ndarray:
        return np.where(rng.random(shape) < share, rng.integers(-20, 21, shape), 0)

    def table(bits: int) -> np.ndarray:
        values = rng.integers(-90, 120, 1 << bits)
        values[0], values[-1] = values[1], values[-2]  # settled beyond its ends
        return values

    def shifts(*largest: int) -> tuple[int, ...]:
        return tuple(int(rng.integers(0, most + 1)) for most in largest)

    keep = draw(st.booleans())
    # Units whose gates have nothing to wait for.
    quiet = rng.random(cells) < draw(st.sampled_from((0.0, 0.0, 0.5, 1.0)))
    gates = np.where(quiet, np.array([0, 0, 1])[:, None], 1)[:, :, None]
    op = Gru(
        wx=weights(3, cells, inputs) * gates,
        wr=weights(3, cells, cells) * gates,
        bias=rng.integers(-3000, 3000, (4, cells)),
        x_shift=shifts(3)[0],
        r_shift=shifts(3)[0],
        n_shift=shifts(8)[0],
        sigma=table(draw(st.integers(2, 6))),
        candidate=table(draw(st.integers(2, 6))),
        table_shifts=shifts(8, 14),
        one=int(rng.integers(1, 130)),
        reset_shift=shifts(8)[0],
        h_shifts=shifts(3, 3, 9),
        h_type=draw(st.sampled_from(FORMATS)),
        rounding=draw(st.sampled_from(("floor", "half_up"))),
        reset_after=draw(st.booleans()) if after is None else after,
        keep=keep,
        channels=draw(st.sampled_from((1, 1, 2, 3))),
        takes_state=not keep and draw(st.booleans()),
    )
    steps = draw(st.integers(1, 3))
    kinds = [TensorType((1, steps, inputs * op.channels), draw(st.sampled_from(FORMATS)))]
    if keep and draw(st.booleans()):
        kinds.append(TensorType((1, steps, op.channels), IntType(0, 1)))
    if op.takes_state:
        kinds.append(TensorType((1, 1, cells * op.channels), op.h_type))
    return Site.of(op, *kinds)


def naive(
    op: Gru,
    frames: list[list[list[int]]],
    starts: list[list[int]] | None,
    states: list[list[int]] | None = None,
) -> list[list[list[int]]]:
    """The equations with Python integers: [frames][steps][X] to [frames][steps][C]."""

    def look(table: np.ndarray, value: int, shift: int) -> int:
        place = (value >> shift) + len(table) // 2
        return int(table[min(max(place, 0), len(table) - 1)])

    def rounded(value: int, shift: int) -> int:
        if shift and op.rounding == "half_up":
            value += 2 ** (shift - 1)
        return int(min(max(value // 2**shift, op.h_type.low), op.h_type.high))

    def dot(row: np.ndarray, vector: list[int], shift: int) -> int:
        return sum(int(w) * v for w, v in zip(row, vector, strict=True)) << shift

    cells = range(op.cells)
    h = [0] * op.cells
    results: list[list[list[int]]] = []
    for number, frame in enumerate(frames):
        if not op.keep:
            h = [0] * op.cells if states is None else list(states[number])
        results.append([])
        for step, x in enumerate(frame):
            if starts is not None and starts[number][step]:
                h = [0] * op.cells
            gates = [
                [
                    look(
                        op.sigma,
                        dot(op.wx[g, k], x, op.x_shift)
                        + dot(op.wr[g, k], h, op.r_shift)
                        + int(op.bias[g, k]),
                        op.table_shifts[0],
                    )
                    for k in cells
                ]
                for g in (0, 1)
            ]
            r, u = gates
            reset = [rounded(r[k] * h[k], op.reset_shift) for k in cells]
            new = []
            for k in cells:
                v = (dot(op.wx[2, k], x, op.x_shift) + int(op.bias[2, k])) * 2**op.n_shift
                if op.reset_after:
                    v += r[k] * (dot(op.wr[2, k], h, op.r_shift) + int(op.bias[3, k]))
                else:
                    v += dot(op.wr[2, k], reset, op.r_shift) + int(op.bias[3, k])
                n = look(op.candidate, v, op.table_shifts[1])
                total = (op.one - u[k]) * n * 2 ** op.h_shifts[0]
                new.append(rounded(total + u[k] * h[k] * 2 ** op.h_shifts[1], op.h_shifts[2]))
            h = new
            results[-1].append(h)
    return results
