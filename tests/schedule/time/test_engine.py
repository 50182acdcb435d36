"""The simulation against hand-computed traces and against a naive cycle-by-cycle simulator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwcompile.ops.contract.timing import Access
from hwcompile.schedule.time import engine
from hwcompile.schedule.time.engine import run
from hwcompile.schedule.time.network import UNBOUNDED, Channel, Network, Process
from tests.schedule.naive import simulate_naively
from tests.schedule.networks import networks


def ones(count: int) -> np.ndarray:
    return np.ones(count, dtype=np.int64)


def pair(capacity: int, delay: int, words: int, slow: int) -> Network:
    """A source of one word per cycle and a consumer that takes one every `slow` cycles."""
    source = Process("source", ones(words), {}, {"c": np.cumsum(ones(words))})
    sink = Process("sink", slow * ones(words), {"c": Access.stream(ones(words))}, {})
    return Network({"c": Channel("c", capacity, delay, words, True)}, (source, sink), (), ())


def test_words_wait_for_their_delay() -> None:
    trace = run(pair(UNBOUNDED, 3, 4, 1), 1).channels["c"]
    assert trace.started.tolist() == [0, 1, 2, 3]
    assert trace.freed.tolist() == [3, 4, 5, 6]
    assert trace.occupancy == 4  # word 3 starts in the cycle in which word 0 is taken


def test_a_place_is_free_in_the_cycle_after_the_word_was_taken() -> None:
    trace = run(pair(2, 1, 5, 1), 1).channels["c"]
    assert trace.started.tolist() == [0, 1, 2, 3, 4]
    assert trace.freed.tolist() == [1, 2, 3, 4, 5]
    assert trace.occupancy == 2
    trace = run(pair(1, 1, 3, 1), 1).channels["c"]
    assert trace.started.tolist() == [0, 2, 4]
    assert trace.freed.tolist() == [1, 3, 5]


def test_a_slow_consumer_throttles_the_source() -> None:
    trace = run(pair(2, 1, 3, 4), 2).channels["c"]
    assert trace.freed.tolist() == [1, 5, 9, 13, 17, 21]
    assert trace.started.tolist() == [0, 1, 2, 6, 10, 14]


def test_offered_cycles_delay_the_source() -> None:
    trace = run(pair(4, 1, 3, 1), 1, {"source": np.array([2, 2, 9])}).channels["c"]
    assert trace.started.tolist() == [2, 3, 9]
    assert trace.freed.tolist() == [3, 4, 10]


def test_a_buffer_keeps_tokens_that_are_needed_again() -> None:
    """A reader that reads two tokens twice before it frees them, capacity three."""
    writer = Process("w", ones(4), {}, {"b": np.array([1, 2, 3, 4])})
    reader = Process(
        "r", ones(4), {"b": Access(np.array([1, 2, 4, 4]), np.array([0, 2, 2, 4]))}, {}
    )
    network = Network({"b": Channel("b", 3, 2, 4, False)}, (writer, reader), (), ())
    trace = run(network, 1).channels["b"]
    # r fires in 2 (token 1), 3 (token 2, frees both), then token 4 of cycle 4 is usable in 6.
    assert trace.started.tolist() == [0, 1, 2, 4]
    assert trace.freed.tolist() == [3, 3, 7, 7]


def test_reconvergent_paths_get_stuck_when_one_side_is_too_short() -> None:
    def network(capacity: int) -> Network:
        fork = Process("fork", ones(4), {}, {n: np.cumsum(ones(4)) for n in ("long", "short")})
        gather = Process(
            "gather",
            ones(4),
            {"long": Access.stream(ones(4))},
            {"mid": np.array([0, 0, 0, 4])},
        )
        join = Process("join", ones(4), {n: Access.stream(ones(4)) for n in ("short", "mid")}, {})
        channels = {
            "long": Channel("long", 2, 1, 4, True),
            "short": Channel("short", capacity, 1, 4, True),
            "mid": Channel("mid", 4, 1, 4, True),
        }
        return Network(channels, (fork, gather, join), (), ())

    assert run(network(4), 3).waits == ()
    waits = run(network(3), 1).waits
    assert {(w.process, w.channel, w.full, w.other) for w in waits} == {
        ("fork", "short", True, "join"),
        ("gather", "long", False, "fork"),
        ("join", "mid", False, "gather"),
    }


def compare(network: Network, frames: int, offered: dict[str, np.ndarray] | None) -> None:
    result = run(network, frames, offered)
    queues, finished = simulate_naively(network, frames, offered)
    assert (not result.waits) == finished
    for name, queue in queues.items():
        trace = result.channels[name]
        assert trace.started.tolist() == queue.started, name
        assert trace.freed.tolist() == queue.freed, name
        cycles = {*queue.started}
        held = [
            sum(s <= c for s in queue.started) - sum(f < c for f in queue.freed) for c in cycles
        ]
        assert trace.occupancy == max([0, *held])


@pytest.mark.parametrize(("vector", "few"), [(1, 64), (3, 1), (3, 5), (1000, 64)])
@settings(max_examples=150, deadline=None)
@given(network=networks(), frames=st.integers(1, 3), data=st.data())
def test_equal_to_the_naive_simulator(
    vector: int, few: int, network: Network, frames: int, data: st.DataObject
) -> None:
    """Long runs (numpy) and short runs (loop) alike: the threshold between them moves."""
    offered = None
    if data.draw(st.booleans()):
        phases = frames * network.processes[0].duration.size
        gaps = data.draw(st.lists(st.integers(0, 3), min_size=phases, max_size=phases))
        offered = {"p0": np.cumsum(np.array(gaps, dtype=np.int64))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_VECTOR", vector)
        patch.setattr(engine, "_FEW", few)
        compare(network, frames, offered)
