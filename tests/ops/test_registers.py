"""Registers for a fast clock: a parameter of all kernels that changes latency and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import FAMILIES, family
from hwcompile.ops.arithmetic.cut_product import MOST_FACTOR_BITS, CutProduct
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import REGISTERS, Parameters, Site
from hwcompile.ops.threshold.op import Threshold
from hwcompile.ops.threshold.requantize import MultiplyAddShift
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

FOREMOST = (
    "matmul.folded-2",
    "matmul.folded-1",
    "binary_search-2",
    "requantize-2",
    "requantize-3",
    "late_requantize-1",
    "late_requantize-2",
    "late_requantize-3",
    "comparators-1",
)


def _kernels() -> Iterator[tuple[str, AnyKernel]]:
    for name in FAMILIES:
        for kernel in family(name).kernels:
            if kernel.most_registers:
                yield name, kernel


def _long_factors() -> Site:
    """A requantization of wide sums, whose factors need more bits than a block multiplies."""
    rows, element, result = 3, IntType(-90_000, 89_999), IntType(-128, 127)
    scale = np.array([0.61, 1.07, 1.39]) * 255 / element.levels
    levels = np.arange(1, 256) - 0.5 - 255 / 2
    table = np.ceil(levels / scale[:, None]).astype(np.int64)
    op = Threshold(table, np.full(rows, -128), np.ones(rows, dtype=np.int64), result)
    return Site.of(op, TensorType((1, 5, rows), element))


def _sites(name: str, kernel: AnyKernel) -> Iterator[tuple[Site, Parameters]]:
    for site in (*family(name).examples(), _long_factors()):
        if kernel.refuses(site) is None:
            offered = list(kernel.space(site))
            yield site, offered[0]
            yield site, offered[len(offered) // 2]


def _stages(kernel: AnyKernel, site: Site, parameters: Parameters, registers: int) -> int:
    return kernel.at(site, {**parameters, REGISTERS: registers}).timing.stages


def _where(name: str, kernel: AnyKernel, registers: int) -> tuple[Site, Parameters]:
    """An example and a folding in which that many registers are more than one fewer."""
    for site, parameters in _sites(name, kernel):
        fewer, more = (_stages(kernel, site, parameters, r) for r in (registers - 1, registers))
        if more > fewer:
            return site, parameters
    raise AssertionError(f"{name}.{kernel.name} makes nothing of {registers} registers")


CASES = [
    pytest.param(
        name,
        kernel,
        registers,
        id=f"{name}.{kernel.name}-{registers}",
        marks=[] if f"{name}.{kernel.name}-{registers}".endswith(FOREMOST) else [pytest.mark.slow],
    )
    for name, kernel in _kernels()
    for registers in range(1, kernel.most_registers + 1)
]


@pytest.mark.parametrize(("name", "kernel", "registers"), CASES)
def test_registers_change_the_latency_and_nothing_else(
    name: str, kernel: AnyKernel, registers: int
) -> None:
    site, parameters = _where(name, kernel, registers)
    check_kernel(site, kernel, {**parameters, REGISTERS: registers})


@pytest.mark.parametrize(
    ("name", "kernel"), [pytest.param(n, k, id=f"{n}.{k.name}") for n, k in _kernels()]
)
def test_more_registers_are_never_faster_to_answer_nor_smaller(
    name: str, kernel: AnyKernel
) -> None:
    for site, parameters in _sites(name, kernel):
        built = [
            kernel.at(site, {**parameters, REGISTERS: registers})
            for registers in range(kernel.most_registers + 1)
        ]
        assert built[0].timing.stages == kernel.at(site, parameters).timing.stages
        for fewer, more in pairwise(built):
            assert more.timing.stages >= fewer.timing.stages
            assert more.interval == fewer.interval
            assert more.ports == fewer.ports
            assert more.needs.all_ff >= fewer.needs.all_ff


def test_wide_factors_are_cut_one_after_the_other() -> None:
    kernel = family("threshold").kernel("requantize")
    both = set()
    for site, parameters in _sites("threshold", kernel):
        for registers in range(4):
            built = kernel.at(site, {**parameters, REGISTERS: registers})
            assert isinstance(built, MultiplyAddShift)
            product = built.product
            wide = [bits > MOST_FACTOR_BITS for bits in (product.left, product.right)]
            assert product.cuts == min(sum(wide), max(registers - 1, 0))
            assert bool(product.right_cut) == (wide[1] and registers > 1)
            both.add(product.cuts)
    assert both == {0, 1, 2}


@pytest.mark.parametrize("registers", [0, 1, 2, 3])
@pytest.mark.parametrize(("left", "right"), [(19, 13), (18, 26), (12, 30), (31, 30), (8, 8)])
def test_no_part_of_a_cut_product_is_wider_than_half_of_it(
    left: int, right: int, registers: int
) -> None:
    product = CutProduct.of(left, right, registers)
    assert product.later == (registers > 1)
    parts = product.products(3)
    assert len(parts) == 1 << product.cuts
    assert {part.count for part in parts} == {3}
    assert max(part.left for part in parts) == (left // 2 + 1 if product.left_cut else left)
    assert max(part.right for part in parts) == (right // 2 + 1 if product.right_cut else right)


def test_registers_out_of_range_are_refused() -> None:
    kernel = family("matmul").kernel("folded")
    site = family("matmul").examples()[0]
    parameters = next(iter(kernel.space(site)))
    assert kernel.complaint(site, {**parameters, REGISTERS: 3}) is None
    for wrong in (-1, 4, "2"):
        message = f"registers must be a number from 0 to 3, not {wrong!r}"
        assert kernel.complaint(site, {**parameters, REGISTERS: wrong}) == message
    assert kernel.complaint(site, {"simd": 1, REGISTERS: 1}) == kernel.check(site, {"simd": 1})
    assert "from 0 to 0" in str(family("width").kernel("gearbox").complaint(site, {REGISTERS: 1}))
