"""The folded matrix-vector kernel in simulation: equal integers, predicted cycles, with stalls."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul import FAMILY
from hwcompile.ops.matmul.folded import Folded
from hwcompile.ops.matmul.op import Matmul
from tests.kernelbench import check_kernel
from tests.ops.matmul.cases import signed, site, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Folded()

# Name: (site, pe, simd, style, depth of the output FIFO or None).
CASES: dict[str, tuple[Site[Matmul], int, int, str, int | None]] = {
    "xnor, ragged both ways": (site([-1, 1], BIPOLAR, (1, 7, 53)), 3, 20, "auto", None),
    "xnor, whole matrix at once": (site([-1, 1], BIPOLAR, (1, 4, 18)), 4, 18, "auto", 2),
    "xnor, three levels": (site([-1, 1], BIPOLAR, (1, 3, 97), (1, 2)), 2, 97, "auto", None),
    "xnor, one lane, groups": (site([-1, 1], BIPOLAR, (2, 3, 5), (2, 1)), 1, 1, "auto", 1),
    "bipolar weights, ragged": (site([-1, 1], unsigned(8), (2, 5, 7), (1, 2)), 3, 4, "auto", None),
    "bipolar weights, tree": (site([-1, 1], IntType(-8, 3), (1, 2, 21)), 2, 21, "auto", 1),
    "bipolar inputs, ragged": (site([-8, 0, 3, 7], BIPOLAR, (2, 5, 9), (2, 2)), 2, 5, "auto", None),
    "ternary weights": (site([-1, 0, 1], signed(4), (1, 5, 13), (1, 3)), 2, 6, "auto", None),
    "ternary weights, bipolar inputs": (site([-1, 0, 1], BIPOLAR, (1, 4, 9)), 3, 9, "auto", None),
    "look-up tables": (site(span(-4, 3), unsigned(3), (3, 4, 11), (1, 2)), 3, 5, "auto", None),
    "digits of weights": (site(span(-8, 7), signed(5), (1, 3, 11)), 2, 6, "lut", None),
    "digits of inputs": (site(span(0, 100), IntType(-3, 2), (1, 3, 7)), 2, 3, "lut", None),
    "multiply, signed x unsigned": (
        site(span(-128, 127), unsigned(8), (1, 3, 37), (1, 2)), 2, 18, "auto", None,
    ),
    "multiply, wide": (
        site([-32768, -1, 5, 32767], signed(16), (1, 3, 6)), 2, 1, "auto", None,
    ),
    "multiply, all unsigned": (site(span(3, 9), IntType(2, 5), (1, 3, 5)), 2, 2, "multiply", None),
    "one product": (site([1], unsigned(1), (1, 1, 1), (2, 3)), 1, 1, "auto", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_computes_and_takes_the_cycles_it_says(name: str) -> None:
    here, pe, simd, style, depth = CASES[name]
    parameters: dict[str, int | str] = {"pe": pe, "simd": simd, "style": style}
    check_kernel(here, KERNEL, parameters, frames=12, depth=depth)


@pytest.mark.parametrize(
    ("weight", "element"),
    [
        (signed(8), signed(8)),
        pytest.param(signed(4), unsigned(4), marks=pytest.mark.slow),
        pytest.param(unsigned(7), signed(3), marks=pytest.mark.slow),
        pytest.param(signed(5), unsigned(8), marks=pytest.mark.slow),
        pytest.param(unsigned(4), unsigned(5), marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_products_in_logic_are_all_right(weight: IntType, element: IntType) -> None:
    """Every weight by every input."""
    inputs = element.values().reshape(1, 1, -1, 1)
    kind = TensorType((1, inputs.size, 1), element)
    here = Site.of(Matmul(weight.values().reshape(1, -1, 1)), kind)
    check_kernel(here, KERNEL, {"pe": 1, "simd": 1, "style": "lut"}, inputs=(inputs,))


@pytest.mark.parametrize("weights", [[-1, 1], span(-16, 15)])
def test_an_output_type_may_be_wider_than_needed(weights: list[int]) -> None:
    here = site(weights, signed(5), (2, 3, 7))
    wide = here.outputs[0].with_element(signed(20))
    check_kernel(Site(here.op, here.inputs, (wide,)), KERNEL, {"pe": 2, "simd": 3}, frames=8)


@st.composite
def _sites(draw: st.DrawFn) -> tuple[Site[Matmul], int, int, int]:
    groups, rows, fan_in = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 40)),
    )
    element = draw(
        st.sampled_from([BIPOLAR, unsigned(1), unsigned(8), signed(2), signed(7), IntType(-3, 9)])
    )
    weights = draw(
        st.sampled_from([[-1, 1], [-1, 0, 1], [0, 1], span(-4, 3), span(0, 9), span(-128, 127)])
    )
    pixels = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    here = site(weights, element, (groups, rows, fan_in), pixels, draw(st.integers(0, 999)))
    return here, draw(st.integers(1, rows)), draw(st.integers(1, fan_in)), draw(st.integers(1, 9))


@pytest.mark.slow
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(_sites())
def test_any_site_computes_and_takes_the_cycles_it_says(
    drawn: tuple[Site[Matmul], int, int, int],
) -> None:
    here, pe, simd, depth = drawn
    check_kernel(here, KERNEL, {"pe": pe, "simd": simd}, frames=6, depth=depth)


@pytest.mark.slow
@pytest.mark.parametrize("here", FAMILY.examples(), ids=lambda s: str(s.inputs[0]))
def test_examples_compute_in_every_folding(here: Site) -> None:
    for parameters in KERNEL.space(here):
        check_kernel(here, KERNEL, parameters, frames=6)
