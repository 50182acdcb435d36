"""The parallel matrix: all rows and columns of some groups, or of several pixels, per cycle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul import parallel
from hwcompile.ops.matmul.op import Matmul
from hwcompile.ops.matmul.parallel import Parallel
from tests.kernelbench import check_kernel
from tests.ops.matmul.cases import signed, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Parallel()


def _site(weights: list[int], element: IntType, size: tuple[int, int, int]) -> Site[Matmul]:
    """A site of 2 x 3 pixels with random weights [G, M, K] out of a list."""
    chosen = np.random.default_rng(size[1]).choice(np.asarray(weights), size=size)
    chosen.flat[: len(weights)] = weights[: chosen.size]
    op = Matmul(chosen.astype(np.int64))
    return Site.of(op, TensorType((2, 3, size[0] * size[2]), element))


CASES = {
    "xnor": (_site([-1, 1], BIPOLAR, (1, 4, 9)), {"pixels": 1}, None),
    "groups, constant parts": (_site([-7, 2, 5, 0], BIPOLAR, (2, 3, 5)), {"pixels": 2}, 1),
    "products, a whole row": (_site(span(-128, 127), unsigned(8), (1, 2, 4)), {"pixels": 3}, None),
    "groups at once": (_site([3, -100, 7], signed(8), (3, 2, 1)), {"pixels": 1}, 1),
    "some groups": (_site(span(-8, 7), signed(4), (6, 2, 5)), {"pixels": 1, "groups": 3}, None),
    "two words, constant parts": (
        _site([-7, 2, 5, 0], BIPOLAR, (4, 3, 5)),
        {"pixels": 1, "groups": 2},
        1,
    ),
    "one group at a time": (_site([-1, 1], unsigned(2), (3, 4, 2)), {"pixels": 1, "groups": 1}, 2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rtl_equals_meaning_and_prediction(case: tuple[Site, Parameters, int | None]) -> None:
    here, parameters, depth = case
    check_kernel(here, KERNEL, parameters, frames=4, depth=depth)


@st.composite
def grouped(draw: st.DrawFn) -> tuple[Site, Parameters]:
    """A matrix of several groups, and one of the kernel's parameter sets."""
    size = (draw(st.sampled_from((2, 4, 6, 9))), draw(st.integers(1, 4)), draw(st.integers(1, 7)))
    weights = draw(st.sampled_from(([-1, 1], [-1, 0, 1], span(-8, 7), [-128, 3, 127])))
    element = draw(st.sampled_from((BIPOLAR, unsigned(2), signed(4), unsigned(8))))
    here = _site(weights, element, size)
    choices = [*KERNEL.space(here), *KERNEL.space_of_pixels(here), {"pixels": 1, "groups": 1}]
    return here, draw(st.sampled_from(choices))


@pytest.mark.slow
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(grouped(), st.integers(0, 99), st.sampled_from((None, 1, 2)))
def test_random_groups(case: tuple[Site, Parameters], seed: int, depth: int | None) -> None:
    """Shapes, types, foldings, and room at the output; with and without stalls on both sides."""
    check_kernel(case[0], KERNEL, case[1], frames=4, seed=seed, depth=depth)


def test_a_word_holds_groups() -> None:
    here = _site(span(-8, 7), signed(4), (12, 5, 4))
    assert [p.get("groups") for p in KERNEL.space(here)] == [2, 3, 4, 6, None]
    built = KERNEL.at(here, {"pixels": 1, "groups": 3})
    (source,) = built.ports.inputs
    assert (source.size, source.parallel, source.words) == (12, 12, 24)
    assert (built.ports.output.size, built.ports.output.parallel) == (15, 15)
    assert (built.interval, built.lanes) == (24, 60)
    assert built.comment.startswith("all 5 x 4 lanes of 3 of 12 groups per cycle: ")
    # A row of the weight memory for each of four words.
    assert built.needs.memories[0].depth == 4


def test_words_hold_rows() -> None:
    here = _site(span(-8, 7), signed(4), (2, 5, 4))
    built = KERNEL.at(here, {"pixels": 2})
    (source,) = built.ports.inputs
    assert (source.size, source.parallel, source.words) == (24, 16, 4)
    assert (built.ports.output.size, built.ports.output.parallel) == (30, 20)
    assert (built.interval, built.lanes) == (4, 80)
    assert [p["pixels"] for p in KERNEL.space_of_pixels(here)] == [2, 3]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pixels": 4}, "pixels must be a number from 1 to 3, not 4"),
        (
            {"pixels": 1, "pe": 2},
            "there is no parameter 'pe'; there are pixels, groups and style",
        ),
        ({"pixels": 1, "groups": 3}, "groups must divide the 4 groups, which 3 does not"),
        (
            {"pixels": 2, "groups": 2},
            "with pixels above 1, groups is 4 (all groups), not 2",
        ),
        (
            {"pixels": 1, "style": "x"},
            "style must be auto or shift or lut or multiply for these types, not 'x'",
        ),
    ],
)
def test_what_is_not_legal_is_said(parameters: Parameters, message: str) -> None:
    assert KERNEL.check(_site(span(-8, 7), signed(8), (4, 3, 6)), parameters) == message


def test_too_many_lanes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "MAX_LANES", 30)
    here = _site(span(-8, 7), signed(4), (1, 5, 4))
    assert KERNEL.refuses(here) is None
    assert KERNEL.check(here, {"pixels": 2}) == "2 pixels take 40 lanes, more than 30"
    assert list(KERNEL.space_of_pixels(here)) == []
    monkeypatch.setattr(parallel, "MAX_LANES", 19)
    assert KERNEL.refuses(here) == "it would take 20 lanes, more than 19"
