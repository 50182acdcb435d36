"""Rows that share a multiplication: fields that hold their products, and exact circuits."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.build_directory import FILES, RTL
from hwcompile.emit.project import rtl_files, write_files
from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.arithmetic.packing import RowPacking
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Site
from hwcompile.ops.matmul.folded import Folded
from hwcompile.ops.matmul.op import Matmul
from hwcompile.verify.verilator import lint
from tests.kernelbench import check_kernel, one_node_plan
from tests.ops.matmul.cases import signed, site, span, unsigned

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the product; the circuits are simulated beside it"

KERNEL: AnyKernel = Folded()


def split(packing: RowPacking, weights: IntArray, x: int) -> list[int]:
    """The products of one column of weights, taken from their fields as `hw_dot_packed` does."""
    digits = packing.digits(weights[None, :, None])[0, :, 0]
    values = [int(d) - (int(d) >> (packing.stored_bits - 1) << packing.stored_bits) for d in digits]
    factor = sum(value << (j * packing.shift) for j, value in enumerate(values))
    fields = [value % (1 << packing.shift) for value in values[:-1]]
    parts = sum(field << (j * packing.shift) for j, field in enumerate(fields))
    borrowed = sum((value < 0) << ((j + 1) * packing.shift) for j, value in enumerate(values[:-1]))
    assert parts + (values[-1] << (len(fields) * packing.shift)) == factor + borrowed
    whole = (factor + borrowed) * x
    found: list[int] = []
    borrow = 0
    for row in range(packing.rows):
        number = whole >> (row * packing.shift)
        if row + 1 < packing.rows:
            low = int(weights[row + 1]) * x % (1 << packing.overlap)
            number -= low << packing.shift
        half = 1 << (packing.product_bits - 1)
        number = (number + half) % (2 * half) - half
        found.append(number - borrow)
        borrow = number >> packing.shift
    return found


def types() -> st.SearchStrategy[IntType]:
    """All of two to eight bits, and some whose limits are anywhere."""
    whole = st.builds(
        lambda bits, low: signed(bits) if low else unsigned(bits), st.integers(2, 8), st.booleans()
    )
    odd = st.builds(
        lambda low, size: IntType(low, low + size), st.integers(-90, 40), st.integers(1, 90)
    )
    return st.one_of(whole, odd)


@settings(deadline=None, max_examples=100)
@given(types(), types(), st.integers(2, 4), st.data())
def test_fields_hold_products_of_all_widths(
    weight: IntType, element: IntType, rows: int, data: st.DataObject
) -> None:
    packing = RowPacking.of(weight, element, rows)
    if packing is None:
        return
    assert packing.factor_bits <= 27
    edges = st.sampled_from([weight.low, weight.high])
    numbers = st.one_of(edges, st.integers(weight.low, weight.high))
    column = np.array(data.draw(st.tuples(*[numbers] * rows)), dtype=np.int64)
    for x in (element.low, element.high, data.draw(st.integers(element.low, element.high))):
        assert split(packing, column, x) == [int(w) * x for w in column]


@pytest.mark.parametrize("element", [signed(4), unsigned(4)], ids=str)
@pytest.mark.parametrize("rows", [2, 3])
def test_fields_hold_all_products_of_four_bits(rows: int, element: IntType) -> None:
    packing = RowPacking.of(signed(4), element, rows)
    assert packing is not None
    values = range(-8, 8) if rows == 2 else (-8, -7, -5, -1, 0, 1, 2, 7)
    for weights in product(values, repeat=rows):
        for x in element.values() if rows == 2 else (element.low, 3, element.high):
            assert split(packing, np.array(weights), x) == [w * x for w in weights]


@pytest.mark.parametrize(
    ("weight", "element", "rows", "overlap", "factor"),
    [
        (signed(8), signed(8), 2, 0, 25),
        (IntType(-127, 127), unsigned(8), 2, 0, 24),
        (signed(4), unsigned(4), 4, 2, 23),
        (IntType(-7, 7), unsigned(4), 4, 1, 25),
        (signed(4), unsigned(4), 3, 2, 17),
        (signed(4), signed(4), 2, 0, 13),
        (signed(4), unsigned(8), 2, 1, 16),
    ],
)
def test_narrowest_multiplier_is_chosen(
    weight: IntType, element: IntType, rows: int, overlap: int, factor: int
) -> None:
    packing = RowPacking.of(weight, element, rows)
    assert packing is not None
    assert (packing.overlap, packing.factor_bits) == (overlap, factor)


def _every(weights: IntArray, element: IntType) -> tuple[Site[Matmul], IntArray]:
    """Columns of weights [n, rows] as folds of one column, and a frame of all inputs."""
    inputs = element.values().reshape(1, 1, -1, 1)
    kind = TensorType((1, inputs.size, 1), element)
    return Site.of(Matmul(weights.reshape(1, -1, 1)), kind), inputs


@pytest.mark.parametrize(
    ("values", "element", "rows"),
    [
        (span(-8, 7), unsigned(4), 2),
        ([-8, -7, -1, 0, 1, 7], unsigned(4), 4),
        pytest.param(span(-8, 7), signed(4), 3, marks=pytest.mark.slow),
        pytest.param(span(-8, 7), unsigned(4), 3, marks=pytest.mark.slow),
        pytest.param(span(0, 15), signed(4), 2, marks=pytest.mark.slow),
        pytest.param(span(0, 15), unsigned(4), 2, marks=pytest.mark.slow),
    ],
)
def test_circuits_multiply_all_columns_by_all_inputs(
    values: list[int], element: IntType, rows: int
) -> None:
    here, inputs = _every(np.array(list(product(values, repeat=rows)), dtype=np.int64), element)
    check_kernel(here, KERNEL, {"pe": rows, "simd": 1, "pack": rows}, inputs=(inputs,))


@pytest.mark.parametrize(
    ("values", "element", "pe", "simd", "pack"),
    [
        ([-128, 127, -1, 0, 85], signed(8), 5, 3, 2),
        pytest.param([-8, 7, -1, 0, 5], unsigned(4), 7, 6, 4, marks=pytest.mark.slow),
        pytest.param([-128, 127, -1, 3], unsigned(8), 4, 5, 2, marks=pytest.mark.slow),
        pytest.param([-8, 7, -3], signed(8), 6, 9, 2, marks=pytest.mark.slow),
    ],
)
def test_circuits_sum(values: list[int], element: IntType, pe: int, simd: int, pack: int) -> None:
    """Packs, folds and steps that are not whole, and sums of extremes."""
    here = site(values, element, (2, 11, 13), (1, 3))
    check_kernel(here, KERNEL, {"pe": pe, "simd": simd, "pack": pack})


def test_instances_have_no_lint(tmp_path: Path) -> None:
    here = site(span(-8, 7), unsigned(4), (1, 11, 13))
    for pack in (2, 4):
        folder = tmp_path / str(pack)
        plan = one_node_plan(here, KERNEL, {"pe": 7, "simd": 5, "pack": pack})
        write_files(folder, rtl_files(plan))
        sources = (folder / FILES).read_text().split()
        lint([folder / RTL / name for name in sources], "bench")


def test_a_multiplication_takes_a_block() -> None:
    here = site(span(-128, 127), signed(8), (1, 8, 16))
    alone, shared = (
        KERNEL.at(here, {"pe": 4, "simd": 8, "style": "multiply", "pack": pack}) for pack in (1, 2)
    )
    assert (alone.needs.multipliers, shared.needs.multipliers) == (32, 16)
    assert shared.timing.stages == alone.timing.stages + 1


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"pe": 2, "simd": 1, "pack": 3}, "from 1 to 2, which is pe"),
        ({"pe": 2, "simd": 1, "pack": "all"}, "not 'all'"),
        ({"pe": 4, "simd": 1, "pack": 3}, "no multiplier takes"),
        ({"pe": 4, "simd": 1, "pack": 2, "style": "lut"}, "types and style"),
    ],
)
def test_what_can_not_be_shared_is_refused(parameters: dict[str, int | str], reason: str) -> None:
    here = site(span(-128, 127), signed(8), (1, 8, 16))
    found = KERNEL.check(here, parameters)
    assert found is not None
    assert reason in found
