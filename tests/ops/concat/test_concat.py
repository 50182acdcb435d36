from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.hull import hull, with_constant
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.arithmetic.recoding import recoding
from hwcompile.ops.concat.op import Concat
from hwcompile.ops.contract.site import Site
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

FAMILY = family("concat")
INTERLEAVE, ABREAST = FAMILY.kernel("interleave"), FAMILY.kernel("abreast")
SIGNED, UNSIGNED = IntType(-3, 4), IntType(0, 9)

elements = st.one_of(
    st.just(BIPOLAR),
    st.tuples(st.integers(-20, 20), st.integers(0, 30)).map(lambda t: IntType(t[0], t[0] + t[1])),
)


@st.composite
def sites(draw: st.DrawFn, most: int = 9) -> Site:
    plane = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    unit = draw(st.integers(1, 4))
    count = draw(st.integers(2, most))
    kinds = [
        TensorType((*plane, unit * draw(st.integers(1, 3))), draw(elements)) for _ in range(count)
    ]
    return Site.of(Concat(), *kinds)


@settings(deadline=None, max_examples=100)
@given(sites(most=6), st.integers(0, 99))
def test_op_against_plain_loops(site: Site, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = tuple(rng.choice(kind.element.values(), (2, *kind.shape)) for kind in site.inputs)
    assert site.op.problems(site.inputs) == []
    (y,) = site.op.evaluate(site.inputs, values)
    assert y.shape == (2, *site.outputs[0].shape)
    assert site.outputs[0].element.contains(y)
    for frame, row, column in np.ndindex(*y.shape[:3]):
        expected = [int(x) for v in values for x in v[frame, row, column]]
        assert y[frame, row, column].tolist() == expected


@settings(deadline=None, max_examples=200)
@given(elements, elements)
def test_hull_holds_both_and_recoding_is_what_the_module_does(a: IntType, b: IntType) -> None:
    joined = hull(a, b)
    for element in (a, b):
        assert joined.contains(element.values())
        how, codes = recoding(element, joined).name, element.encode(element.values())
        if how == "Sign":
            codes = np.where(codes >> (element.bits - 1) > 0, codes - (1 << element.bits), codes)
        if how == "Bipolar":
            codes = np.where(codes == 1, 1, -1)
        codes &= (1 << joined.bits) - 1
        np.testing.assert_array_equal(joined.decode(codes), element.values())
        assert how == "Zeros" or joined.bits >= element.bits
    assert with_constant(a, b.low).contains(np.append(a.values(), b.low))


def test_stays_bipolar_only_among_bipolars() -> None:
    assert hull(BIPOLAR, BIPOLAR) == BIPOLAR
    assert hull(BIPOLAR, IntType(0, 9)) == IntType(-1, 9)
    assert with_constant(BIPOLAR, -1) == BIPOLAR
    assert with_constant(BIPOLAR, 0) == IntType(-1, 1)


def test_scales_stay_with_their_channels() -> None:
    a = TensorType((1, 1, 2), SIGNED, (0.5,), (0,))
    b = TensorType((1, 1, 1), SIGNED, (0.25,), (0,))
    (joined,) = Concat().infer((a, b))
    assert (joined.scale, joined.zero_point) == ((0.5, 0.5, 0.25), (0,))
    (same,) = Concat().infer((a, a))
    assert same.scale == (0.5,)


def test_refuses_in_words() -> None:
    a, b = TensorType((1, 1, 4), SIGNED), TensorType((1, 2, 6), SIGNED)
    assert Concat().problems((a,)) == ["joins at least two inputs, not 1"]
    assert "different heights or widths" in Concat().problems((a, b))[0]
    site = Site.of(Concat(), a, TensorType((1, 1, 6), SIGNED))
    assert [p["parallel"] for p in INTERLEAVE.space(site)] == [1, 2, 4]
    assert "does not divide the 4 channels of input 0" in (
        INTERLEAVE.check(site, {"parallel": 3}) or ""
    )
    assert INTERLEAVE.check(site, {"parallel": 0})
    assert INTERLEAVE.check(site, {})
    many = Site.of(Concat(), *[a] * 33)
    assert INTERLEAVE.refuses(many) is None
    assert ABREAST.refuses(many)


RTL = {
    "mixed": (FAMILY.examples()[0], {"parallel": 2}),
    "bipolar": (FAMILY.examples()[1], {"parallel": 1}),
    "four": (FAMILY.examples()[2], {"parallel": 4}),
    "seven": (FAMILY.examples()[3], {"parallel": 2}),
    "nineteen": (
        Site.of(
            Concat(),
            *(TensorType((1, 2, 1 + i % 4), (SIGNED, UNSIGNED)[i % 2]) for i in range(18)),
            TensorType((1, 2, 3), BIPOLAR),
        ),
        {"parallel": 1},
    ),
    "ragged_end": (
        Site.of(
            Concat(),
            TensorType((2, 2, 6), SIGNED),
            TensorType((2, 2, 3), UNSIGNED),
            TensorType((2, 2, 5), BIPOLAR),
        ),
        {"parallel": 3},
    ),
}


@pytest.mark.parametrize("name", RTL)
def test_interleave_rtl(name: str) -> None:
    site, parameters = RTL[name]
    check_kernel(site, INTERLEAVE, parameters, frames=4)


@pytest.mark.parametrize("example", [0, 1])
def test_abreast_rtl(example: int) -> None:
    check_kernel(FAMILY.examples()[example], ABREAST, {}, frames=4)


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(sites(), st.data(), st.integers(0, 1000), st.sampled_from((0.0, 0.5)))
def test_interleave_rtl_any(site: Site, data: st.DataObject, seed: int, stall: float) -> None:
    parameters = data.draw(st.sampled_from(list(INTERLEAVE.space(site))))
    check_kernel(site, INTERLEAVE, parameters, frames=4, seed=seed, stall=stall)
