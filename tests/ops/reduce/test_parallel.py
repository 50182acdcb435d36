"""The parallel reduction: all taps of some channels per cycle."""

from __future__ import annotations

import pytest

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Blocks, Parameters, Site
from hwcompile.ops.reduce.op import Reduce
from hwcompile.ops.reduce.parallel import Parallel
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Parallel()


def _site(kind: str, taps: int, channels: int, element: IntType) -> Site[Reduce]:
    return Site.of(Reduce(kind, taps), TensorType((2, 3, taps * channels), element))


CASES = {
    "maximum of signed numbers": (_site("max", 9, 4, IntType(-8, 7)), 2, None),
    "minimum of unsigned numbers": (_site("min", 2, 3, IntType(0, 200)), 3, 1),
    "sum of unsigned numbers": (_site("sum", 17, 2, IntType(0, 9)), 1, 1),
    "sum of bipolar numbers": (_site("sum", 5, 6, BIPOLAR), 3, None),
    "maximum of bipolar numbers": (_site("max", 4, 5, BIPOLAR), 5, None),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rtl_equals_meaning_and_prediction(case: tuple[Site, int, int | None]) -> None:
    here, pe, depth = case
    check_kernel(here, KERNEL, {"pe": pe}, frames=4, depth=depth)


@pytest.mark.parametrize("kind", ["max", "sum"])
def test_several_pixels_per_word(kind: str) -> None:
    """Rows of three pixels, two per word: the second word is half empty."""
    check_kernel(_site(kind, 4, 2, IntType(-8, 7)), KERNEL, {"pe": 2, "pixels": 2}, frames=4)


def test_words_hold_all_taps_of_a_block() -> None:
    built = KERNEL.at(_site("sum", 3, 8, IntType(0, 5)), {"pe": 4})
    (source,) = built.ports.inputs
    assert (source.parallel, source.words, source.order) == (12, 12, Blocks(3, 4))
    assert (built.interval, built.timing.stages) == (12, 1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pe": 3}, "'pe' divides the 4 channels, which 3 does not"),
        ({"simd": 1}, "parallel has the parameters 'pe' and 'pixels', not ['simd']"),
        ({"pe": 4, "pixels": 4}, "'pixels' is a number from 1 to 3 (pixels of a row), not 4"),
        ({"pe": 2, "pixels": 3}, "with 'pixels' above 1, 'pe' is 4 (all channels), not 2"),
    ],
)
def test_what_is_not_legal_is_said(parameters: Parameters, message: str) -> None:
    assert KERNEL.check(_site("max", 2, 4, BIPOLAR), parameters) == message


def test_one_tap_needs_no_tree() -> None:
    assert KERNEL.refuses(_site("sum", 1, 4, BIPOLAR)) == "there is a single tap"
