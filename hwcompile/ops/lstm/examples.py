"""Small LSTMs for the generic tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.lstm.op import Lstm

INT8 = IntType(-128, 127)


def examples() -> tuple[Site, ...]:
    """With and without peepholes, projection, start signal, channels, a state; other lanes."""
    x = TensorType((1, 3, 4), INT8)
    flag = TensorType((1, 1, 1), IntType(0, 1))
    return (
        Site.of(small(4, 5, 3, True, True, False), x),
        Site.of(small(4, 6, 0, False, False, False), x),
        Site.of(small(4, 5, 0, True, True, True), TensorType((1, 1, 4), INT8), flag),
        Site.of(
            replace(small(4, 5, 3, True, True, True), channels=3),
            TensorType((1, 2, 12), INT8),
            TensorType((1, 2, 3), IntType(0, 1)),
        ),
        Site.of(_rounded(small(4, 5, 3, True, True, False, 1), _powers), x),
        Site.of(_rounded(small(4, 6, 0, False, False, False, 2), np.sign), x),
        Site.of(
            replace(small(4, 5, 3, True, True, False), takes_state=True, gives_state=True),
            *(x, TensorType((1, 1, 3), IntType(-100, 80)), TensorType((1, 1, 5), INT8)),
        ),
        Site.of(
            replace(
                small(3, 6, 0, False, False, False),
                channels=2,
                takes_state=True,
                gives_state=True,
                c_type=IntType(-600, 500),
            ),
            TensorType((1, 2, 6), INT8),
            TensorType((1, 1, 12), INT8),
            TensorType((1, 1, 12), IntType(0, 500)),
        ),
    )


def _powers(weights: IntArray) -> IntArray:
    """The greatest power of two in each."""
    sizes = np.exp2(np.floor(np.log2(np.maximum(np.abs(weights), 1)))).astype(np.int64)
    return sizes * np.sign(weights)


def _rounded(op: Lstm, change: Callable[[IntArray], IntArray]) -> Lstm:
    """With other weights: powers of two, or signs."""
    return replace(op, wx=change(op.wx), wr=change(op.wr), projection=change(op.projection))


def small(
    inputs: int, cells: int, rows: int, peepholes: bool, half_up: bool, keep: bool, seed: int = 0
) -> Lstm:
    """A random LSTM with 8-bit numbers; `rows` of 0 leaves the projection out."""
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> IntArray:
        values = rng.integers(-31, 32, shape)
        return np.where(rng.random(shape) < 0.5, values, 0).astype(np.int64)

    places = (np.arange(64) - 32) / 8
    tanh = np.rint(127 * np.tanh(places)).astype(np.int64)
    return Lstm(
        wx=weights(4, cells, inputs),
        wr=weights(4, cells, rows or cells),
        bias=weights(4, cells) * 16,
        peepholes=weights(3 if peepholes else 0, cells),
        projection=weights(rows, cells),
        x_shift=0,
        r_shift=1,
        peephole_shifts=(0, 1, 2),
        sigma=np.rint(127 / (1 + np.exp(-places))).astype(np.int64),
        candidate=tanh,
        squash=tanh,
        table_shifts=(8, 7, 2),
        cell_shifts=(0, 1, 8),
        m_shift=7,
        y_shift=5,
        c_type=INT8,
        m_type=INT8,
        y_type=IntType(-100, 90),
        rounding="half_up" if half_up else "floor",
        keep=keep,
    )
