"""Residual Attention (1704.06904): a mask from a smaller map, interpolated, and (1 + M) * T."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwcompile.frontends.load import load_model
from hwcompile.ops.elementwise.op import PairTable
from tests.frontends.oracle import Model, grid, runtime
from tests.techniques.rows import check_network, network_of

ORACLE = ("QONNX executor", "ONNX Runtime")
ORACLE_REASON = "the executor says what a network computes, ONNX Runtime what an operator does"


def test_the_mask_multiplies_each_element_once(tmp_path: Path) -> None:
    found = check_network(network_of(66), tmp_path)
    families = [(one.op.family, type(one.op).__name__) for one in found.parts]
    assert families.count(("elementwise", "Product")) == 1
    assert not any(isinstance(one.op, PairTable) for one in found.parts)


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("sizes", [(3, 4), (5, 2), (1, 3)])
def test_corners_on_corners(factor: int, sizes: tuple[int, int], tmp_path: Path) -> None:
    """n elements become factor * (n - 1) + 1, as DeepLab's maps do."""
    m = Model(seed=2)
    x = m.quantize(m.input(1, 2, *sizes), 0.125, 3)
    wanted = [1, 2, *(n if n == 1 else factor * (n - 1) + 1 for n in sizes)]
    y = m.op(
        "Resize", x, "", "", m.constant(wanted, np.int64), mode="linear",
        coordinate_transformation_mode="align_corners",
    )  # fmt: skip
    path = m.save(tmp_path, m.quantize(y, 0.125, 3))
    values = grid(np.random.default_rng(1), 4, 2, *sizes, step=0.125)
    (expected,) = runtime(path, {"x": values})
    (found,) = load_model(path).run(values).values()
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)
