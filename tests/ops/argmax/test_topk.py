from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.argmax.op import TopK
from hwcompile.ops.contract.site import Site
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

FAMILY = family("argmax")
SERIAL = FAMILY.kernel("serial")


@st.composite
def sites(draw: st.DrawFn) -> Site:
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 12)))
    element = draw(
        st.sampled_from((BIPOLAR, IntType(0, 1), IntType(-2, 1), IntType(3, 9), IntType(-90, 200)))
    )
    k = draw(st.one_of(st.just(1), st.integers(1, shape[2])))
    return Site.of(TopK(k, draw(st.sampled_from(("index", "value")))), TensorType(shape, element))


def _naive(vector: list[int], k: int) -> list[int]:
    """Channels of the k largest, by repeatedly looking for the first maximum."""
    left = list(range(len(vector)))
    found = []
    for _ in range(k):
        best = left[0]
        for channel in left:
            if vector[channel] > vector[best]:
                best = channel
        found.append(best)
        left.remove(best)
    return found


@settings(deadline=None, max_examples=100)
@given(sites(), st.integers(0, 99))
def test_op_against_plain_loops(site: Site, seed: int) -> None:
    op, kind = site.op, site.inputs[0]
    assert isinstance(op, TopK)
    assert op.problems(site.inputs) == []
    x = np.random.default_rng(seed).choice(kind.element.values(), (2, *kind.shape))
    (y,) = op.evaluate((kind,), (x,))
    assert y.shape == (2, *site.outputs[0].shape)
    assert site.outputs[0].element.contains(y)
    for frame, row, column in np.ndindex(*y.shape[:3]):
        vector = x[frame, row, column].tolist()
        channels = _naive(vector, op.k)
        expected = channels if op.result == "index" else [vector[c] for c in channels]
        assert y[frame, row, column].tolist() == expected


def test_refuses_in_words() -> None:
    kind = TensorType((1, 1, 4), BIPOLAR)
    assert TopK(5, "index").problems((kind,)) == ["k is 5, the input has 4 channels"]
    assert TopK(0, "index").problems((kind,))
    assert "not 'both'" in TopK(1, "both").problems((kind,))[0]
    assert TopK(1, "index").problems((kind, kind))
    site = Site.of(TopK(1, "index"), kind)
    assert SERIAL.check(site, {"parallel": 3}) is None
    assert "from 1 to the 4 channels" in (SERIAL.check(site, {"parallel": 5}) or "")
    assert SERIAL.check(site, {"lanes": 1})


def test_scale_belongs_to_values() -> None:
    kind = TensorType((1, 1, 4), IntType(0, 7), (0.5,), (2,))
    (value,) = TopK(2, "value").infer((kind,))
    (index,) = TopK(2, "index").infer((kind,))
    assert (value.scale, value.zero_point) == ((0.5,), (2,))
    assert (index.scale, index.element) == ((1.0,), IntType(0, 3))


def test_more_results_than_words_set_the_pace() -> None:
    site = Site.of(TopK(6, "index"), TensorType((1, 5, 8), IntType(0, 7)))
    assert SERIAL.at(site, {"parallel": 4}).interval == 35
    assert SERIAL.at(site, {"parallel": 1}).interval == 40


# (site, parameters, frames): ties are frequent, as the elements have few levels.
RTL = {
    "argmax_serial": (FAMILY.examples()[0], 1),
    "argmax_ragged_tree": (Site.of(TopK(1, "index"), TensorType((2, 2, 11), IntType(-2, 1))), 3),
    "max_value_all_lanes": (FAMILY.examples()[1], 6),
    "top3_ragged": (Site.of(TopK(3, "index"), TensorType((1, 3, 11), IntType(-2, 1))), 2),
    "top5_more_than_words": (Site.of(TopK(5, "value"), TensorType((2, 2, 6), IntType(-9, 9))), 3),
    "sort_bipolar": (Site.of(TopK(4, "index"), TensorType((1, 3, 4), BIPOLAR)), 1),
}


@pytest.mark.parametrize("name", RTL)
def test_rtl(name: str) -> None:
    site, parallel = RTL[name]
    check_kernel(site, SERIAL, {"parallel": parallel}, frames=12)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(sites(), st.data(), st.integers(0, 1000), st.sampled_from((0.0, 0.0, 0.5)))
def test_rtl_any(site: Site, data: st.DataObject, seed: int, stall: float) -> None:
    parallel = data.draw(st.integers(1, site.inputs[0].channels))
    check_kernel(site, SERIAL, {"parallel": parallel}, frames=8, seed=seed, stall=stall)
