"""Folded matrices whose weights stand in external memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType
from hwcompile.ops import family
from hwcompile.ops.contract.needs import Memory
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.folded import FoldedMatrix
from hwcompile.ops.matmul.op import Matmul
from tests.externalbench import check_external
from tests.kernelbench import check_kernel
from tests.ops.matmul.cases import signed, site, span, unsigned
from tests.ops.matmul.test_separable import here, products

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

FOLDED = family("matmul").kernel("folded")


def _built(where: Site[Matmul], parameters: Parameters) -> FoldedMatrix:
    built = FOLDED.at(where, parameters)
    assert isinstance(built, FoldedMatrix)
    return built


def _check(where: Site[Matmul], given: dict[str, Any], seed: int = 0) -> list[int]:
    parameters = {**given, "weights": "external"}
    built = _built(where, parameters)
    external = built.instance.external
    assert external is not None
    assert external.image.depth * external.passes == built.interval
    on_chip = _built(where, given)
    if not on_chip.made:
        (image,) = (i for name, i in on_chip.instance.memories.items() if name == "WeightFile")
        np.testing.assert_array_equal(external.image.rows, image.rows)
    return check_external(where, FOLDED, parameters, built.interval, seed=seed)


RNG = np.random.default_rng(5)
CASES: dict[str, tuple[Site[Matmul], dict[str, Any]]] = {
    "multipliers, ragged both ways": (
        site(span(-128, 127), unsigned(8), (1, 5, 37), (1, 2)), {"pe": 2, "simd": 18},
    ),
    "one row for all": (site(span(-8, 7), signed(5), (1, 4, 6), (2, 3)), {"pe": 4, "simd": 6}),
    "signs that are cleared, groups": (
        site([-1, 1], unsigned(3), (2, 3, 5), (2, 1)), {"pe": 2, "simd": 2, "prefetch": 4},
    ),
    "digits": (site(span(-8, 7), signed(5), (1, 3, 11)), {"pe": 2, "simd": 6, "style": "lut"}),
    "rows that share a multiplication": (
        site(span(-8, 7), signed(4), (1, 5, 7), (1, 3)), {"pe": 3, "simd": 2, "pack": 2},
    ),
    "a code book, and registers": (
        site([-100, -3, 0, 77], signed(8), (1, 7, 9)),
        {"pe": 2, "simd": 4, "encoding": "codebook", "registers": 3},
    ),
    "whole kernels": (
        here(products(RNG, 1, 4, 3), signed(4)), {"pe": 3, "simd": 27, "style": "separable"},
    ),
    "another order": (
        site(span(-3, 4), unsigned(2), (1, 3, 24)), {"pe": 2, "simd": 8, "taps": 4, "lanes": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_computes_and_is_late_by_the_cycles_without_weights(name: str) -> None:
    starved = _check(*CASES[name])
    assert starved[-2] > starved[0]


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Site[Matmul], dict[str, Any]]:
    groups, rows, fan_in = (draw(st.integers(1, most)) for most in (3, 9, 30))
    element = draw(st.sampled_from([BIPOLAR, unsigned(1), unsigned(8), signed(7), IntType(-3, 9)]))
    weights = draw(st.sampled_from([[-1, 1], [-1, 0, 1], span(0, 9), span(-128, 127)]))
    pixels = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    where = site(weights, element, (groups, rows, fan_in), pixels, draw(st.integers(0, 999)))
    chosen = {"pe": draw(st.integers(1, rows)), "simd": draw(st.integers(1, fan_in))}
    while FOLDED.complaint(where, {**chosen, "weights": "external"}) is not None:
        chosen["simd"] -= 1
    return where, {
        **chosen,
        "prefetch": draw(st.sampled_from((4, 32, 128))),
        "registers": draw(st.integers(0, 3)),
    }


@settings(
    deadline=None,
    max_examples=3,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(_cases(), st.integers(0, 99))
def test_random_matrices(case: tuple[Site[Matmul], dict[str, Any]], seed: int) -> None:
    _check(*case, seed)


@pytest.mark.slow
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(_cases(), st.integers(0, 99))
def test_many_random_matrices(case: tuple[Site[Matmul], dict[str, Any]], seed: int) -> None:
    _check(*case, seed)


def test_the_weight_memory_is_gone_and_a_fifo_and_a_reader_are_there() -> None:
    where = site(span(-128, 127), unsigned(8), (1, 64, 288), (1, 2))
    chosen: Parameters = {"pe": 4, "simd": 9}
    inside = _built(where, chosen).needs
    outside = _built(where, {**chosen, "weights": "external", "prefetch": 100}).needs
    row = 4 * 9 * 8
    gone = [m for m in inside.memories if m not in outside.memories]
    new = [m for m in outside.memories if m not in inside.memories]
    assert gone == [Memory(16 * 32, row)]
    assert [(m.depth, m.width) for m in new] == [(100, row)]
    assert outside.lut > inside.lut
    assert outside.ff > inside.ff


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            {"weights": "flash"},
            "weights is 'flash', which is neither 'on_chip' nor 'external' nor 'loaded'",
        ),
        ({"prefetch": 8}, "prefetch needs weights = 'external' or 'loaded'"),
        ({"weights": "external", "prefetch": 3}, "prefetch is 3, which is no number of rows"),
        (
            {"weights": "external", "pe": 16, "simd": 9},
            "a cycle needs 1152 bits of weights, and an AXI4 port brings 1024 at most",
        ),
    ],
)
def test_what_can_not_be_says_why(given: dict[str, Any], reason: str) -> None:
    where = site(span(-128, 127), unsigned(8), (1, 16, 18))
    found = FOLDED.complaint(where, {"pe": 2, "simd": 3, **given})
    assert found is not None
    assert found.startswith(reason)


def test_weights_on_the_chip_may_be_said() -> None:
    where = site(span(-8, 7), unsigned(3), (1, 3, 5))
    check_kernel(where, FOLDED, {"pe": 2, "simd": 3, "weights": "on_chip"})
