"""Weights stored as places in a code book: their bits, when it pays, and kernels that read it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.arithmetic import encodings
from hwcompile.ops.arithmetic.codebook import Codebook
from hwcompile.ops.arithmetic.numbers import Numbers
from hwcompile.ops.contract.site import Parameters, Site
from hwcompile.ops.depthwise.op import Depthwise
from tests.kernelbench import check_kernel
from tests.ops.matmul.cases import signed, site, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "`evaluate` knows no code book; the circuits that read one are simulated beside it"

FOLDED, SPARSE = (family("matmul").kernel(name) for name in ("folded", "sparse"))
(CHANNELS, *_) = family("depthwise").kernels
LEVELS = [-128, -77, -50, -31, -18, -9, -4, 0, 3, 8, 15, 27, 44, 68, 97, 127]


def stored_bits(here: Site, kernel: str, parameters: Parameters) -> dict[str, int]:
    """Bits of the memories of a kernel, by the name of the parameter."""
    kernels = {"folded": FOLDED, "sparse": SPARSE, "depthwise": CHANNELS}
    instance = kernels[kernel].at(here, parameters).instance
    return {name: image.width * image.depth for name, image in instance.memories.items()}


def test_a_book_of_16_takes_4_bits_a_weight_and_its_table() -> None:
    """The 16 -> 16 convolution of row 2: N log2 k + k w bits."""
    here = site(LEVELS, signed(8), (1, 16, 144), (8, 8))
    found = stored_bits(here, "folded", {"pe": 4, "simd": 4})
    assert found == {"WeightFile": 2304 * 4, "CodeFile": 16 * 8}
    plain = stored_bits(here, "folded", {"pe": 4, "simd": 4, "encoding": "plain"})
    assert plain == {"WeightFile": 2304 * 8}


def test_a_book_is_chosen_where_memory_shrinks_by_more_than_tables_take() -> None:
    encoding = next(encodings(Numbers(-128, 127, numbers=tuple(LEVELS)), signed(8)))
    book = Codebook.of(encoding)
    assert book is not None
    # 4 of 8 bits are saved, and 8 tables of 16 bits are to pay.
    assert [book.pays(encoding, depth) for depth in (1, 32, 33)] == [False, False, True]
    # One bit of 8 is too little for 128 numbers, whatever the depth.
    assert not Codebook(tuple(range(-64, 64))).pays(encoding, 1 << 20)


@pytest.mark.parametrize("numbers", [span(-8, 7), span(0, 200), [0, 1, 2, 3], [0, 1]])
def test_there_is_no_book_where_no_bit_is_saved(numbers: list[int]) -> None:
    here = site(numbers, signed(8), (1, 9, 40))
    parameters: Parameters = {"pe": 1, "simd": 1, "encoding": "codebook"}
    assert "a code book takes no fewer bits" in (FOLDED.check(here, parameters) or "")


def test_what_is_not_legal_is_said() -> None:
    here = site(LEVELS, signed(8), (1, 9, 40))
    message = "encoding must be auto, plain or codebook, not 'huffman'"
    assert FOLDED.check(here, {"pe": 1, "simd": 1, "encoding": "huffman"}) == message
    assert SPARSE.check(here, {"pes": 1, "encoding": "huffman"}) == message
    packed: Parameters = {"pe": 2, "simd": 1, "pack": 2, "encoding": "codebook"}
    assert "rows that share a multiplication" in (FOLDED.check(here, packed) or "")


def test_programs_in_external_memory_have_places_as_well() -> None:
    here = site([*LEVELS[:7], 0], signed(8), (1, 9, 40))
    parameters: Parameters = {"pes": 2, "weights": "external"}
    rows = [
        SPARSE.at(here, {**parameters, "encoding": wish}).instance.external
        for wish in ("plain", "codebook")
    ]
    plain, coded = (row.image.width for row in rows if row)
    assert plain - coded == 2 * (8 - 3)
    assert "CodeFile" in SPARSE.at(here, {**parameters, "encoding": "codebook"}).instance.memories


def test_zero_comes_first_so_that_empty_memory_is_no_weight() -> None:
    found = Codebook.of(next(encodings(Numbers(-9, 70, numbers=(-9, -2, 0, 70)), signed(4))))
    assert found is not None
    assert found.numbers == (0, -9, -2, 70)
    assert found.encode(np.array([[70, 0], [-9, -2]])).tolist() == [[3, 0], [1, 2]]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], IntType, int]:
    """A few numbers, a type of inputs, and a seed."""
    low = draw(st.sampled_from([-(1 << 14), -200, 0, 5]))
    many = draw(st.integers(2, 40))
    numbers = draw(st.lists(st.integers(low, 1 << 14), min_size=many, max_size=many, unique=True))
    element = draw(st.sampled_from([BIPOLAR, signed(2), signed(8), unsigned(1), unsigned(6)]))
    return numbers, element, draw(st.integers(0, 99))


@settings(deadline=None, max_examples=14, suppress_health_check=list(HealthCheck))
@given(cases(), st.sampled_from(["folded", "sparse", "depthwise"]), st.integers(0, 2))
def test_it_computes_and_takes_the_cycles_it_says(
    case: tuple[list[int], IntType, int], kernel: str, registers: int
) -> None:
    """Ragged both ways, books with and without a zero, with registers behind the memory."""
    numbers, element, seed = case
    rng = np.random.default_rng(seed)
    rows, columns, groups = (int(n) for n in rng.integers((1, 2, 1), (7, 12, 3)))
    here: Site[Any]
    extra: dict[str, int | str] = {"encoding": "codebook"}
    if kernel == "depthwise":
        op = Depthwise(rng.choice(numbers, (rows + 1, columns)))
        here = Site.of(op, TensorType((1, 2, (rows + 1) * columns), element))
        extra |= {"pe": int(rng.integers(1, columns + 1)), "registers": min(registers, 1)}
    else:
        here = site(numbers, element, (groups, rows, columns), (1, 2), seed)
        pe, simd = int(rng.integers(1, rows + 1)), int(rng.integers(1, columns + 1))
        if kernel == "folded":
            extra |= {"pe": pe, "simd": simd, "registers": registers}
        else:
            extra |= {"pes": int(rng.integers(1, 4))}
    chosen = {"folded": FOLDED, "sparse": SPARSE, "depthwise": CHANNELS}[kernel]
    if chosen.refuses(here) or chosen.complaint(here, extra):
        return
    assert "CodeFile" in chosen.at(here, extra).instance.memories
    check_kernel(here, chosen, extra, seed=seed)
