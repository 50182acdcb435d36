"""Two processes that are too slow alone are too slow in the network."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings

from hwcompile.diagnostics import CompileError
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.pairs import has_slow_pair
from hwcompile.schedule.time.prediction import predict, settle
from tests.schedule.networks import networks


@settings(max_examples=60, deadline=None)
@given(network=networks())
def test_a_slow_pair_slows_the_network(network: Network) -> None:
    channels = {n: replace(c, link=True) for n, c in network.channels.items()}
    network = replace(network, channels=channels)
    # Outputs come at their own pace where somebody waits for none of a frame's words.
    assume(all(a.need[-1] > 0 for p in network.processes for a in p.reads.values()))
    found = has_slow_pair(network, network.bound, network.channels, 1 << 20)
    if not found:
        return
    try:
        assert settle(network, network.bound) is None
        assert predict(network).interval > network.bound
    except CompileError:
        return  # It gets stuck, which is slower still.


def test_some_pairs_are_slow() -> None:
    """The comparison above is worth something only if there are such."""
    slow = []

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(network=networks())
    def count(network: Network) -> None:
        slow.append(has_slow_pair(network, network.bound, network.channels, 1 << 20))

    count()
    assert 3 < sum(slow) < len(slow)
