"""A frame that repeats itself is timed by a part of it: all cycles and depths stay what they were.

The oracle is the same network taken whole, word by word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access
from hwcompile.schedule.time import depths, prediction
from hwcompile.schedule.time.depths import size_network
from hwcompile.schedule.time.engine import run
from hwcompile.schedule.time.frame_ends import FrameEnds, Stretch
from hwcompile.schedule.time.laps import Laps, laps_of, process_laps
from hwcompile.schedule.time.network import Channel, Network, Process
from hwcompile.schedule.time.prediction import predict
from hwcompile.schedule.time.proportion import scaled
from hwcompile.schedule.time.tokens import TokenTrace, simulate_network
from tests.schedule.networks import networks
from tests.schedule.time.test_depths import bare


def tiled(network: Network, count: int) -> Network:
    """The network whose frame is `count` frames of this one."""

    def again(total: np.ndarray, tokens: int) -> np.ndarray:
        return (total + tokens * np.arange(count)[:, None]).ravel()

    def process(p: Process) -> Process:
        sizes = {name: network.channels[name].tokens for name in (*p.reads, *p.writes)}
        reads = {
            n: Access(again(a.need, sizes[n]), again(a.free, sizes[n])) for n, a in p.reads.items()
        }
        writes = {n: again(total, sizes[n]) for n, total in p.writes.items()}
        return Process(p.name, np.tile(p.duration, count), reads, writes)

    channels = {n: replace(c, tokens=c.tokens * count) for n, c in network.channels.items()}
    processes = tuple(process(p) for p in network.processes)
    return replace(network, channels=channels, processes=processes)


def needs_all(network: Network) -> bool:
    return all(a.need[-1] == a.free[-1] for p in network.processes for a in p.reads.values())


@settings(max_examples=80, deadline=None)
@given(network=networks(), count=st.integers(40, 60))
def test_a_lap_has_the_cycles_of_the_whole(network: Network, count: int) -> None:
    whole = tiled(network, count)
    found = laps_of(whole)
    if not needs_all(network):
        assert found is None
        return
    if found is None:
        return
    assert found.count % count == 0
    expected, got = run(whole, 2), run(found.network, 2 * found.count)
    assert bool(expected.waits) == bool(got.waits)
    for name, trace in expected.channels.items():
        np.testing.assert_array_equal(trace.started, got.channels[name].started)
        np.testing.assert_array_equal(trace.freed, got.channels[name].freed)


def unable(network: Network) -> Laps | None:
    return None


@settings(max_examples=40, deadline=None)
@given(network=networks(), count=st.integers(40, 60))
def test_predictions_and_depths_are_those_of_the_whole(network: Network, count: int) -> None:
    whole = tiled(network, count)
    if laps_of(whole) is None or run(whole.unbounded(), 2).waits or run(whole, 2).waits:
        return
    channels = {n: replace(c, link=True) for n, c in whole.channels.items()}
    sizable, plan = bare(replace(whole, channels=channels))
    ends, sized = predict(whole).ends, size_network(sizable, plan, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prediction, "laps_of", unable)
        plain, same = predict(whole).ends, size_network(sizable, plan, {})
    assert [link.depth for link in sized.links] == [link.depth for link in same.links]
    frames = 40 if plain.exact is None else min(plain.exact, 40)
    np.testing.assert_array_equal(ends.first(frames), plain.first(frames))
    if plain.exact is None:
        assert (ends.interval, ends.exact) == (plain.interval, None)


def rows(count: int, size: int) -> Network:
    """A matrix-vector product of one lane: so many rows of `size` words in, and of `size` out."""
    ones = np.ones(count * size, dtype=np.int64)
    takes = np.tile(np.append(np.ones(size), np.zeros(size - 1)), count).astype(np.int64)
    gives = np.tile(np.append(np.zeros(size - 1), np.ones(size)), count).astype(np.int64)
    duration = np.tile(np.append(np.ones(size - 1), np.full(size, size)), count).astype(np.int64)
    duration[2 * size - 2 :: 2 * size - 1] = 1
    channels = {
        "in": Channel("in", 2, 1, ones.size, True),
        "out": Channel("out", 2, 9, ones.size, True),
    }
    processes = (
        Process("p0", ones, {}, {"in": np.cumsum(ones)}),
        Process("y", duration, {"in": Access.stream(takes)}, {"out": np.cumsum(gives)}),
        Process("output y", ones, {"out": Access.stream(ones)}, {}),
    )
    return Network(channels, processes, ("p0",), ("out",))


def test_the_work_is_that_of_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """1100 rows are never simulated: that took minutes and gigabytes for rows of 2048 words."""
    sizes: list[int] = []

    def note(
        network: Network, frames: int, *, input_cycles: Mapping[str, IntArray] | None = None
    ) -> TokenTrace:
        sizes.append(max(process.duration.size for process in network.processes))
        return simulate_network(network, frames, input_cycles=input_cycles)

    monkeypatch.setattr(prediction, "simulate_network", note)
    monkeypatch.setattr(depths, "simulate_network", note)
    network, plan = bare(rows(1100, 16))
    sized = size_network(network, plan, {})
    assert set(sizes) <= {31, 1100 * 31}
    assert sizes.count(31) >= 2
    assert predict(network.with_links(sized)).interval == 1100 * 16 * 16


def test_what_leaves_tokens_unneeded_is_left_whole() -> None:
    process = rows(6, 2).processes[1]
    assert process_laps(process) == 6
    access = process.reads["in"]
    late = replace(process, reads={"in": Access(np.minimum(access.need, 11), access.free)})
    assert process_laps(late) == 1


def test_every_third_end() -> None:
    line = (Stretch(0, (10, 17), 1, 7), Stretch(4, (40, 44, 50), 2, 10))
    ends = FrameEnds((line, (Stretch(0, (12,), 1, 4),)))
    for count in (1, 2, 3, 4, 5, 6, 7):
        found = ends.every(count)
        np.testing.assert_array_equal(found.first(30), ends.first(30 * count)[count - 1 :: count])
        assert found.exact is None


def test_proportions_of_very_long_frames_are_exact() -> None:
    """2**32 cycles times a stretch of 2**32 left 64 bits."""
    values = np.array([0, 1, 3 << 31, 7 << 31], dtype=np.int64)
    numerator, denominator = (1 << 33) + 1, (7 << 31) + 2
    expected = [int(v) * numerator // denominator for v in values]
    assert scaled(values, numerator, denominator).tolist() == expected
    assert scaled(values, 1 << 40, 1 << 39).tolist() == (2 * values).tolist()
