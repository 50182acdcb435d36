"""Threshold kernels in Verilator: every value of the input type through every element."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray, IntType, TensorType
from hwcompile.ops.contract.kernel import AnyKernel
from hwcompile.ops.contract.site import Site
from hwcompile.ops.threshold import FAMILY, Threshold
from hwcompile.ops.threshold.requantize import MultiplyAddShift
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

SITES = FAMILY.examples()


def all_values(site: Site, most: int = 40_000) -> IntArray:
    """Frames in which every element takes every value of its type, in an order of its own."""
    kind, rng = site.inputs[0], np.random.default_rng(1)
    values = kind.element.values()
    orders = [rng.permutation(values) for _ in range(min(kind.size, -(-most // values.size)))]
    columns = [orders[i % len(orders)] for i in range(kind.size)]
    return np.stack(columns, axis=1).reshape(values.size, *kind.shape)


def run(site: Site, kernel: AnyKernel, parallel: int) -> None:
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
        (10, "late_requantize", 2),
        (11, "late_requantize", 3),
        (13, "requantize", 2),
        (14, "requantize", 4),
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
def test_every_kernel_on_every_example(site: Site, kernel: AnyKernel, parallel: int) -> None:
    run(site, kernel, parallel)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["comparators", "binary_search", "requantize", "shift", "late_requantize"]
)
def test_output_declared_wider_than_reached(name: str) -> None:
    site = SITES[8]
    wide = TensorType(site.outputs[0].shape, IntType(-300, 40))
    run(Site(site.op, site.inputs, (wide,)), FAMILY.kernel(name), 2)


def _requantized(index: int) -> MultiplyAddShift:
    built = FAMILY.kernel("requantize").at(SITES[index], {"parallel": 2})
    assert isinstance(built, MultiplyAddShift)
    return built


def test_thresholds_off_the_line_are_patched() -> None:
    assert [_requantized(i).form.patches for i in (7, 5)] == [2, 0]


def test_what_is_rounded_twice_takes_two_lines() -> None:
    assert [_requantized(i).form.pivot is not None for i in (5, 13, 14)] == [False, True, True]


def test_description_names_multiplier_and_shift() -> None:
    built = _requantized(5)
    assert built.form.shift > 8
    assert 3 <= built.factor_bits <= 16
    assert f"{built.factor_bits} bits" in built.comment
    assert f"shift by {built.form.shift}" in built.comment


@settings(max_examples=6, deadline=None)
@given(st.data())
def test_lines_with_random_late_steps(data: st.DataObject) -> None:
    draw = data.draw
    channels, rows = draw(st.integers(1, 4)), draw(st.sampled_from(["one", "each"]))
    steps = draw(st.integers(1, 40))
    low, span = draw(st.integers(-500, 100)), draw(st.integers(200, 900))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    count = 1 if rows == "one" else channels
    spacing = rng.uniform(1.5, 2.5 * span / steps + 1.5, count)
    first = low + rng.uniform(-0.5, 0.9, count) * span
    exact = np.ceil(first[:, None] + spacing[:, None] * np.arange(steps)).astype(np.int64)
    thresholds = exact + rng.integers(0, 2, exact.shape)
    base = rng.integers(-3, 4, count)
    result = IntType(int(base.min()), int(base.max()) + steps)
    op = Threshold(thresholds, base, np.ones(count, dtype=np.int64), result)
    site = Site.of(op, TensorType((1, 2, channels), IntType(low, low + span)))
    kernel = FAMILY.kernel("late_requantize")
    assert kernel.refuses(site) is None
    run(site, kernel, draw(st.integers(1, channels)))


def test_what_late_steps_can_not_repair_is_refused() -> None:
    kernel = FAMILY.kernel("late_requantize")
    assert "falls" in str(kernel.refuses(SITES[5]))
    line = 10 * np.arange(1, 9)[None, :]
    for offset, expected in ((0, False), (1, False), (2, True), (-2, True)):
        bent = line.copy()
        bent[0, 4] += offset
        op = Threshold(bent, np.array([0]), np.array([1]), IntType(0, 8))
        site = Site.of(op, TensorType((1, 1, 2), IntType(0, 99)))
        assert (kernel.refuses(site) is not None) == expected


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
                    kernel.at(site, {"parallel": p}).needs for p in (1, site.inputs[0].channels)
                )
                assert min(large.all_ff, small.all_ff) > 0
                assert large.multipliers == site.inputs[0].channels * small.multipliers
