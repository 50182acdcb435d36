"""The parallel depthwise kernel: all taps of some channels per cycle."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Blocks, Parameters, Site
from hwcompile.ops.depthwise import FAMILY
from hwcompile.ops.depthwise.op import Depthwise
from hwcompile.ops.depthwise.parallel import Parallel
from tests.kernelbench import check_kernel
from tests.ops.matmul.cases import signed, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Parallel()


def _site(weights: list[int], element: IntType, taps: int, channels: int) -> Site[Depthwise]:
    """A site of 2 x 3 pixels with random weights [T, C] out of a list."""
    chosen = np.random.default_rng(taps).choice(np.asarray(weights), size=(taps, channels))
    chosen.flat[: len(weights)] = weights[: chosen.size]
    op = Depthwise(chosen.astype(np.int64))
    return Site.of(op, TensorType((2, 3, taps * channels), element))


CASES = {
    "xnor, two words": (_site([-1, 1], BIPOLAR, 9, 8), 4, None),
    "constant parts of every word": (_site([-7, 2, 5, 0], BIPOLAR, 4, 6), 2, 1),
    "a single tap": (_site([3, -100, 7], signed(8), 1, 4), 4, None),
    "products": (_site(span(-128, 127), unsigned(8), 5, 3), 3, 1),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rtl_equals_meaning_and_prediction(case: tuple[Site, int, int | None]) -> None:
    here, pe, depth = case
    check_kernel(here, KERNEL, {"pe": pe}, frames=4, depth=depth)


def test_several_pixels_per_word() -> None:
    """Rows of three pixels, two per word, with constant parts that must not stay in empty lanes."""
    here = _site([-7, 2, 5, 0], BIPOLAR, 4, 5)
    check_kernel(here, KERNEL, {"pe": 5, "pixels": 2}, frames=4)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(FAMILY.examples())))
def test_whole_space_of_the_examples(index: int) -> None:
    here = FAMILY.examples()[index]
    for parameters in KERNEL.space(here):
        check_kernel(here, KERNEL, parameters, frames=4)


def test_words_hold_all_taps_of_a_block() -> None:
    here = _site(span(-8, 7), signed(4), 5, 6)
    built = KERNEL.at(here, {"pe": 2})
    (source,) = built.ports.inputs
    assert (source.parallel, source.words, source.order) == (10, 18, Blocks(5, 2))
    assert (built.ports.output.parallel, built.ports.output.words) == (2, 18)
    assert (built.interval, built.lanes) == (18, 10)
    assert KERNEL.at(here, {"pe": 6}).ports.inputs[0].order is None
    assert [p["pe"] for p in KERNEL.space(here)] == [1, 2, 3, 6]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pe": 4}, "pe must divide the 6 channels, which 4 does not"),
        ({"pe": 1, "simd": 1}, "there is no parameter 'simd'; there are pe, pixels and style"),
        (
            {"pe": 1, "style": "x"},
            "style must be auto or shift or lut or multiply for these types, not 'x'",
        ),
    ],
)
def test_what_is_not_legal_is_said(parameters: Parameters, message: str) -> None:
    assert KERNEL.check(_site(span(-8, 7), signed(8), 3, 6), parameters) == message
