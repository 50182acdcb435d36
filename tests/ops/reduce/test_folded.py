from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Site
from hwcompile.ops.reduce import FAMILY
from hwcompile.ops.reduce.folded import Folded
from hwcompile.ops.reduce.op import KINDS, Reduce
from tests.kernelbench import check_kernel
from tests.ops.reduce.test_op import ELEMENTS

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

KERNEL: AnyKernel = Folded()


def site(op: Reduce, shape: tuple[int, int, int], element: IntType) -> Site[Reduce]:
    return Site.of(op, TensorType(shape, element))


CASES: dict[str, tuple[Site, int]] = {
    "largest, one word per tap": (site(Reduce("max", 4), (2, 3, 20), IntType(-128, 127)), 5),
    "smallest, several ragged words": (site(Reduce("min", 3), (2, 2, 15), IntType(0, 9)), 2),
    "sum of signed": (site(Reduce("sum", 7), (2, 2, 21), IntType(-5, 2)), 3),
    "sum of negative numbers": (site(Reduce("sum", 3), (1, 2, 6), IntType(-7, -3)), 1),
    "sum of bipolar, ragged": (site(Reduce("sum", 5), (2, 2, 25), BIPOLAR), 3),
    "largest of bipolar": (site(Reduce("max", 4), (2, 2, 12), BIPOLAR), 3),
    "a single tap": (site(Reduce("max", 1), (2, 2, 3), IntType(0, 5)), 2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rtl_equals_meaning_and_prediction(case: tuple[Site, int]) -> None:
    example, pe = case
    check_kernel(example, KERNEL, {"pe": pe}, frames=5)


def test_only_the_last_tap_waits_for_room() -> None:
    """An output FIFO of one word: words of other taps still enter, one per cycle."""
    example, pe = CASES["smallest, several ragged words"]
    check_kernel(example, KERNEL, {"pe": pe}, depth=1)


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(FAMILY.examples())))
def test_whole_space_of_the_examples(index: int) -> None:
    example = FAMILY.examples()[index]
    kernels = [kernel for kernel in FAMILY.kernels if not kernel.refuses(example)]
    assert kernels
    for kernel in kernels:
        for parameters in kernel.space(example):
            check_kernel(example, kernel, parameters)


@pytest.mark.slow
@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(KINDS),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(0, 99),
    st.sampled_from(ELEMENTS),
)
def test_random_reductions(
    kind: str, taps: int, channels: int, seed: int, element: IntType
) -> None:
    example = site(Reduce(kind, taps), (2, 2, taps * channels), element)
    check_kernel(example, KERNEL, {"pe": 1 + seed % channels}, frames=4, seed=seed)


@pytest.mark.parametrize("example", FAMILY.examples())
def test_space_is_legal_and_timing_is_one_word_per_cycle(example: Site) -> None:
    for parameters in KERNEL.space(example):
        assert KERNEL.check(example, parameters) is None
        ports = KERNEL.at(example, parameters).ports
        timing = KERNEL.at(example, parameters).timing
        assert timing.interval == ports.inputs[0].words == KERNEL.at(example, parameters).interval
        (actor,) = timing.actors.values()
        assert actor.writes["out"][-1] == ports.output.words


@pytest.mark.parametrize(
    ("parameters", "text"),
    [({"pe": 6}, "from 1 to 5"), ({"pe": 0}, "from 1 to 5"), ({"simd": 1}, "one parameter")],
)
def test_check_says_why(parameters: dict[str, int], text: str) -> None:
    reason = KERNEL.check(CASES["sum of bipolar, ragged"][0], parameters)
    assert reason is not None
    assert text in reason
