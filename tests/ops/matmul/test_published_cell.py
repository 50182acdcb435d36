"""The matrices of a published sparse LSTM at full size, decoded by the hardware."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from hwcompile.sparse.pruning import magnitude
from tests.kernelbench import expected_cycles, one_node_plan
from tests.together import simulator

ORACLE = "this project"
ORACLE_REASON = "published matrices at full size; the circuit is held to `evaluate`"

LAYOUTS: dict[str, Parameters] = {
    "sparse": {"pes": 32, "index": "run7"},
    "broadcast": {"pes": 32, "queue": 8, "out": 2},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(1024, 665), (512, 1024)], ids=["gate", "projection"])
def test_rtl_decodes_the_exact_matrix(layout: str, shape: tuple[int, int]) -> None:
    """Vectors with 1 in one column and 4096 in another: both can be read off the result."""
    rng = np.random.default_rng(2)
    weights = magnitude(rng.normal(size=shape) * rng.lognormal(0, 0.3, (shape[0], 1)), 0.1)
    steps = np.where(weights != 0, np.trunc(weights * 300 + np.sign(weights)), 0)
    matrix = np.clip(steps, -2047, 2047).astype(np.int64)
    site = Site.of(Matmul(matrix[None]), TensorType((1, 1, shape[1]), IntType(-32768, 32767)))
    half = -(-shape[1] // 2)
    values = np.zeros((half, shape[1]), dtype=np.int64)
    values[np.arange(half), np.arange(half)] = 1
    values[np.arange(shape[1] - half), np.arange(half, shape[1])] = 4096
    plan = one_node_plan(site, family("matmul").kernel(layout), LAYOUTS[layout])
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), rtl_files(plan))
        made = simulator(Path(folder), expected_cycles(plan, half, 0.0))
        result = made.run({"in0": values.reshape(half, 1, 1, -1)})
    sums = result.outputs["dut"].reshape(half, shape[0])
    low = ((sums + 2048) & 4095) - 2048
    columns = np.concatenate([low, ((sums - low) >> 12)[: shape[1] - half]])
    np.testing.assert_array_equal(columns.T, matrix)
