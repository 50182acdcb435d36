"""Small GRUs for the generic tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gru.op import Gru

INT8 = IntType(-128, 127)


def examples() -> tuple[Site, ...]:
    """Both conventions for the reset gate, a start signal, two channels, and a state."""
    x, flag = TensorType((1, 3, 4), INT8), TensorType((1, 1, 1), IntType(0, 1))
    return (
        Site.of(small(4, 6, True, False), x),
        Site.of(small(4, 5, True, True), TensorType((1, 1, 4), INT8), flag),
        Site.of(small(4, 5, False, False), x),
        Site.of(replace(small(4, 6, True, False), channels=2), TensorType((1, 3, 8), INT8)),
        Site.of(
            replace(small(4, 5, False, False), takes_state=True), x, TensorType((1, 1, 5), INT8)
        ),
        Site.of(
            replace(small(4, 6, True, False), channels=2, takes_state=True),
            *(TensorType((1, 1, 8), INT8), TensorType((1, 1, 12), IntType(0, 90))),
        ),
    )


def small(inputs: int, cells: int, reset_after: bool, keep: bool, seed: int = 0) -> Gru:
    """A random GRU with 8-bit numbers."""
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> IntArray:
        values = rng.integers(-31, 32, shape)
        return np.where(rng.random(shape) < 0.5, values, 0).astype(np.int64)

    places = (np.arange(64) - 32) / 8
    return Gru(
        wx=weights(3, cells, inputs),
        wr=weights(3, cells, cells),
        bias=weights(4, cells) * 16,
        x_shift=0,
        r_shift=1,
        n_shift=7 if reset_after else 0,
        sigma=np.rint(127 / (1 + np.exp(-places))).astype(np.int64),
        candidate=np.rint(127 * np.tanh(places)).astype(np.int64),
        table_shifts=(8, 15 if reset_after else 8),
        one=127,
        reset_shift=7,
        h_shifts=(0, 0, 7),
        h_type=INT8,
        rounding="half_up",
        reset_after=reset_after,
        keep=keep,
    )
