"""Meaning and hardware of neurons that are truth tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntArray, IntType, TensorType
from hwcompile.ops.contract.site import Site
from hwcompile.ops.truth_table import FAMILY, TruthTable
from hwcompile.ops.truth_table.codes import by_bits, support, tables_of
from hwcompile.ops.truth_table.examples import random_site
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

LOOKUP = FAMILY.kernel("truth_table")
ELEMENTS = (IntType(0, 1), IntType(0, 3), IntType(-1, 1), IntType(-3, 1), IntType(2, 4), BIPOLAR)


@st.composite
def sites(draw: st.DrawFn) -> Site[TruthTable]:
    """Layers of any shape, with neurons that read a channel twice or nothing at all."""
    kind = TensorType(
        draw(st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 5))),
        draw(st.sampled_from(ELEMENTS)),
    )
    neurons, fan_in = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    result = draw(st.sampled_from((*ELEMENTS, IntType(-100, 27))))
    sources = rng.integers(-1, kind.channels, (neurons, fan_in))
    values = rng.choice(result.values(), (neurons, kind.element.levels**fan_in))
    return Site.of(TruthTable(sources, values, result), kind)


def frames_of(site: Site, count: int = 40) -> IntArray:
    """Random frames, the extremes among them."""
    kind, rng = site.inputs[0], np.random.default_rng(2)
    frames = rng.choice(kind.element.values(), (count, *kind.shape))
    frames[-2], frames[-1] = kind.element.low, kind.element.high
    return frames


@settings(max_examples=100, deadline=None)
@given(sites())
def test_evaluate_equals_a_dictionary_per_neuron(site: Site[TruthTable]) -> None:
    assert site.op.problems(site.inputs) == []
    frames = frames_of(site)
    (found,) = site.op.evaluate(site.inputs, (frames,))
    kind, op = site.inputs[0].element, site.op
    place = {int(value): i for i, value in enumerate(kind.values())}
    for neuron in range(op.neurons):
        for x, y in zip(
            frames.reshape(-1, frames.shape[-1]), found.reshape(-1, op.neurons), strict=True
        ):
            digits = [0 if s < 0 else place[int(x[s])] for s in op.sources[neuron]]
            number = sum(d * kind.levels**i for i, d in enumerate(digits))
            assert y[neuron] == op.values[neuron, number]
    assert site.outputs[0].element.contains(found)


@settings(max_examples=100, deadline=None)
@given(sites())
def test_codes_answer_every_address_that_occurs(site: Site[TruthTable]) -> None:
    kind, out, op = site.inputs[0].element, site.outputs[0].element, site.op
    codes = by_bits(op, kind, out)
    assert codes.min() >= 0
    assert codes.max() < 1 << out.bits
    frames = frames_of(site)
    (expected,) = op.evaluate(site.inputs, (frames,))
    address = np.zeros(expected.shape, dtype=np.int64)
    for digit, channels in enumerate(op.sources.T):
        code = np.where(channels < 0, 0, kind.encode(frames)[..., channels])
        address += code << (digit * kind.bits)
    found = codes[np.arange(op.neurons), address]
    np.testing.assert_array_equal(found, out.encode(expected))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7), st.integers(0, 2**32), st.integers(0, 3))
def test_what_a_function_does_not_read_is_left_out(n: int, seed: int, spare: int) -> None:
    rng = np.random.default_rng(seed)
    function = rng.integers(0, 2, 1 << n).astype(np.uint8)
    place = int(rng.integers(0, n + 1))
    spread = np.repeat(function.reshape(-1, 1, 1 << place), 1 << spare, axis=1).ravel()
    np.testing.assert_array_equal(support(spread), support(function))
    assert tables_of(spread) == tables_of(function)


def test_simple_functions_take_what_they_take() -> None:
    numbers = np.arange(1 << 6)
    parity = ((numbers[:, None] >> np.arange(6)) & 1).sum(axis=1) & 1
    assert tables_of(np.zeros(64, np.uint8)) == (0, 0)
    assert tables_of((numbers & 1).astype(np.uint8)) == (0, 1)
    assert tables_of(((numbers & 15) == 7).astype(np.uint8)) == (1, 4)
    # Parity of four, of which the complement is another table, and three times a choice.
    assert tables_of(parity.astype(np.uint8)) == (5, 6)


ILLEGAL = (
    (np.zeros((2, 2, 1), np.int64), np.zeros((2, 9), np.int64), "neurons, fan-in"),
    (np.array([[0, 3]]), np.zeros((1, 9), np.int64), "channels from 0 to 2"),
    (np.array([[0, -2]]), np.zeros((1, 9), np.int64), "channels from 0 to 2"),
    (np.array([[0, 1]]), np.zeros((1, 8), np.int64), "must be [1, 9]"),
    (np.array([[0, 1]]), np.full((1, 9), 4), "outside"),
)


@pytest.mark.parametrize(("sources", "values", "part"), ILLEGAL)
def test_illegal_instances_are_named(sources: IntArray, values: IntArray, part: str) -> None:
    op = TruthTable(sources, values, IntType(0, 3))
    (problem,) = op.problems((TensorType((1, 2, 3), IntType(0, 2)),))
    assert part in problem


def test_tables_beyond_a_device_are_refused_with_their_size() -> None:
    site = random_site((1, 1, 20), IntType(0, 1), 2, 17, IntType(0, 1))
    assert "17 bits" in str(LOOKUP.refuses(site))
    wide = random_site((1, 1, 20), IntType(0, 1), 200, 14, IntType(0, 7))
    assert "9,830,400 bits" in str(LOOKUP.refuses(wide))


@settings(max_examples=5, deadline=None)
@given(sites(), st.integers(0, 2**32))
def test_circuits_compute_what_is_meant(site: Site[TruthTable], seed: int) -> None:
    check_kernel(site, LOOKUP, {}, frames=20, seed=seed)


@pytest.mark.parametrize("number", range(len(FAMILY.examples())))
def test_circuits_of_the_examples(number: int) -> None:
    site = FAMILY.examples()[number]
    check_kernel(site, LOOKUP, {}, inputs=(frames_of(site),))
    built = LOOKUP.at(site, {})
    assert (built.interval, built.timing.stages) == (site.inputs[0].pixels, 1)
