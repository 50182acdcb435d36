from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.attention.op import PairMatmul
from hwcompile.ops.contract.site import Parameters, Site
from tests.kernelbench import check_kernel, random_frames

ORACLE = ("numpy", "this project")
ORACLE_REASON = "the bench compares circuits with `evaluate`, which is held to sums in Python"

FAMILY = family("attention")
KERNEL = FAMILY.kernel("stored")
SITES = [site for site in FAMILY.examples() if KERNEL.refuses(site) is None]

elements = st.one_of(
    st.tuples(st.integers(-300, 300), st.integers(0, 400)).map(lambda t: IntType(t[0], sum(t))),
    st.sampled_from([IntType(0, 1), IntType(-1, 1), IntType(-128, 127), IntType(0, 255)]),
)


@st.composite
def sites(draw: st.DrawFn) -> Site[PairMatmul]:
    size = st.integers(1, 7)
    groups, columns, rows, height, width = (draw(st.integers(1, 3)), *(draw(size) for _ in "KNHW"))
    transposed = draw(st.booleans())
    a = TensorType((height, width, groups * columns), draw(elements))
    pixels, channels = (rows, columns) if transposed else (columns, rows)
    plane = (1, pixels) if draw(st.booleans()) else (pixels, 1)
    b = TensorType((*plane, groups * channels), draw(elements))
    return Site.of(PairMatmul(groups, transposed), a, b)


@st.composite
def folded(draw: st.DrawFn) -> tuple[Site[PairMatmul], Parameters]:
    site = draw(sites())
    rows, columns = site.op.sizes(site.inputs)
    found: dict[str, int | str] = {
        "pe": draw(st.integers(1, rows)),
        "simd": draw(st.integers(1, columns)),
    }
    if draw(st.booleans()):
        found["style"] = draw(st.sampled_from(["lut", "multiply"]))
    if draw(st.booleans()):
        heads = draw(st.sampled_from([d for d in (1, 2, 3) if site.op.groups % d == 0]))
        found |= {"pe": rows, "simd": columns, "heads": heads}
    registers = draw(st.integers(0, 3))
    return site, found | ({"registers": registers} if registers else {})


@settings(deadline=None, max_examples=60)
@given(sites(), st.integers(0, 99))
def test_op_against_sums_in_python(site: Site[PairMatmul], seed: int) -> None:
    rng, op = np.random.default_rng(seed), site.op
    a, b = (random_frames(kind, 3, rng) for kind in site.inputs)
    (y,) = op.evaluate(site.inputs, (a, b))
    assert site.outputs[0].element.contains(y)
    (rows, columns), groups = op.sizes(site.inputs), op.groups
    left, right = (x.reshape(3, -1, x.shape[-1]).tolist() for x in (a, b))
    result = y.reshape(3, -1, groups * rows)
    for frame, t, g, n in itertools.product(
        range(3), range(result.shape[1]), range(groups), range(rows)
    ):
        total = 0
        for k in range(columns):
            x = left[frame][t][g * columns + k]
            w = right[frame]
            total += x * (w[n][g * columns + k] if op.transposed else w[k][g * rows + n])
        assert result[frame, t, g * rows + n] == total


def test_both_ends_of_the_interval_are_reached() -> None:
    for site in SITES:
        a, b = (kind.element for kind in site.inputs)
        ends = []
        for x, w in itertools.product((a.low, a.high), (b.low, b.high)):
            values = [
                np.full((1, *kind.shape), v) for kind, v in zip(site.inputs, (x, w), strict=True)
            ]
            ends.append(site.op.evaluate(site.inputs, tuple(values))[0])
        element = site.outputs[0].element
        assert (int(np.min(ends)), int(np.max(ends))) == (element.low, element.high)


@pytest.mark.parametrize("number", range(4))
def test_ragged_foldings_and_back_to_back_frames(number: int) -> None:
    site = SITES[number]
    check_kernel(site, KERNEL, {"pe": 2, "simd": 3}, frames=5)


def test_a_lane_alone_and_all_lanes() -> None:
    site = SITES[1]
    check_kernel(site, KERNEL, {"pe": 1, "simd": 1})
    check_kernel(site, KERNEL, {"pe": 4, "simd": 5, "registers": 3})


@pytest.mark.parametrize("transposed", [True, False])
def test_heads_side_by_side_take_a_cycle_together(transposed: bool) -> None:
    """Four heads, two at a time: 2 columns, 3 rows, 5 queries; sizes that no other axis has."""
    a = TensorType((1, 5, 4 * 2), IntType(-8, 7))
    pixels, channels = (3, 2) if transposed else (2, 3)
    b = TensorType((pixels, 1, 4 * channels), IntType(0, 15))
    site = Site.of(PairMatmul(4, transposed), a, b)
    parameters: Parameters = {"pe": 3, "simd": 2, "heads": 2, "registers": 1}
    assert KERNEL.at(site, parameters).interval == 10
    assert {"pe": 3, "simd": 2, "heads": 4} in list(KERNEL.space(site))
    check_kernel(site, KERNEL, parameters, frames=4)


def test_writing_limits_the_pace_of_few_queries() -> None:
    kinds = (TensorType((1, 1, 6), IntType(-8, 7)), TensorType((1, 11, 6), IntType(-8, 7)))
    site = Site.of(PairMatmul(1, True), *kinds)
    parameters: Parameters = {"pe": 11, "simd": 2}
    assert KERNEL.at(site, parameters).interval == 33
    check_kernel(site, KERNEL, parameters, frames=4)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(folded(), st.integers(0, 99), st.sampled_from([0.0, 0.0, 0.5]))
def test_circuits_of_any_shape(
    case: tuple[Site[PairMatmul], Parameters], seed: int, stall: float
) -> None:
    site, parameters = case
    check_kernel(site, KERNEL, parameters, frames=4, seed=seed, stall=stall)


def test_illegal_operands_are_told() -> None:
    op, kind = PairMatmul(2, True), TensorType((1, 3, 8), IntType(0, 3))

    def told(*kinds: TensorType, op: PairMatmul = op) -> str:
        return "; ".join(op.problems(kinds))

    assert "two inputs" in told(kind)
    assert "bipolar" in told(kind, TensorType((1, 3, 8), BIPOLAR))
    assert "equal groups" in told(kind, TensorType((1, 3, 7), IntType(0, 3)))
    assert "do not fit" in told(kind, TensorType((1, 3, 6), IntType(0, 3)))
    assert "do not fit" in told(kind, kind, op=PairMatmul(2, False))
    wide = TensorType((1, 4, 8), IntType(0, 1 << 40))
    assert "62" in told(wide, wide)


def test_illegal_parameters_are_told() -> None:
    site = SITES[0]
    assert "not ['pe']" in str(KERNEL.complaint(site, {"pe": 1}))
    assert "from 1 to 5" in str(KERNEL.complaint(site, {"pe": 6, "simd": 1}))
    assert "from 1 to 7" in str(KERNEL.complaint(site, {"pe": 1, "simd": 0}))
    assert "style" in str(KERNEL.complaint(site, {"pe": 1, "simd": 1, "style": "agree"}))
    many = SITES[3]
    whole: dict[str, int | str] = {"pe": 4, "simd": 5}
    assert KERNEL.complaint(many, whole | {"heads": 3}) is None
    assert "divide 3 groups" in str(KERNEL.complaint(many, whole | {"heads": 2}))
    assert "pe and simd are" in str(KERNEL.complaint(many, {"pe": 1, "simd": 5, "heads": 3}))
