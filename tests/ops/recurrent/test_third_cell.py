"""A cell of another kind is a description of it: the engine knows neither LSTMs nor GRUs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.recurrent.cell import Gate
from tests.kernelbench import check_kernel, random_frames
from tests.ops.recurrent.elman import Elman, ElmanStatic, cell_of

ORACLE = "numpy"
ORACLE_REASON = "Elman's equation of 1990, one line of the test's own op"

INT8 = IntType(-128, 127)


def _elman(inputs: int, cells: int, keep: bool, channels: int) -> Elman:
    rng = np.random.default_rng(inputs)
    table = np.rint(127 * np.tanh((np.arange(64) - 32) / 8)).astype(np.int64)
    weights = rng.integers(-31, 32, (cells, inputs + cells))
    weights[rng.random(weights.shape) < 0.4] = 0
    weights[1] = 0  # a unit with nothing but a bias
    return Elman(
        wx=weights[:, :inputs],
        wr=weights[:, inputs:],
        bias=rng.integers(-3000, 3000, cells),
        x_shift=0,
        r_shift=1,
        table=table,
        shift=8,
        h_type=INT8,
        keep=keep,
        channels=channels,
    )


@pytest.mark.parametrize(
    ("keep", "channels", "parameters"),
    [(False, 1, {"pes": 3, "lanes": 1}), (True, 2, {"pes": 4, "lanes": 2})],
)
def test_an_elman_cell_in_hardware(keep: bool, channels: int, parameters: Parameters) -> None:
    op = _elman(4, 7, keep, channels)
    kinds = [TensorType((1, 3, 4 * channels), INT8)]
    kinds += [TensorType((1, 3, channels), IntType(0, 1))] if keep else []
    site = Site.of(op, *kinds)
    rng = np.random.default_rng(3)
    x = random_frames(kinds[0], 6, rng)
    starts = [(rng.random((6, *kind.shape)) < 0.3).astype(np.int64) for kind in kinds[1:]]
    check_kernel(site, ElmanStatic(), parameters, inputs=(x, *starts))


def test_cells_that_no_engine_can_do_are_refused() -> None:
    cell = cell_of(_elman(4, 7, keep=False, channels=1))
    square = np.ones((7, 7), dtype=np.int64)
    bias = cell.gates[0].bias
    for change, reason in (
        ({"gates": (*cell.gates, *cell.gates)}, "1 to 4 sums"),
        ({"constants": (bias,) * 4}, "at most 3 constants"),
        ({"gates": (Gate(bias, m=square),)}, "m comes late"),
        ({"gates": (Gate(bias, x=square, m=square, second=True),)}, "m stands alone"),
        ({"gates": (Gate(bias, second=True),), "projection": square}, "one second phase"),
    ):
        with pytest.raises(InternalError, match=reason):
            replace(cell, **change)
