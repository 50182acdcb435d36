"""Frames that ended before a network settled are predicted, too: all of them, not the first four.

The oracle is the word-by-word simulation of every frame, which `test_engine` compares with the
rules applied cycle by cycle.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from hwcompile.ops.contract.timing import Access
from hwcompile.schedule.time import settling
from hwcompile.schedule.time.engine import run
from hwcompile.schedule.time.frame_ends import FrameEnds, Stretch
from hwcompile.schedule.time.network import Channel, Network, Process, build_network
from hwcompile.schedule.time.prediction import predict
from hwcompile.schedule.time.tokens import simulate_network
from tests.schedule.fakes import Copy, Net
from tests.schedule.networks import networks
from tests.schedule.time.test_tokens import deep, plan_of

FRAMES = 150


def simulated(network: Network, frames: int = FRAMES) -> np.ndarray:
    """Cycle of the last word of each frame, of all outputs."""
    found = run(network, frames)
    if found.waits:
        reject()
    freed = [found.channels[name].freed.reshape(frames, -1)[:, -1] for name in network.outputs]
    latest: np.ndarray = np.max(freed, axis=0)
    return latest


def renamed(network: Network, prefix: str) -> Network:
    """The same network under other names."""

    def process(p: Process) -> Process:
        reads = {prefix + n: a for n, a in p.reads.items()}
        return Process(
            prefix + p.name, p.duration, reads, {prefix + n: t for n, t in p.writes.items()}
        )

    channels = {prefix + n: replace(c, name=prefix + n) for n, c in network.channels.items()}
    last = network.processes[-1].name
    ends = tuple(prefix + n for p in network.processes if p.name == last for n in p.reads)
    processes = tuple(process(p) for p in network.processes)
    return Network(channels, processes, (prefix + "p0",), ends)


def beside(*parts: Network) -> Network:
    """Networks that do not meet, as one; every channel into a last process is an output."""
    named = [renamed(part, f"{index}.") for index, part in enumerate(parts)]
    return Network(
        {name: channel for part in named for name, channel in part.channels.items()},
        tuple(process for part in named for process in part.processes),
        tuple(name for part in named for name in part.inputs),
        tuple(name for part in named for name in part.outputs),
    )


@settings(max_examples=30, deadline=None)
@given(parts=st.lists(networks(), min_size=1, max_size=3))
def test_every_frame_of_parts_that_do_not_meet_ends_as_predicted(parts: list[Network]) -> None:
    whole = beside(*parts)
    measured = simulated(whole)
    ends = predict(whole).ends
    exact = FRAMES if ends.exact is None else ends.exact
    np.testing.assert_array_equal(ends.first(FRAMES)[:exact], measured[:exact])
    assert FrameEnds.from_json(ends.to_json()) == ends


def test_most_random_networks_settle() -> None:
    """The comparison above is worth something only if predictions are usually exact for ever."""
    exact = []

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(network=networks())
    def count(network: Network) -> None:
        if not run(network, 2).waits:
            exact.append(predict(network).ends.exact is None)

    count()
    assert sum(exact) > 0.95 * len(exact) > 15


def stream(tokens: int, cycles: int) -> tuple[np.ndarray, Access]:
    """A process of so many words per frame and so many cycles in all."""
    steps = np.diff(np.arange(tokens + 1) * cycles // tokens)
    return steps, Access.stream(np.ones(tokens, dtype=np.int64))


def fork(slow: int, fast: int, depth: int, late: int) -> Network:
    """One input of 4 words, read at two paces; a FIFO of `depth` words stands before the slower."""
    ones, access = stream(4, 4)
    count = np.cumsum(np.ones(4, dtype=np.int64))
    channels = {
        "xa": Channel("xa", depth, 1, 4, True),
        "xb": Channel("xb", 3, 1, 4, True),
        "a": Channel("a", 5, 2, 4, True),
        "b": Channel("b", late, late, 4, True),
    }
    processes = (
        Process("x", ones, {}, {"xa": count, "xb": count}),
        Process("pa", stream(4, slow)[0], {"xa": access}, {"a": count}),
        Process("pb", stream(4, fast)[0], {"xb": access}, {"b": count}),
        Process("output a", ones, {"a": access}, {}),
        Process("output b", ones, {"b": access}, {}),
    )
    return Network(channels, processes, ("x",), ("a", "b"))


@pytest.mark.parametrize("depth", [3, 9, 70])
def test_a_fifo_that_fills_for_many_frames_changes_the_pace_when_it_is_full(depth: int) -> None:
    """The faster path ends last, and settles when the slower one holds up their common source."""
    network = fork(slow=23, fast=21, depth=depth, late=90)
    ends = predict(network).ends
    measured = simulated(network, 400)
    assert ends.exact is None
    np.testing.assert_array_equal(ends.first(400), measured)
    gaps = np.diff(measured)
    assert np.count_nonzero(gaps == 21) >= depth // 2
    assert ends.interval == gaps[-1] == 23


def test_parts_with_their_own_paces_overtake_each_other_a_million_frames_later() -> None:
    """What takes too long to simulate follows from stretches; they are short."""
    slow = Network(
        {"a": Channel("a", 2, 1, 1, True)},
        (
            Process("x", np.array([1]), {}, {"a": np.array([1])}),
            Process("output a", np.array([1_000_001]), {"a": stream(1, 1)[1]}, {}),
        ),
        ("x",),
        ("a",),
    )
    fast = replace(
        slow,
        channels={"b": Channel("b", 2_000_000, 1_500_000, 1, True)},
        processes=(
            Process("y", np.array([1_000_000]), {}, {"b": np.array([1])}),
            Process("output b", np.array([1]), {"b": stream(1, 1)[1]}, {}),
        ),
        inputs=("y",),
        outputs=("b",),
    )
    channels = {"b": replace(fast.channels["b"], capacity=9)}
    both = Network(
        {**slow.channels, **channels}, slow.processes + fast.processes, ("x", "y"), ("a", "b")
    )
    ends = predict(both).ends
    assert ends.interval == 1_000_001
    found = ends.first(2_000_000)
    assert found[0] == 1_500_000
    assert found[1_000_000] == 1_500_000 + 1_000_000**2
    assert found[-1] == 1 + 1_999_999 * 1_000_001
    assert sum(len(s.ends) for line in ends.outputs for s in line) < 20


def test_without_effort_the_simulated_frames_are_exact_and_it_says_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settling, "_EFFORT", 0)
    network = fork(slow=23, fast=21, depth=70, late=90)
    ends = predict(network).ends
    assert ends.exact is not None
    assert 3 < ends.exact < 400
    np.testing.assert_array_equal(ends.first(ends.exact), simulated(network, ends.exact))


def test_one_value_may_leave_through_two_outputs() -> None:
    net = Net((1, 4, 8))
    a = net.add(Copy, "a", "x")
    network = build_network(deep(plan_of(net, a, a, slow=5), **{"a__out:1": 2}))
    names = [process.name for process in network.processes]
    assert len(set(names)) == len(names)
    ends = predict(network).ends
    np.testing.assert_array_equal(ends.first(40), simulate_network(network, 40).frame_ends)


def test_a_stretch_goes_on_in_turns() -> None:
    line = (Stretch(0, (10, 17), 1, 7), Stretch(4, (40, 44, 50), 2, 10))
    ends = FrameEnds((line, (Stretch(0, (12,), 1, 6),)))
    assert ends.first(9).tolist() == [12, 18, 24, 31, 40, 44, 50, 54, 60]
    assert (ends.interval, ends.period) == (6, 1)
    turns = FrameEnds(((Stretch(0, (10, 11, 17, 20, 24, 30), 3, 13),),))
    assert turns.outputs[0][0].trimmed() == Stretch(0, (10, 11, 17, 20), 3, 13)
    assert turns.outputs[0][0].trimmed().until(9).tolist() == turns.first(9).tolist()
    assert (turns.interval, turns.period) == (5, 3)
