"""Taking pixels by number, while the next frame comes in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.op import Take
from hwcompile.ops.gather.stored import TwoFrames
from tests.kernelbench import check_kernel, random_frames

ORACLE = "numpy"
ORACLE_REASON = "elements one by one; the kernel is held to what they are"


def site(height: int, width: int, channels: int, count: int, element: IntType) -> Site[Take]:
    x = TensorType((height, width, channels), element)
    return Site.of(Take(), x, TensorType((1, count, 1), IntType(0, height * width - 1)))


@st.composite
def sites(draw: st.DrawFn) -> Site[Take]:
    height, width, channels, count = (draw(st.integers(1, most)) for most in (4, 5, 6, 7))
    element = draw(st.sampled_from((IntType(-8, 7), IntType(0, 300), BIPOLAR)))
    return site(height, width, channels, count, element)


@settings(deadline=None, max_examples=60)
@given(sites(), st.integers(0, 99))
def test_against_elements_one_by_one(one: Site[Take], seed: int) -> None:
    x, places = (random_frames(kind, 3, np.random.default_rng(seed)) for kind in one.inputs)
    (found,) = one.op.evaluate(one.inputs, (x, places))
    width = one.inputs[0].shape[1]
    for frame, y in enumerate(found):
        for number, place in enumerate(places[frame].reshape(-1)):
            np.testing.assert_array_equal(y[0, number], x[frame, place // width, place % width])


@settings(
    deadline=None,
    max_examples=4,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(sites(), st.data())
def test_in_hardware(one: Site[Take], data: st.DataObject) -> None:
    parameters = data.draw(st.sampled_from(list(TwoFrames().space(one))))
    stall = data.draw(st.sampled_from((0.0, 0.6)))
    check_kernel(one, TwoFrames(), parameters, frames=6, stall=stall)


@pytest.mark.parametrize(("count", "busier"), [(3, 15), (20, 20)])
def test_frames_follow_each_other_as_fast_as_words_come_or_go(count: int, busier: int) -> None:
    one = site(3, 5, 6, count, IntType(-8, 7))
    built = TwoFrames().at(one, {"parallel": 6})
    assert built.interval == built.timing.interval == busier
    check_kernel(one, TwoFrames(), {"parallel": 6}, frames=8)


def test_what_is_no_place_is_refused() -> None:
    x = TensorType((2, 3, 4), IntType(0, 9))
    for element, words in ((IntType(0, 6), "6 pixels"), (IntType(-1, 5), "6 pixels")):
        (problem,) = Take().problems((x, TensorType((1, 1, 2), element)))
        assert words in problem
    assert Take().problems((x,)) == ["takes two inputs, not 1"]
    assert "numbers" in Take().problems((x, TensorType((1, 1, 2), BIPOLAR)))[0]
    complaint = TwoFrames().check(site(2, 3, 4, 2, IntType(0, 9)), {"parallel": 3})
    assert complaint == "'parallel' is one of [1, 2, 4] here, not 3"
