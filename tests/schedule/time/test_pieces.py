"""A frame taken by pieces has the cycles, depths and ends of the frame taken whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.diagnostics import CompileError
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time import pieces, simulation, walks
from hwcompile.schedule.time.depths import size_network
from hwcompile.schedule.time.engine import run
from hwcompile.schedule.time.network import Network, Process
from hwcompile.schedule.time.offers import Even, as_cycles
from hwcompile.schedule.time.prediction import predict
from hwcompile.schedule.time.settling import frame_ends
from hwcompile.schedule.time.walks import run_walks
from tests.schedule.networks import networks
from tests.schedule.time.test_depths import bare
from tests.schedule.time.test_laps import tiled


class InRows(Process):
    """A process that says its frame has two rows."""

    @property
    def rows(self) -> int:
        return 2


def in_rows(network: Network, more: int = 0) -> Network:
    """The same network, its channels wider, and nothing known about its pieces."""
    channels = {n: replace(c, capacity=c.capacity + more) for n, c in network.channels.items()}
    processes = tuple(InRows(p.name, p.duration, p.reads, p.writes) for p in network.processes)
    return Network(channels, processes, network.inputs, network.outputs)


def ends_of(network: Network) -> object:
    return frame_ends(network), predict(network)


def depths_of(network: Network, plan: Plan) -> object:
    return size_network(network, plan, {}).links


def outcome(work: Callable[[], object]) -> object:
    """What comes out, or the refusal."""
    try:
        return work()
    except CompileError as error:
        return str(error)


@settings(max_examples=80, deadline=None)
@given(
    network=networks(),
    count=st.integers(1, 6),
    least=st.integers(1, 6),
    frames=st.integers(1, 4),
    even=st.none() | st.integers(1, 200),
    tries=st.sampled_from([2, 3, 10]),
)
def test_frames_by_pieces_are_those_word_by_word(
    network: Network, count: int, least: int, frames: int, even: int | None, tries: int
) -> None:
    whole = in_rows(tiled(network, count))
    phases = whole.processes[0].phases
    offers = {} if even is None else {"p0": Even(phases, even)}
    cycles = {name: as_cycles(offer, frames) for name, offer in offers.items()}
    expected = run(whole, frames, cycles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "LEAST_PHASES", least)
        patch.setattr(walks, "TRIES", tries)
        found = run_walks(whole, frames, offers)
    assert (found is None) == bool(expected.waits)
    if found is None:
        return
    for name, trace in found.traces().items():
        np.testing.assert_array_equal(trace.started, expected.channels[name].started)
        np.testing.assert_array_equal(trace.freed, expected.channels[name].freed)
        assert trace.occupancy == expected.channels[name].occupancy
        assert trace.longest_stay == expected.channels[name].longest_stay


WHOLES = {
    "network": networks(),
    "count": st.integers(1, 6),
    "least": st.integers(1, 6),
    "more": st.sampled_from([0, 3, 40]),
}


@settings(max_examples=8, deadline=None)
@given(**WHOLES | {"count": st.integers(1, 2), "more": st.sampled_from([0, 3])})
def test_predictions_and_depths_are_those_of_the_whole(
    network: Network, count: int, least: int, more: int
) -> None:
    same_as_the_whole(network, count, least, more)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(**WHOLES)
def test_many_predictions_and_depths_are_those_of_the_whole(
    network: Network, count: int, least: int, more: int
) -> None:
    same_as_the_whole(network, count, least, more)


def same_as_the_whole(network: Network, count: int, least: int, more: int) -> None:
    """Pieces of any size give the ends of frames and the depths of FIFOs of no pieces."""
    results = []
    for limit in (simulation.WHOLE, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(simulation, "WHOLE", limit)
            patch.setattr(pieces, "LEAST_PHASES", least)
            same = in_rows(tiled(network, count), more)
            linked = {n: replace(c, link=True) for n, c in same.channels.items()}
            sizable, plan = bare(replace(in_rows(same), channels=linked))
            results.append(
                (outcome(partial(ends_of, same)), outcome(partial(depths_of, sizable, plan)))
            )
    assert results[0] == results[1]
