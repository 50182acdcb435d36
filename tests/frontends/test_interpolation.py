"""Linear Resize against ONNX Runtime: exact where its weights are short binary fractions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwcompile.diagnostics import CompileError
from hwcompile.frontends.load import load_model
from hwcompile.frontends.onnx.interpolation import phases, weights_of_axis
from tests.frontends.oracle import Model, check

ORACLE = "ONNX Runtime"

EXACT = ("half_pixel", "pytorch_half_pixel", "asymmetric")


def _resize(m: Model, x: str, scales: list[float], **more: Any) -> str:
    return m.op("Resize", x, "", m.constant(scales), mode="linear", **more)


@pytest.mark.parametrize("mode", EXACT)
@pytest.mark.parametrize("factors", [(2, 2), (4, 1), (1, 2), (2, 8)])
def test_whole_factors(mode: str, factors: tuple[int, int], tmp_path: Path) -> None:
    m = Model(seed=sum(factors))
    x = m.quantize(m.input(1, 3, 5, 4))
    y = _resize(m, x, [1, 1, *factors], coordinate_transformation_mode=mode)
    check(m, tmp_path, y)
    check(m, tmp_path, m.quantize(y, 0.5, -1))


def test_channels_with_scales_of_their_own(tmp_path: Path) -> None:
    """Behind a convolution with a scale per filter, and in front of another one."""
    m = Model(seed=7)
    x = m.quantize(m.input(1, 2, 6, 5))
    y = m.op("Conv", x, m.weights(3, 2, 2, 2, scale=[0.25, 0.5, 2.0]))
    z = _resize(m, m.quantize(y, 2.0, 4), [1, 1, 2, 2])
    check(m, tmp_path, m.quantize(m.op("Conv", z, m.weights(4, 3, 2, 3)), 4.0, 3))
    check(m, tmp_path, m.quantize(_resize(m, y, [1, 1, 2, 4]), 4.0, 3))


@pytest.mark.parametrize("size", [(1, 4), (2, 1), (3, 2)])
def test_small_maps(size: tuple[int, int], tmp_path: Path) -> None:
    m = Model(seed=8)
    x = m.quantize(m.input(1, 3, *size))
    check(m, tmp_path, m.quantize(_resize(m, x, [1, 1, 4, 2]), 0.25, 0))


@pytest.mark.parametrize("mode", EXACT)
def test_weights_of_an_output_pixel_sum_to_one(mode: str) -> None:
    for length in (1, 2, 3, 7):
        for factor in (2, 4, 8):
            assert np.all(weights_of_axis(mode, length, factor).sum(axis=1) == 1)
            found = phases(mode, length, factor)
            assert found is not None
            assert found.shape == (factor, 3)


def test_positions_that_differ_along_the_map_have_no_phases() -> None:
    assert phases("align_corners", 7, 2) is None


REFUSED: dict[str, tuple[list[float], dict[str, Any], str]] = {
    "corners": ([1, 1, 2, 2], {"coordinate_transformation_mode": "align_corners"}, "fractions"),
    "thirds": ([1, 1, 3, 3], {}, "fractions"),
    "broken factors": ([1, 1, 1.5, 2], {}, "no whole numbers"),
    "channels": ([1, 2, 2, 2], {}, "between channels"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_enlargements_are_refused(case: str, tmp_path: Path) -> None:
    scales, attributes, words = REFUSED[case]
    m = Model()
    y = _resize(m, m.quantize(m.input(1, 4, 6, 4)), scales, **attributes)
    with pytest.raises(CompileError, match=words) as error:
        load_model(m.save(tmp_path, m.quantize(y)))
    assert error.value.diagnostics[0].code == "HW0201"
