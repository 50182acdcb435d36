"""Sweeping over whole processes gives the cycles of the word-by-word simulation, or gives up."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.schedule.time.engine import run
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.sweeps import run_sweeps
from tests.schedule.networks import networks


@settings(max_examples=400, deadline=None)
@given(network=networks(), frames=st.integers(1, 4), data=st.data())
def test_equal_to_the_engine(network: Network, frames: int, data: st.DataObject) -> None:
    offered = None
    if data.draw(st.booleans()):
        phases = frames * network.processes[0].duration.size
        gaps = data.draw(st.lists(st.integers(0, 3), min_size=phases, max_size=phases))
        offered = {"p0": np.cumsum(np.array(gaps, dtype=np.int64))}
    exact = run(network, frames, offered)
    swept = run_sweeps(network, frames, offered)
    if exact.waits:
        assert swept is None
    if swept is None:
        return
    assert swept.waits == ()
    for name, trace in exact.channels.items():
        np.testing.assert_array_equal(swept.channels[name].started, trace.started)
        np.testing.assert_array_equal(swept.channels[name].freed, trace.freed)
        assert swept.channels[name].occupancy == trace.occupancy


def test_most_networks_settle() -> None:
    """The comparison above is worth something only if sweeps usually settle."""
    settled = []

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(network=networks())
    def count(network: Network) -> None:
        if not run(network, 2).waits:
            settled.append(run_sweeps(network, 2) is not None)

    count()
    assert sum(settled) > 0.9 * len(settled) > 20
