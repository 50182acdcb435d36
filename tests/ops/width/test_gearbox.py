from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.width.op import Width
from tests.kernelbench import check_kernel

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

GEARBOX = family("width").kernel("gearbox")


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Vectors of both sides divide the frame; words of any size, also larger than a vector."""
    factors = draw(st.lists(st.integers(1, 5), min_size=2, max_size=4))
    total = int(np.prod(factors))
    divisors = [d for d in range(1, total + 1) if total % d == 0]
    sizes = [draw(st.sampled_from(divisors)) for _ in range(2)]
    parallels = [draw(st.integers(1, size + 1)) for size in sizes]
    element = draw(st.sampled_from((BIPOLAR, IntType(0, 5), IntType(-9, 8))))
    kind = TensorType((1, 1, total), element)
    return Site.of(Width(sizes[0], parallels[0], sizes[1], parallels[1]), kind)


@settings(deadline=None, max_examples=300)
@given(sites())
def test_pattern_moves_every_word_once_and_never_too_early(site: Site) -> None:
    """Bug it catches: an output word started before its last element has come."""
    ports, timing = GEARBOX.at(site, {}).ports, GEARBOX.at(site, {}).timing
    actor = timing.actors["main"]
    arrived, left = actor.reads["in0"].need, actor.writes["out"]
    (form,) = ports.inputs
    assert (arrived[-1], left[-1]) == (form.words, ports.output.words)
    assert np.all(actor.duration == 1)
    assert set(np.diff(arrived, prepend=0)) <= {0, 1}
    assert set(np.diff(left, prepend=0)) <= {0, 1}
    coming = _elements(form.size, form.parallel, form.vectors)
    going = _elements(ports.output.size, ports.output.parallel, ports.output.vectors)
    held = coming[arrived] - going[left]
    assert np.all(held >= 0)
    assert np.all(held < max(form.parallel, ports.output.parallel))


def _elements(size: int, parallel: int, vectors: int) -> np.ndarray:
    """Elements in the first i words, int64 [words + 1]."""
    vector = np.diff(np.append(np.arange(0, size, parallel), size))
    return np.concatenate(([0], np.cumsum(np.tile(vector, vectors))))


@pytest.mark.parametrize(
    ("arriving", "leaving"), [((60, 1), (60, 60)), ((60, 12), (60, 4)), ((60, 4), (60, 6))]
)
def test_busier_side_never_waits(arriving: tuple[int, int], leaving: tuple[int, int]) -> None:
    site = Site.of(Width(*arriving, *leaving), TensorType((1, 1, 60), IntType(0, 3)))
    ports = GEARBOX.at(site, {}).ports
    assert GEARBOX.at(site, {}).interval == max(ports.inputs[0].words, ports.output.words)


def test_op_is_the_identity_and_refuses_other_sizes() -> None:
    kind = TensorType((2, 3, 4), IntType(-1, 6), (0.5, 1.0, 1.5, 2.0))
    op = Width(4, 2, 24, 5)
    assert op.problems((kind,)) == []
    assert op.infer((kind,)) == (kind,)
    x = np.arange(24).reshape(1, 2, 3, 4) % 8 - 1
    np.testing.assert_array_equal(op.evaluate((kind,), (x,))[0], x)
    assert Width(5, 2, 24, 5).problems((kind,)) == ["in_size 5 does not divide 24 elements"]
    assert Width(4, 0, 24, 5).problems((kind,)) == [
        "in_parallel is 0, but a word has at least one element"
    ]
    assert Width(4, 1, 24, 5).problems((kind, kind))


def test_has_no_parameters() -> None:
    site = family("width").examples()[0]
    assert GEARBOX.check(site, {}) is None
    assert "pe" in (GEARBOX.check(site, {"pe": 1}) or "")


# Every branch of the data path: register, widen, narrow, shifter with whole and ragged vectors.
RTL = {
    "register": (TensorType((2, 3, 4), IntType(-3, 4)), Width(4, 2, 24, 2)),
    "widen": (TensorType((3, 1, 12), BIPOLAR), Width(12, 2, 12, 6)),
    "narrow_ragged_in": (TensorType((2, 2, 10), IntType(0, 5)), Width(10, 4, 10, 2)),
    "up_3_to_5": (TensorType((2, 3, 5), IntType(-100, 7)), Width(30, 3, 5, 5)),
    "ragged_both": (TensorType((3, 2, 7), IntType(-3, 4)), Width(7, 4, 21, 5)),
    "words_larger_than_vectors": (TensorType((4, 1, 3), IntType(0, 1)), Width(3, 5, 6, 7)),
}


@pytest.mark.parametrize("name", RTL)
def test_rtl(name: str) -> None:
    kind, op = RTL[name]
    check_kernel(Site.of(op, kind), GEARBOX, {}, frames=4)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(sites(), st.integers(0, 1000))
def test_rtl_any(site: Site, seed: int) -> None:
    check_kernel(site, GEARBOX, {}, frames=4, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("stall", [0.1, 0.5, 0.9])
def test_rtl_stalls(stall: float) -> None:
    kind, op = RTL["ragged_both"]
    check_kernel(Site.of(op, kind), GEARBOX, {}, frames=20, stall=stall)
