from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.instance import Instance
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gather.op import Gather
from hwcompile.ops.gather.schedule import schedule
from hwcompile.ops.gather.words import word_sequence
from hwcompile.schedule.time.tokens import simulate
from tests.kernelbench import check_kernel, one_node_plan
from tests.ops.gather.cases import pixels, sites

ORACLE = "this project"
ORACLE_REASON = "`evaluate` defines the operation; its circuits are simulated beside it"

BUFFERED = family("gather").kernel("buffered")


@settings(deadline=None, max_examples=300)
@given(sites())
def test_schedule_never_reads_what_is_not_there(site: Site[Gather]) -> None:
    """Bug it catches: a word released before its last read, or before it has come."""
    op = site.op
    for parameters in BUFFERED.space(site):
        parallel = int(parameters["parallel"])
        arriving = site.inputs[0].size // parallel
        plan = schedule(op, parallel, arriving)
        wanted = word_sequence(op, parallel) >= 0
        before = np.append(0, plan.free[:-1])
        assert np.all(np.diff(plan.need) >= 0)
        assert np.all(np.diff(plan.free) >= 0)
        assert np.all(plan.words[wanted] < plan.need[wanted])
        assert np.all(plan.words[wanted] >= before[wanted])
        assert np.all(plan.free <= plan.need)
        assert plan.need[0] >= 1
        assert plan.need[-1] == plan.free[-1] == arriving
        assert np.all(plan.need - before <= plan.capacity)
        assert plan.capacity & (plan.capacity - 1) == 0


@settings(deadline=None, max_examples=300)
@given(sites())
def test_program_repeats_to_the_whole_frame(site: Site[Gather]) -> None:
    """The rows as the module reads them: offset plus stride, and releases."""
    op = site.op
    plan = schedule(op, 1, site.inputs[0].size)
    repeats = plan.words.size // plan.period
    base = np.repeat(np.arange(repeats), plan.period) * plan.stride
    words = np.tile(plan.words[: plan.period], repeats)
    np.testing.assert_array_equal(np.where(words < 0, -1, words + base), plan.words)
    releases = np.tile(plan.releases, repeats)
    releases[-1] = plan.final_release
    np.testing.assert_array_equal(np.cumsum(releases), plan.free)


@settings(deadline=None, max_examples=100)
@given(sites())
def test_capacity_sustains_the_rate(site: Site[Gather]) -> None:
    parallel = max(int(p["parallel"]) for p in BUFFERED.space(site))
    trace = simulate(one_node_plan(site, BUFFERED, {"parallel": parallel}), 24)
    pace = BUFFERED.at(site, {"parallel": parallel}).interval
    assert (trace.frame_ends[-1] - trace.frame_ends[-9]) == 8 * pace


def _capacity(instance: Instance) -> int:
    words = instance.parameters["Capacity"]
    assert isinstance(words, int)
    return words


def test_transpose_has_a_short_program_and_two_frames_of_buffer() -> None:
    index = pixels(16, 8, 4).transpose(1, 0, 2)
    site = Site.of(Gather(index, 0), TensorType((16, 8, 4), IntType(0, 7)))
    instance = BUFFERED.at(site, {"parallel": 4}).instance
    assert instance.parameters["Rows"] == 16
    assert instance.parameters["Stride"] == 1
    assert _capacity(instance) <= 256


def test_upsampling_holds_two_rows() -> None:
    index = pixels(16, 8, 4).repeat(2, axis=0).repeat(2, axis=1)
    site = Site.of(Gather(index, 0), TensorType((16, 8, 4), IntType(0, 7)))
    instance = BUFFERED.at(site, {"parallel": 4}).instance
    assert instance.parameters["Rows"] == 32
    assert _capacity(instance) <= 16


def test_refuses_word_sizes_in_words() -> None:
    site = Site.of(Gather(pixels(3, 4, 2).transpose(1, 0, 2), 0), _kind(3, 4, 2))
    assert BUFFERED.check(site, {"parallel": 2}) is None
    assert BUFFERED.check(site, {"parallel": 4}) == "'parallel' is one of [1, 2] here, not 4"
    assert BUFFERED.check(site, {})


def _kind(*shape: int) -> TensorType:
    return TensorType((shape[0], shape[1], shape[2]), IntType(-3, 4))


def _depth_to_space(height: int, width: int, channels: int) -> np.ndarray:
    blocks = pixels(height, width, 4 * channels).reshape(height, width, 2, 2, channels)
    return blocks.transpose(0, 2, 1, 3, 4).reshape(2 * height, 2 * width, channels)


RTL = {
    "upsample": (family("gather").examples()[2], 2),
    "transpose": (family("gather").examples()[3], 1),
    "channel_shuffle": (family("gather").examples()[4], 1),
    "depth_to_space": (Site.of(Gather(_depth_to_space(3, 2, 2), 0), _kind(3, 2, 8)), 2),
    "flip_with_border_and_unused_words": (
        Site.of(
            Gather(np.pad(pixels(4, 3, 2)[1:3, ::-1], ((1, 1), (1, 1), (0, 0)),
                          constant_values=-1), 9),
            _kind(4, 3, 2),
        ),
        2,
    ),
    "one_word": (Site.of(Gather(pixels(1, 1, 2).repeat(3, axis=0), 0), _kind(1, 1, 2)), 2),
}  # fmt: skip


@pytest.mark.parametrize("name", RTL)
def test_rtl(name: str) -> None:
    site, parallel = RTL[name]
    check_kernel(site, BUFFERED, {"parallel": parallel}, frames=6)


@pytest.mark.slow
@settings(deadline=None, max_examples=30)
@given(sites(), st.data(), st.integers(0, 999), st.sampled_from((0.0, 0.0, 0.5)))
def test_rtl_any(site: Site[Gather], data: st.DataObject, seed: int, stall: float) -> None:
    parameters = data.draw(st.sampled_from(list(BUFFERED.space(site))))
    check_kernel(site, BUFFERED, parameters, frames=6, seed=seed, stall=stall)
