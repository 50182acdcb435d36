"""Meaning and hardware of the element-wise ops."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.op import Op
from hwcompile.ir.types import BIPOLAR, Encoding, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.elementwise import FAMILY, Extremum, Linear, PairTable, Product
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

SITES = FAMILY.examples()
ELEMENTS = st.one_of(
    st.just(BIPOLAR),
    st.tuples(st.integers(-9, 9), st.integers(0, 9)).map(lambda p: IntType(p[0], p[0] + p[1])),
)


def all_pairs(*elements: IntType) -> tuple[IntArray, ...]:
    """Every combination of the elements' values: one [n, 1, 1, 1] array per element."""
    pairs = np.array(list(product(*(element.values() for element in elements))))
    return tuple(column.reshape(-1, 1, 1, 1) for column in pairs.T)


def all_frames(site: Site) -> tuple[IntArray, ...]:
    """Frames in which every element takes every combination, in an order of its own."""
    columns = all_pairs(*(kind.element for kind in site.inputs))
    rng, size = np.random.default_rng(1), site.inputs[0].size
    orders = np.stack([rng.permutation(columns[0].size) for _ in range(size)], axis=1)
    return tuple(c.reshape(-1)[orders].reshape(-1, *site.inputs[0].shape) for c in columns)


def check_on_all_pairs(op: Op, elements: tuple[IntType, ...], meaning: Callable[..., int]) -> None:
    """`evaluate` equals `meaning` of Python integers, and the inferred interval is reached."""
    site = Site.of(op, *(TensorType((1, 1, 1), element) for element in elements))
    assert op.problems(site.inputs) == []
    columns = all_pairs(*elements)
    (result,) = op.evaluate(site.inputs, columns)
    flat = [column.reshape(-1).tolist() for column in columns]
    assert result.reshape(-1).tolist() == [meaning(*pair) for pair in zip(*flat, strict=True)]
    element = site.outputs[0].element
    assert element.contains(result)
    if element.encoding is Encoding.INTEGER:
        assert (element.low, element.high) == (result.min(), result.max())


@settings(max_examples=80, deadline=None)
@given(ELEMENTS, ELEMENTS, st.integers(-9, 9), st.integers(-9, 9), st.integers(-50, 50))
def test_linear(a: IntType, b: IntType, c0: int, c1: int, offset: int) -> None:
    check_on_all_pairs(Linear((c0, c1), offset), (a, b), lambda x, y: c0 * x + c1 * y + offset)
    check_on_all_pairs(Linear((c0,), offset), (a,), lambda x: c0 * x + offset)


@settings(max_examples=80, deadline=None)
@given(ELEMENTS, ELEMENTS)
def test_product_and_extrema(a: IntType, b: IntType) -> None:
    check_on_all_pairs(Product(), (a, b), lambda x, y: x * y)
    check_on_all_pairs(Extremum("max"), (a, b), max)
    check_on_all_pairs(Extremum("min"), (a, b), min)


@settings(max_examples=50, deadline=None)
@given(ELEMENTS, ELEMENTS, st.integers(0, 2**32))
def test_pair_table(a: IntType, b: IntType, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-20, 21, (a.levels, b.levels))
    first, second = list(a.values()), list(b.values())
    check_on_all_pairs(
        PairTable(values, IntType(-20, 20)),
        (a, b),
        lambda x, y: values[first.index(x), second.index(y)],
    )


@pytest.mark.parametrize(
    ("op", "shapes", "part"),
    [
        (Linear((1,), 0), [(1, 1, 2), (1, 1, 2)], "1 coefficients"),
        (Linear((1, 1), 0), [(1, 1, 2), (1, 2, 1)], "shapes differ"),
        (Linear((1 << 31,), 0), [(1, 1, 2)], "within"),
        (Product(), [(1, 1, 2)], "takes 2 inputs"),
        (Extremum("sum"), [(1, 1, 2), (1, 1, 2)], "'sum'"),
        (PairTable(np.zeros((5, 4), np.int64), IntType(0, 1)), [(1, 1, 2)] * 2, "(5, 4)"),
        (PairTable(np.full((5, 5), 7), IntType(0, 1)), [(1, 1, 2)] * 2, "outside"),
    ],
)
def test_illegal_instances_are_named(op: Op, shapes: list[tuple[int, int, int]], part: str) -> None:
    kinds = tuple(TensorType(shape, IntType(0, 4)) for shape in shapes)
    assert any(part in problem for problem in op.problems(kinds))


@pytest.mark.parametrize(("number", "parallel"), [(2, 2), (3, 4), (6, 2), (8, 3), (10, 2), (12, 4)])
def test_kernel(number: int, parallel: int) -> None:
    site = SITES[number]
    (kernel,) = [k for k in FAMILY.kernels if k.refuses(site) is None]
    check_kernel(site, kernel, {"parallel": parallel}, inputs=all_frames(site))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "parallel"),
    [(n, p) for n, site in enumerate(SITES) for p in (1, 3) if p <= site.inputs[0].channels],
)
def test_every_example(number: int, parallel: int) -> None:
    site = SITES[number]
    (kernel,) = [k for k in FAMILY.kernels if k.refuses(site) is None]
    check_kernel(site, kernel, {"parallel": parallel}, inputs=all_frames(site))


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 6, 9, 12])
def test_output_declared_wider_than_reached(number: int) -> None:
    site = SITES[number]
    wide = TensorType(site.outputs[0].shape, IntType(-3000, 400))
    site = Site(site.op, site.inputs, (wide,))
    (kernel,) = [k for k in FAMILY.kernels if k.refuses(site) is None]
    check_kernel(site, kernel, {"parallel": 2}, inputs=all_frames(site))
