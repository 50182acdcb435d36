from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import BIPOLAR, IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.select import FILL, GIVE, TAKE, _compile
from hwcompile.ops.gather.words import legal_parallels, word_sequence
from tests.kernelbench import check_kernel
from tests.ops.gather.cases import pixels, sites

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

SELECT = family("gather").kernel("select")
SIGNED = TensorType((3, 4, 2), IntType(-3, 4))


def _replay(steps: list[int]) -> tuple[list[int], int]:
    """Words that the steps give (-1 for the constant), and how many they take."""
    given: list[int] = []
    taken = 0
    for step in steps:
        taken += bool(step & TAKE)
        if step & GIVE:
            given.append(-1 if step & FILL else taken - 1)
    return given, taken


@settings(deadline=None, max_examples=300)
@given(sites(ordered=True))
def test_program_does_what_the_index_says(site: Site) -> None:
    op = site.op
    for parameters in SELECT.space(site):
        parallel = int(parameters["parallel"])
        arriving = site.inputs[0].size // parallel
        program = _compile(op, parallel, arriving)
        rows = zip(program.actions.tolist(), program.lengths.tolist(), strict=True)
        steps = [action for action, length in rows for _ in range(length)]
        assert len(steps) == program.period
        assert program.lengths.max() <= 1 << program.run_bits
        repeated = steps * (program.steps.size // program.period)
        assert repeated == program.steps.tolist()
        assert _replay(repeated) == (word_sequence(op, parallel).tolist(), arriving)
        assert repeated[0] & TAKE
        assert all(step & (TAKE | GIVE) for step in repeated)


@settings(deadline=None, max_examples=200)
@given(sites())
def test_takes_exactly_what_comes_in_order(site: Site) -> None:
    ordered = []
    for parallel in legal_parallels(site.op, site.inputs[0].size):
        words = [w for w in word_sequence(site.op, parallel).tolist() if w >= 0]
        ordered.append(words == sorted(words))
        assert (SELECT.check(site, {"parallel": parallel}) is None) == ordered[-1]
    assert any(ordered) == (SELECT.refuses(site) is None) == bool(SELECT.space(site))
    assert all(SELECT.check(site, p) is None for p in SELECT.space(site))


def test_slice_of_channels_has_a_short_program() -> None:
    site = Site.of(Gather(pixels(20, 20, 8)[:, :, 2:4], 0), TensorType((20, 20, 8), BIPOLAR))
    instance = SELECT.at(site, {"parallel": 2}).instance
    assert instance.parameters["Rows"] == 3  # skip one word, pass on one, skip two
    assert SELECT.at(site, {"parallel": 2}).interval == 20 * 20 * 4


def test_padding_costs_nothing_beyond_its_words() -> None:
    index = np.pad(pixels(6, 6, 2), ((2, 2), (2, 2), (0, 0)), constant_values=-1)
    site = Site.of(Gather(index, 0), TensorType((6, 6, 2), IntType(0, 3)))
    assert SELECT.at(site, {"parallel": 2}).interval == 100


def test_refuses_in_words() -> None:
    site = Site.of(Gather(pixels(3, 4, 2).transpose(1, 0, 2), 0), SIGNED)
    assert SELECT.refuses(site) == "the elements are not needed in the order they come"
    sliced = Site.of(Gather(pixels(3, 4, 2)[1:], 0), SIGNED)
    assert SELECT.check(sliced, {"parallel": 3}) == "'parallel' is one of [1, 2, 4, 8] here, not 3"
    assert SELECT.check(sliced, {"pe": 3})


RTL = {
    "pad": (family("gather").examples()[0], 1),
    "crop": (family("gather").examples()[1], 2),
    "pad_bipolar_with_zero": (family("gather").examples()[5], 2),
    "repeat_and_end_with_fill": (
        Site.of(
            Gather(np.pad(pixels(1, 5, 3), ((0, 0), (0, 2), (0, 0)), constant_values=-1)
                   .repeat(3, axis=1), -100),
            TensorType((1, 5, 3), IntType(-3, 90)),
        ),
        3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RTL)
def test_rtl(name: str) -> None:
    site, parallel = RTL[name]
    check_kernel(site, SELECT, {"parallel": parallel}, frames=5)


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(sites(ordered=True), st.data(), st.integers(0, 999), st.sampled_from((0.0, 0.0, 0.5)))
def test_rtl_any(site: Site, data: st.DataObject, seed: int, stall: float) -> None:
    parameters = data.draw(st.sampled_from(list(SELECT.space(site))))
    check_kernel(site, SELECT, parameters, frames=5, seed=seed, stall=stall)
