"""Kernels of signs that are a column times a row: their codes, and lanes that take them."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.arithmetic import encodings, words
from hwcompile.ops.arithmetic.rank_one import RankOne, SeparableBits, SeparableSums, rank_one_sides
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from tests.hls.kernels import Case
from tests.hls.test_kernels import run_all
from tests.kernelbench import check_kernel
from tests.ops.matmul.cases import signed, unsigned

ORACLE = "numpy"
ORACLE_REASON = "BCNN with separable filters (1707.04693) says which kernels there are"

FOLDED = family("matmul").kernel("folded")
PARALLEL = family("matmul").kernel("parallel")


def products(
    rng: np.random.Generator, groups: int, rows: int, channels: int, side: int = 3
) -> IntArray:
    """Weights [groups, rows, side * side * channels] of random columns times random rows."""
    column = rng.choice([-1, 1], (groups, rows, side, 1, channels))
    row = rng.choice([-1, 1], (groups, rows, 1, side, channels))
    found: IntArray = (column * row).reshape(groups, rows, -1).astype(np.int64)
    return found


def here(weights: IntArray, element: IntType, pixels: tuple[int, int] = (2, 3)) -> Site[Matmul]:
    groups, _, columns = weights.shape
    return Site.of(Matmul(weights), TensorType((*pixels, groups * columns), element))


def every_kernel(side: int) -> IntArray:
    """All kernels of signs, [2**(side * side), side * side]."""
    return np.array(list(product([-1, 1], repeat=side * side)), dtype=np.int64)


@pytest.mark.parametrize(("side", "count"), [(2, 8), (3, 32)])
def test_kernels_of_rank_one_are_found_and_no_other(side: int, count: int) -> None:
    kernels = every_kernel(side)
    ranks = np.linalg.matrix_rank(kernels.reshape(-1, side, side).astype(float))
    found = np.array([side in rank_one_sides(kernel[None]) for kernel in kernels])
    np.testing.assert_array_equal(found, ranks == 1)
    assert found.sum() == count


def test_one_kernel_of_another_rank_is_enough() -> None:
    weights = products(np.random.default_rng(1), 2, 5, 7)
    assert rank_one_sides(weights) == (3,)
    weights[1, 3, 4 * 7 + 5] *= -1
    assert rank_one_sides(weights) == ()
    weights[1, 3, 4 * 7 + 5] = 0
    assert rank_one_sides(weights) == ()


@pytest.mark.parametrize("side", [2, 3, 4, 5])
def test_a_code_is_read_as_the_module_says(side: int) -> None:
    """Signs of rows above a pattern without column 0, which 1 or parity tells."""
    signs = np.array(list(product([-1, 1], repeat=side)))
    kernels = np.unique([np.outer(a, b).ravel() for a in signs for b in signs], axis=0)
    encoding = SeparableBits(RankOne.of(side), BIPOLAR)
    codes = encoding.encode(kernels)[:, 0]
    assert sorted(codes) == list(range(1 << (2 * side - 1)))
    assert encoding.stored_bits == 2 * side - 1
    for kernel, code in zip(kernels, codes, strict=True):
        bits = [int(code) >> n & 1 for n in range(2 * side - 1)]
        pattern = [sum(bits[: side - 1]) % 2 if side % 2 else 0, *bits[: side - 1]]
        read = np.outer(1 - 2 * np.array(bits[side - 1 :]), 1 - 2 * np.array(pattern))
        np.testing.assert_array_equal(read.ravel(), kernel)


def test_only_kernels_are_stored_so() -> None:
    """Types alone never ask for it, so that other kernels with weights know nothing of it."""
    assert "separable" not in words(BIPOLAR, BIPOLAR) + words(BIPOLAR, signed(4))
    for element, kind in ((BIPOLAR, SeparableBits), (signed(4), SeparableSums)):
        chosen = [e for e in encodings(RankOne.of(3), element) if e.word == "separable"]
        assert [type(encoding) for encoding in chosen] == [kind]


ELEMENTS = [BIPOLAR, unsigned(1), unsigned(3), signed(2), signed(8), IntType(-3, 9), IntType(2, 5)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Site[Matmul], str, Parameters]:
    """Shapes, foldings and registers of both kernels, whose words hold kernels whole."""
    side, element = draw(st.sampled_from([2, 3, 3, 3, 4, 5])), draw(st.sampled_from(ELEMENTS))
    blocks, lanes = draw(st.sampled_from([(1, 1), (1, 3), (2, 1), (2, 3), (3, 2), (1, 5)]))
    groups, rows = draw(st.integers(1, 2)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    site = here(products(rng, groups, rows, blocks * lanes, side), element, (1, 3))
    if draw(st.booleans()):
        pixels = draw(st.integers(1, 2))
        several: Parameters = {"pixels": pixels, "style": "separable"}
        one: Parameters = {"pixels": 1, "groups": 1, "style": "separable"}
        return site, "parallel", draw(st.sampled_from([several, one]))
    order: Parameters = {"taps": side * side, "lanes": lanes} if blocks > 1 else {}
    folding: Parameters = {
        "pe": draw(st.integers(1, rows)),
        "simd": side * side * lanes,
        "registers": draw(st.integers(0, 3)),
        "style": "separable",
    }
    return site, "folded", {**folding, **order}


@settings(deadline=None, max_examples=5, suppress_health_check=list(HealthCheck))
@given(cases(), st.sampled_from([None, 1]), st.integers(0, 99))
def test_it_computes_and_takes_the_cycles_it_says(
    case: tuple[Site[Matmul], str, Parameters], depth: int | None, seed: int
) -> None:
    """With stalls on both sides, frames back to back, all-low and all-high."""
    site, kernel, parameters = case
    check_kernel(
        site, family("matmul").kernel(kernel), parameters, frames=4, depth=depth, seed=seed
    )


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(cases(), st.sampled_from([None, 1, 2]), st.integers(0, 999))
def test_it_computes_in_many_shapes(
    case: tuple[Site[Matmul], str, Parameters], depth: int | None, seed: int
) -> None:
    site, kernel, parameters = case
    check_kernel(
        site, family("matmul").kernel(kernel), parameters, frames=5, depth=depth, seed=seed
    )


@pytest.mark.parametrize("element", [BIPOLAR, signed(3)], ids=str)
def test_every_kernel_by_every_row(element: IntType) -> None:
    """All 32 kernels by all inputs of a row, or by random ones."""
    kernels = [k for k in every_kernel(3) if 3 in rank_one_sides(k[None])]
    rng = np.random.default_rng(5)
    inputs = every_kernel(3) if element is BIPOLAR else rng.integers(-4, 4, (256, 9))
    inputs = inputs.astype(np.int64).reshape(1, 1, -1, 9)
    kind = TensorType((1, inputs.shape[2], 9), element)
    site = Site.of(Matmul(np.array(kernels)[None]), kind)
    parameters: Parameters = {"pixels": 1, "style": "separable"}
    check_kernel(site, PARALLEL, parameters, inputs=(inputs,))


def test_cpp_computes_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    found = []
    sites = [(3, BIPOLAR), (5, BIPOLAR), (2, IntType(-3, 9)), (3, unsigned(1))]
    for number, (side, element) in enumerate(sites):
        site = here(products(rng, 2, 3, 4, side), element)
        taps = side * side
        folding: Parameters = {"pe": 2, "simd": 2 * taps, "taps": taps, "lanes": 2}
        asked: Parameters = {"style": "separable"}
        found += [
            Case(f"folded{number}", site, FOLDED, {**folding, **asked}),
            Case(f"parallel{number}", site, PARALLEL, {"pixels": 2, **asked}),
        ]
    run_all(tmp_path, found, [])


def test_a_code_of_five_bits_is_stored_for_nine_weights() -> None:
    site = here(products(np.random.default_rng(2), 1, 12, 6), BIPOLAR)
    folding: Parameters = {"pe": 4, "simd": 27, "taps": 9, "lanes": 3}
    images = {
        style: FOLDED.at(site, {**folding, "style": style}).instance.memories["WeightFile"]
        for style in ("separable", "xnor")
    }
    assert images["separable"].width == 4 * 3 * 5
    assert images["xnor"].width == 4 * 3 * 9
    assert images["separable"].depth == images["xnor"].depth == 3 * 2


@pytest.mark.parametrize("element", [BIPOLAR, signed(8)], ids=str)
def test_it_is_taken_where_it_is_smaller(element: IntType) -> None:
    """Sums of rows pay with several outputs; fewer bits pay always."""
    site = here(products(np.random.default_rng(2), 1, 16, 6), element)
    words_of_kernels: Parameters = {"simd": 27, "taps": 9, "lanes": 3}
    auto = {pe: FOLDED.at(site, {"pe": pe, **words_of_kernels}) for pe in (1, 16)}
    named = FOLDED.at(site, {"pe": 16, "style": "separable", **words_of_kernels})
    assert auto[16].comment == named.comment
    assert ("separable" in auto[1].comment) is (element == BIPOLAR)
    plain = "xnor" if element == BIPOLAR else "select"
    other = FOLDED.at(site, {"pe": 16, "style": plain, **words_of_kernels})
    assert named.needs.all_lut < other.needs.all_lut
    # Words of a part of the taps hold no kernel whole.
    assert "separable" not in FOLDED.at(site, {"pe": 16, "simd": 6}).comment


def test_other_weights_are_left_alone() -> None:
    rng = np.random.default_rng(4)
    site = here(rng.choice([-1, 1], (1, 8, 54)), BIPOLAR)
    assert "separable" not in FOLDED.at(site, {"pe": 8, "simd": 54}).comment
    assert FOLDED.check(site, {"pe": 8, "simd": 54, "style": "separable"}) == (
        "style separable takes square kernels of signs that are a column times a row"
    )


def test_what_is_not_legal_is_said() -> None:
    site = here(products(np.random.default_rng(2), 1, 4, 6), BIPOLAR)
    part = "style separable takes words that hold all taps of kernels, and one block of channels"
    for folding in (
        {"pe": 2, "simd": 6},
        {"pe": 2, "simd": 54, "taps": 9, "lanes": 3},
        {"pe": 2, "simd": 27, "taps": 27, "lanes": 1},
    ):
        assert FOLDED.check(site, {**folding, "style": "separable"}) == part
    whole: Parameters = {"pe": 2, "simd": 27, "taps": 9, "lanes": 3, "style": "separable"}
    assert FOLDED.check(site, whole) is None
    assert FOLDED.check(site, {**whole, "pack": 2}) is not None
    book = FOLDED.check(site, {**whole, "encoding": "codebook"})
    assert "code book" in (book or "")
