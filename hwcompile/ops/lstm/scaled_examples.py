"""Small cells with factors of their own for the generic tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.lstm.scaled import GATES, ONE, SHORT, ScaledLstm

Reals = npt.NDArray[np.float64]

_INT8 = IntType(-128, 127)


def scaled_examples() -> tuple[Site, ...]:
    """Whole and narrow inputs, one unit, weights of few bits."""
    return (
        scaled_site(small_scaled(3), 2),
        scaled_site(small_scaled(5, 2, most=3), 3, IntType(-900, 700), IntType(0, 90)),
        scaled_site(small_scaled(1, 3), 1),
    )


def scaled_site(
    op: ScaledLstm, steps: int, own: IntType = SHORT, y: IntType = _INT8, c: IntType = SHORT
) -> Site[ScaledLstm]:
    """The op with a number of steps and types of its inputs."""
    kinds = (
        TensorType((1, steps, GATES * op.units), own),
        TensorType((1, 1, op.units), y),
        TensorType((1, 1, op.units), c),
    )
    return Site.of(op, *kinds)


def small_scaled(units: int, seed: int = 1, most: int = 127) -> ScaledLstm:
    """Random weights up to `most`, sums that reach both ends of 16 bits, and usual functions."""
    rng = np.random.default_rng(seed)
    mantissas = rng.integers(1 << 30, 1 << 31, 5)
    firsts, seconds = [31, 29, 31, 30, 31], [0, 0, 2, 1, 21]
    sigma = _table(lambda x: 1 / (1 + np.exp(-x / 4096)))
    digits = int(rng.integers(0, 7))
    return ScaledLstm(
        recurrent=rng.integers(-most, most + 1, (GATES, units, units)),
        bias=rng.integers(-9000, 9001, (GATES, units)),
        rescalings=np.stack([mantissas, firsts, seconds], axis=1),
        sigma=sigma,
        candidate=_table(lambda x: np.tanh(x / 4096)),
        squash=_table(lambda x: np.tanh(x * 2.0 ** (digits - 15))),
        new_digits=15 + digits,
        c_type=SHORT if seed % 2 else IntType(-3000, 3000),
        zero=int(rng.integers(-20, 20)),
        y_type=_INT8,
    )


def _table(function: Callable[[Reals], Reals]) -> IntArray:
    real = function(np.arange(ONE, dtype=np.float64))
    return np.minimum(np.rint(real * ONE), ONE - 1).astype(np.int64)
