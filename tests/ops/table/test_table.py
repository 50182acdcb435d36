"""Meaning and hardware of `Table`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.table import FAMILY, Table
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

SITES = FAMILY.examples()
ROM = FAMILY.kernel("rom")


def all_values(site: Site) -> IntArray:
    """Frames in which every element takes every value of its type, in an order of its own."""
    kind, rng = site.inputs[0], np.random.default_rng(1)
    columns = [rng.permutation(kind.element.values()) for _ in range(kind.size)]
    return np.stack(columns, axis=1).reshape(-1, *kind.shape)


@settings(max_examples=100, deadline=None)
@given(
    st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 4)),
    st.sampled_from((IntType(-5, 9), IntType(3, 7), BIPOLAR)),
    st.sampled_from(("one", "channel", "element")),
    st.integers(0, 2**32),
)
def test_evaluate_equals_a_dictionary(
    shape: tuple[int, int, int], element: IntType, kind: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    channels, size = shape[2], shape[0] * shape[1] * shape[2]
    rows = {"one": 1, "channel": channels, "element": size}[kind]
    op = Table(rng.integers(-9, 10, (rows, element.levels)), IntType(-9, 9))
    site = Site.of(op, TensorType(shape, element))
    assert op.problems(site.inputs) == []
    values = rng.choice(element.values(), (4, *shape))
    (result,) = op.evaluate(site.inputs, (values,))
    for frame in range(4):
        for place, x in enumerate(values[frame].reshape(-1)):
            row = {"one": 0, "channel": place % channels, "element": place}[kind]
            meaning = dict(zip(element.values(), op.values[row], strict=True))
            assert result[frame].reshape(-1)[place] == meaning[x]
    (all_results,) = op.evaluate(site.inputs, (all_values(site),))
    assert site.outputs[0].element == IntType(int(all_results.min()), int(all_results.max()))


@pytest.mark.parametrize(
    ("values", "element", "part"),
    [
        ([1, 2, 3], IntType(0, 9), "rows, levels"),
        ([[1, 2, 3], [1, 2, 3]], IntType(0, 9), "2 rows"),
        ([[1, 2, 3, 4]], IntType(0, 9), "4 columns"),
        ([[1, 2, 30]], IntType(0, 9), "outside"),
        ([[1, 0, 1]], BIPOLAR, "outside"),
    ],
)
def test_illegal_instances_are_named(values: object, element: IntType, part: str) -> None:
    (problem,) = Table(np.array(values), element).problems((TensorType((1, 2, 3), IntType(0, 2)),))
    assert part in problem


@pytest.mark.parametrize(("number", "parallel"), [(0, 2), (2, 1), (5, 2)])
def test_rom(number: int, parallel: int) -> None:
    site = SITES[number]
    check_kernel(site, ROM, {"parallel": parallel}, inputs=(all_values(site),))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "parallel"),
    [(n, p) for n, site in enumerate(SITES) for p in (1, 3) if p <= site.inputs[0].channels],
)
def test_rom_on_every_example(number: int, parallel: int) -> None:
    site = SITES[number]
    check_kernel(site, ROM, {"parallel": parallel}, inputs=(all_values(site),))
