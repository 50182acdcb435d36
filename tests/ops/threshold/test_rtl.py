"""Threshold kernels in Verilator: every value of the input type through every element."""

from __future__ import annotations

import numpy as np
import pytest

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.kernel import Kernel
from hwcompile.ops.site import Site
from hwcompile.ops.threshold import FAMILY, Threshold, describe
from tests.kernelbench import check_kernel

SITES = FAMILY.examples()


def all_values(site: Site, most: int = 40_000) -> IntArray:
    """Frames in which every element takes every value of its type, in an order of its own."""
    kind, rng = site.inputs[0], np.random.default_rng(1)
    values = kind.element.values()
    orders = [rng.permutation(values) for _ in range(min(kind.size, -(-most // values.size)))]
    columns = [orders[i % len(orders)] for i in range(kind.size)]
    return np.stack(columns, axis=1).reshape(values.size, *kind.shape)


def run(site: Site, kernel: Kernel, parallel: int) -> None:
    check_kernel(site, kernel, {"parallel": parallel}, inputs=(all_values(site),))


@pytest.mark.parametrize(
    ("number", "name", "parallel"),
    [
        (0, "comparators", 2),
        (1, "comparators", 3),
        (4, "binary_search", 1),
        (5, "binary_search", 4),
        (5, "requantize", 4),
        (7, "requantize", 2),
        (9, "requantize", 2),
        (8, "shift", 2),
        (9, "shift", 1),
    ],
)
def test_kernel(number: int, name: str, parallel: int) -> None:
    run(SITES[number], FAMILY.kernel(name), parallel)


CASES = [
    pytest.param(site, kernel, parallel, id=f"{number}-{kernel.name}-{parallel}")
    for number, site in enumerate(SITES)
    for kernel in FAMILY.kernels
    if kernel.refuses(site) is None
    for parallel in sorted({1, 2, site.inputs[0].channels})
]


@pytest.mark.slow
@pytest.mark.parametrize(("site", "kernel", "parallel"), CASES)
def test_every_kernel_on_every_example(site: Site, kernel: Kernel, parallel: int) -> None:
    run(site, kernel, parallel)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["comparators", "binary_search", "requantize", "shift"])
def test_output_declared_wider_than_reached(name: str) -> None:
    site = SITES[8]
    wide = TensorType(site.outputs[0].shape, IntType(-300, 40))
    run(Site(site.op, site.inputs, (wide,)), FAMILY.kernel(name), 2)


def test_thresholds_off_the_line_are_patched() -> None:
    assert describe(SITES[7], {"parallel": 2})["patches"] == 2
    assert describe(SITES[5], {"parallel": 2})["patches"] == 0


def test_description_names_multiplier_and_shift() -> None:
    facts = describe(SITES[5], {"parallel": 2})
    assert facts["shift"] > 8
    assert 3 <= facts["multiplier_bits"] <= 16
    comment = FAMILY.kernel("requantize").render(SITES[5], {"parallel": 2}).comment
    assert f"{facts['multiplier_bits']} bits" in comment
    assert f"shift by {facts['shift']}" in comment


def test_parameters_are_checked() -> None:
    kernel = FAMILY.kernel("comparators")
    assert [p["parallel"] for p in kernel.space(SITES[0])] == [1, 2, 3, 5]
    assert kernel.check(SITES[0], {"parallel": 4}) is None
    assert "from 1 to 5" in str(kernel.check(SITES[0], {"parallel": 6}))
    assert "['parallel']" in str(kernel.check(SITES[0], {"pe": 1}))
    curved = np.array([[-300, -80, -10, 0, 10, 80, 300]])
    op = Threshold(curved, np.array([0]), np.array([1]), IntType(0, 7))
    site = Site.of(op, TensorType((1, 1, 5), IntType(-400, 400)))
    assert "multiply-add-shift" in str(FAMILY.kernel("requantize").check(site, {"parallel": 1}))


def test_resources_grow_with_lanes() -> None:
    for site in SITES:
        for kernel in FAMILY.kernels:
            if kernel.refuses(site) is None:
                small, large = (
                    kernel.resources(site, {"parallel": p}) for p in (1, site.inputs[0].channels)
                )
                assert min(large.all_ff, small.all_ff) > 0
                # With all channels at once every factor is a constant of its own.
                assert large.multipliers in (0, site.inputs[0].channels * small.multipliers)
