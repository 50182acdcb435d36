from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.wires import lanes_of_pixel
from tests.kernelbench import check_kernel
from tests.ops.gather.cases import pixels, sites

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

WIRES = family("gather").kernel("wires")


def _same_channels(lanes: list[int], height: int, width: int, channels: int) -> np.ndarray:
    index = pixels(height, width, channels)
    constant = np.full((height, width), -1)
    return np.stack([index[:, :, n] if n >= 0 else constant for n in lanes], axis=2)


@settings(deadline=None, max_examples=100)
@given(st.data(), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5))
def test_finds_the_lanes(data: st.DataObject, height: int, width: int, channels: int) -> None:
    lanes = data.draw(st.lists(st.integers(-1, channels - 1), min_size=1, max_size=6))
    index = _same_channels(lanes, height, width, channels)
    found = lanes_of_pixel(Gather(index, 0), height * width, channels)
    assert found is not None
    assert found.tolist() == lanes


@settings(deadline=None, max_examples=200)
@given(sites())
def test_refuses_whatever_is_not_the_same_for_all_pixels(site: Site[Gather]) -> None:
    (kind,) = site.inputs
    lanes = lanes_of_pixel(site.op, kind.pixels, kind.channels)
    refused = WIRES.refuses(site)
    assert (lanes is None) == (refused is not None)
    if lanes is not None:
        index = site.op.index
        built = _same_channels(lanes.tolist(), *kind.shape).reshape(index.shape)
        np.testing.assert_array_equal(built, index)


RTL = {
    "shuffle": ([1, 3, 0, 2], TensorType((2, 3, 4), BIPOLAR), 0),
    "pad_and_slice": ([-1, 4, 2, -1, 2], TensorType((2, 2, 5), IntType(-3, 4)), -20),
    "pad_bipolar": ([0, -1, 1], TensorType((1, 4, 2), BIPOLAR), 0),
}


@pytest.mark.parametrize("name", RTL)
def test_rtl(name: str) -> None:
    lanes, kind, fill = RTL[name]
    site = Site.of(Gather(_same_channels(lanes, *kind.shape), fill), kind)
    check_kernel(site, WIRES, {}, frames=5)


@pytest.mark.parametrize("name", RTL)
def test_words_of_all_pixels_of_a_row(name: str) -> None:
    lanes, (height, width, channels), fill = RTL[name][0], RTL[name][1].shape, RTL[name][2]
    kind = TensorType((height, 2 * width, channels), RTL[name][1].element)
    site = Site.of(Gather(_same_channels(lanes, *kind.shape), fill), kind)
    assert list(WIRES.space_of_pixels(site))[-1] == {"pixels": 2 * width}
    assert WIRES.at(site, {"pixels": 2 * width}).interval == height
    assert "must be one of" in str(WIRES.complaint(site, {"pixels": 2 * width + 1}))
    check_kernel(site, WIRES, {"pixels": 2 * width}, frames=5)
    check_kernel(site, WIRES, {"pixels": 2}, frames=5)
