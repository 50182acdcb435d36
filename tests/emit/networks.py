"""Three small networks whose emitted text is on file; every number is written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import Origin
from hwcompile.ir.graph import Builder, Graph
from hwcompile.ir.op import Op
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.conv.op import Conv
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.threshold.op import Threshold

INT4, INT8 = IntType(-8, 7), IntType(-128, 127)


@dataclass(frozen=True)
class Case:
    """A network with what a user would write in its schedule."""

    build: Callable[[], Graph]
    nodes: dict[str, dict[str, int | str]]


def spread(*shape: int, low: int = -7, high: int = 7, step: int = 5) -> IntArray:
    """Numbers from `low` to `high` that no two rows have in the same order."""
    values = np.arange(np.prod(shape, dtype=np.int64)) * step
    folded: IntArray = (values + values // 11) % (high - low + 1) + low
    return folded.reshape(shape)


def chain(name: str, kind: TensorType, *ops: tuple[str, Op]) -> Graph:
    """One op behind the other."""
    builder = Builder(name)
    values: tuple[str, ...] = (builder.input("x", kind),)
    for node, op in ops:
        values = builder.add(node, op, values, Origin("goldens", node, type(op).__name__))
    return builder.build(values)


def plain() -> Graph:
    """A product of 4-bit integers."""
    return chain("plain", TensorType((1, 1, 6), INT4), ("fc", Matmul(spread(1, 4, 6))))


def window() -> Graph:
    """A 3x2 convolution with padding, and thresholds of each channel."""
    conv = Conv(spread(3, 3, 2, 2, low=-1, high=1), 1, (1, 2), (1, 1), (1, 0, 1, 1), 0)
    thresholds = Threshold(
        np.sort(spread(3, 7, low=-40, high=40, step=17), axis=1),
        np.array([-4, -4, 3]),
        np.array([1, 1, -1]),
        IntType(-4, 3),
    )
    return chain("window", TensorType((5, 4, 2), INT4), ("conv", conv), ("activation", thresholds))


def recurrent() -> Graph:
    """A GRU of five cells with a third of the weights, and frames of two steps."""
    places = (np.arange(32) - 16) / 4
    kept = spread(3, 5, 8, low=0, high=2, step=4) == 0
    weights = spread(3, 5, 8, low=-31, high=31, step=7) * kept
    gru = Gru(
        wx=weights[:, :, :3].copy(),
        wr=weights[:, :, 3:].copy(),
        bias=spread(4, 5, low=-200, high=200, step=37),
        x_shift=1,
        r_shift=0,
        n_shift=6,
        sigma=np.rint(63 / (1 + np.exp(-places))).astype(np.int64),
        candidate=np.rint(127 * np.tanh(places)).astype(np.int64),
        table_shifts=(10, 16),
        one=63,
        reset_shift=6,
        h_shifts=(0, 0, 6),
        h_type=INT8,
        rounding="half_up",
        reset_after=True,
        keep=False,
    )
    return chain("recurrent", TensorType((1, 2, 3), INT8), ("gru", gru))


CASES = {
    "plain": Case(plain, {"fc": {"kernel": "folded", "pe": 2, "simd": 3}}),
    "window": Case(
        window,
        {
            "conv_window": {"kernel": "line_buffer", "parallel": 2},
            "conv": {"kernel": "folded", "pe": 1, "simd": 4},
            "activation": {"kernel": "binary_search", "parallel": 1},
        },
    ),
    "recurrent": Case(recurrent, {"gru": {"kernel": "static", "pes": 2, "lanes": 1}}),
}
