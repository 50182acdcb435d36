"""The folded depthwise kernel: what it says about itself, and the circuit against both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.build_directory import FILES, RTL
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.depthwise import FAMILY
from hwcompile.ops.depthwise.folded import Folded
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.verify.verilator import lint
from tests.kernelbench import check_kernel, one_node_plan
from tests.ops.matmul.cases import signed, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Folded()


def _site(
    weights: list[int],
    element: IntType,
    shape: tuple[int, int],
    pixels: tuple[int, int] = (1, 1),
    seed: int = 0,
) -> Site[Depthwise]:
    """A site with random weights [T, C] out of a list, every one of which occurs."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(np.asarray(weights, dtype=np.int64), size=shape)
    places = rng.permutation(chosen.size)[: len(weights)]
    chosen.flat[places] = weights[: chosen.size]
    return Site.of(Depthwise(chosen), TensorType((*pixels, shape[0] * shape[1]), element))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.data())
def test_timing_is_that_of_the_loops(
    pixels: int, taps: int, channels: int, data: st.DataObject
) -> None:
    here = _site(span(-8, 7), signed(4), (taps, channels), (pixels, 2))
    parameters = {"pe": data.draw(st.integers(1, channels))}
    timing = KERNEL.at(here, parameters).timing
    gives = [
        int(tap == taps - 1)
        for _ in range(2 * pixels)
        for tap in range(taps)
        for _ in range(0, channels, parameters["pe"])
    ]
    actor = timing.actors["main"]
    assert np.all(actor.duration == 1)
    np.testing.assert_array_equal(actor.reads["in0"].need, np.arange(1, len(gives) + 1))
    np.testing.assert_array_equal(actor.writes["out"], np.cumsum(gives))
    assert KERNEL.at(here, parameters).interval == timing.interval == len(gives)
    ports = KERNEL.at(here, parameters).ports
    assert (ports.inputs[0].words, ports.output.words) == (len(gives), sum(gives))
    assert KERNEL.at(here, parameters).lanes == parameters["pe"]


def test_the_space_has_every_number_of_words_once() -> None:
    here = _site(span(-8, 7), signed(4), (3, 10))
    assert list(KERNEL.space(here)) == [{"pe": pe} for pe in (1, 2, 3, 4, 5, 10)]
    assert [KERNEL.check(here, p) for p in KERNEL.space(here)] == [None] * 6


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pe": 6}, "pe must be a number from 1 to 5, not 6"),
        ({}, "pe must be a number from 1 to 5, not None"),
        ({"pe": 1, "simd": 1}, "there is no parameter 'simd'; there are pe, style and encoding"),
        (
            {"pe": 1, "style": "select"},
            "style must be auto or shift or lut or multiply for these types, not 'select'",
        ),
    ],
)
def test_what_is_not_legal_is_said(parameters: Parameters, message: str) -> None:
    here = _site(span(-8, 7), signed(8), (3, 5))
    assert KERNEL.check(here, parameters) == message


@pytest.mark.parametrize("here", FAMILY.examples(), ids=lambda s: str(s.inputs[0]))
def test_instances_have_no_lint(here: Site[Depthwise], tmp_path: Path) -> None:
    chosen = list(KERNEL.space(here))
    for index, parameters in enumerate(chosen):
        folder = tmp_path / str(index)
        write_files(folder, rtl_files(one_node_plan(here, KERNEL, parameters)))
        sources = (folder / FILES).read_text().split()
        lint([folder / RTL / name for name in sources], "bench")


def test_resources_grow_with_the_lanes_and_know_their_multipliers() -> None:
    here = _site(span(-128, 127), signed(8), (9, 32))
    small, large = (KERNEL.at(here, {"pe": pe}).needs for pe in (1, 16))
    assert (small.multipliers, large.multipliers) == (1, 16)
    assert small.memory_bits == 9 * 32 * 8
    assert large.memory_bits == 0
    assert small.all_lut < large.all_lut
    assert small.all_ff < large.all_ff


# Name: (site, pe, style, depth of the output FIFO or None).
CASES = {
    "xnor, ragged": (_site([-1, 1], BIPOLAR, (9, 7), (1, 2)), 3, "auto", None),
    "xnor, one word per tap": (_site([-1, 1], BIPOLAR, (4, 5), (2, 2)), 5, "auto", 1),
    "bipolar weights, two words": (_site([-1, 1], unsigned(4), (5, 6), (1, 3)), 3, "auto", 1),
    "bipolar weights, one word": (_site([-1, 1], signed(6), (3, 3), (1, 3)), 3, "auto", None),
    "bipolar inputs, ragged": (_site([-7, 2, 5, 0], BIPOLAR, (4, 5), (2, 2)), 2, "auto", None),
    "ternary weights": (_site([-1, 0, 1], signed(4), (9, 5), (1, 2)), 4, "auto", None),
    "ternary weights, bipolar inputs": (_site([-1, 0, 1], BIPOLAR, (9, 3)), 1, "auto", None),
    "look-up tables": (_site(span(-4, 3), unsigned(3), (9, 8), (2, 1)), 8, "auto", None),
    "multiply, one channel": (_site(span(-9, 99), unsigned(8), (9, 1), (2, 3)), 1, "auto", 2),
    "multiply, one tap": (_site(span(-128, 127), signed(8), (1, 7), (2, 2)), 2, "auto", None),
    "multiply, wide": (_site([-32768, 3, 32767], signed(16), (3, 4)), 3, "auto", None),
    "the same weights for all channels": (
        Site.of(Depthwise(np.array([[87] * 5, [-113] * 5])), TensorType((2, 2, 10), signed(8))),
        2,
        "auto",
        None,
    ),
    "multiply, all unsigned": (_site(span(3, 9), IntType(2, 5), (3, 4)), 1, "multiply", None),
}


@pytest.mark.parametrize("name", CASES)
def test_it_computes_and_takes_the_cycles_it_says(name: str) -> None:
    here, pe, style, depth = CASES[name]
    check_kernel(here, KERNEL, {"pe": pe, "style": style}, frames=12, depth=depth)


@st.composite
def _sites(draw: st.DrawFn) -> tuple[Site[Depthwise], int, int]:
    element = draw(st.sampled_from([BIPOLAR, unsigned(1), unsigned(8), signed(7), IntType(-3, 9)]))
    weights = draw(
        st.sampled_from([[-1, 1], [-1, 0, 1], [0, 1], span(-4, 3), span(0, 9), span(-128, 127)])
    )
    channels = draw(st.integers(1, 9))
    pixels = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    shape = (draw(st.integers(1, 9)), channels)
    here = _site(weights, element, shape, pixels, draw(st.integers(0, 999)))
    if draw(st.booleans()):  # the same weights for all channels
        here = Site.of(Depthwise(np.repeat(here.op.weights[:, :1], channels, 1)), here.inputs[0])
    return here, draw(st.integers(1, channels)), draw(st.integers(1, 6))


@pytest.mark.slow
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(_sites())
def test_any_site_computes_and_takes_the_cycles_it_says(
    drawn: tuple[Site[Depthwise], int, int],
) -> None:
    here, pe, depth = drawn
    check_kernel(here, KERNEL, {"pe": pe}, frames=6, depth=depth)


@pytest.mark.slow
@pytest.mark.parametrize("here", FAMILY.examples(), ids=lambda s: str(s.inputs[0]))
def test_examples_compute_in_every_folding(here: Site) -> None:
    for parameters in KERNEL.space(here):
        check_kernel(here, KERNEL, parameters, frames=6)
