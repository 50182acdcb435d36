"""Weights that are sums of powers of two: their codes, and lanes that shift inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.numbers import MOST_NUMBERS, different, numbers_of, weight_type
from hwcompile.ops.arithmetic.shift import PowerSums, power_sums
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.matmul.op import Matmul
from tests.kernelbench import check_kernel
from tests.ops.matmul.cases import signed, site, unsigned

ORACLE = "numpy"
ORACLE_REASON = "INQ (1702.03044) and ShiftCNN (1706.02393) say which weights there are"

FAMILY = family("matmul")


def inq(bits: int, largest: int) -> list[int]:
    """The weights of INQ with so many bits: zero and 2**(bits - 2) powers of two downwards."""
    powers = [largest >> n for n in range(1 << (bits - 2))]
    return [0, *powers, *(-power for power in powers)]


def shift_cnn(terms: int, bits: int) -> list[int]:
    """All sums of ShiftCNN's code books in units of the least power of two."""
    count = (1 << (bits - 1)) - 1
    top = count + terms - 2
    sums = {0}
    for n in range(terms):
        book = [1 << (top - n - i) for i in range(count)]
        sums = {a + b for a in sums for b in [0, *book, *(-c for c in book)]}
    return sorted(sums)


@pytest.mark.parametrize(("bits", "largest"), [(3, 2), (4, 8), (5, 128)])
def test_weights_of_inq_take_the_bits_of_the_paper(bits: int, largest: int) -> None:
    kind = weight_type(np.array(inq(bits, largest)))
    found = power_sums(kind)
    assert found is not None
    assert (found.terms, found.bits) == (1, bits)


@pytest.mark.parametrize(("terms", "bits"), [(1, 4), (2, 3), (2, 4), (3, 3)])
def test_weights_of_shift_cnn_take_the_bits_of_the_paper(terms: int, bits: int) -> None:
    numbers = shift_cnn(terms, bits)
    assert len(numbers) <= MOST_NUMBERS
    found = power_sums(weight_type(np.array(numbers)))
    assert found is not None
    assert found.bits <= terms * bits


@pytest.mark.parametrize("way", [PowerSums(n, f) for n in (1, 2, 3) for f in (1, 2, 3)], ids=str)
def test_a_code_is_read_as_the_module_says(way: PowerSums) -> None:
    for number, code in way.codes().items():
        total = 0
        for n in range(way.terms):
            part = code >> n * (1 + way.field)
            field = part & ((1 << way.field) - 1)
            size = 1 << (way.terms - 1 - n + (~field & ((1 << way.field) - 1)))
            total += (-size if part >> way.field & 1 else size) if field else 0
        assert total == number
        assert 0 <= code < 1 << way.bits
    assert way.codes()[0] == 0


def test_shifts_are_chosen_where_they_save_bits_and_else_by_name() -> None:
    element = signed(8)
    words = {
        name: [e.word for e in encodings(weight_type(np.array(numbers)), element)]
        for name, numbers in {
            "inq": inq(5, 128),
            "sums": shift_cnn(2, 4),
            "narrow": [-3, 0, 5, 7],
            "few sums": [-192, -96, 0, 96, 192],
            "not": [0, 0b1010101, 0b110110101],
        }.items()
    }
    assert words["inq"][0] == words["sums"][0] == "shift"
    assert words["narrow"][-1] == "shift"
    # A code book stores them in 3 bits, and one product is less than two shifts.
    assert words["few sums"] == ["multiply", "lut", "shift"]
    assert "shift" not in words["not"]


def test_numbers_are_known_as_long_as_they_are_few() -> None:
    few, many = np.arange(-100, 156), np.arange(-100, 157)
    assert numbers_of(weight_type(few)) == tuple(range(-100, 156))
    assert numbers_of(weight_type(many)) is None
    late = np.concatenate([np.zeros(9000, dtype=np.int64), many])
    assert different(late) is None
    assert weight_type(late) == IntType(-100, 156)


KERNELS = st.sampled_from(["folded", "sparse", "parallel"])


@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([(1, 2), (1, 4), (2, 2), (2, 3), (3, 2)]),
    st.sampled_from([signed(1), signed(3), signed(8), unsigned(1), unsigned(5), IntType(-3, 9)]),
    KERNELS,
    st.integers(0, 99),
)
def test_products_are_those_of_the_numbers(
    way: tuple[int, int], element: IntType, kernel: str, seed: int
) -> None:
    """All numbers of a way by random inputs with their extremes."""
    rng = np.random.default_rng(seed)
    numbers = sorted(PowerSums(*way).codes())
    rows, columns = int(rng.integers(2, 6)), int(rng.integers(3, 9))
    here = site(numbers, element, (1, rows, columns), (1, int(rng.integers(1, 4))), seed)
    chosen: dict[str, Parameters] = {
        "folded": {"pe": int(rng.integers(1, rows + 1)), "simd": int(rng.integers(1, columns + 1))},
        "sparse": {"pes": int(rng.integers(1, 4))},
        "parallel": {"pixels": 1},
    }
    if power_sums(here.op.weight_type) is None or not np.count_nonzero(here.op.weights) > 3:
        return
    check_kernel(here, FAMILY.kernel(kernel), {**chosen[kernel], "style": "shift"}, seed=seed)


@pytest.mark.parametrize("way", [(1, 4), (2, 3), (3, 2)])
def test_every_number_by_every_input(way: tuple[int, int]) -> None:
    numbers, element = sorted(PowerSums(*way).codes()), signed(5)
    inputs = element.values().reshape(1, 1, -1, 1)
    op = Matmul(np.array(numbers, dtype=np.int64).reshape(1, -1, 1))
    here = Site.of(op, TensorType((1, inputs.size, 1), element))
    parameters: Parameters = {"pe": 1, "simd": 1, "style": "shift"}
    check_kernel(here, FAMILY.kernel("folded"), parameters, inputs=(inputs,))
