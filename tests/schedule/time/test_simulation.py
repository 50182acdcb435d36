"""The way that a network is simulated in changes what it takes, and no cycle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hwcompile.ops.contract.timing import Access, Actor
from hwcompile.schedule.time import simulation, walks
from hwcompile.schedule.time.engine import Run, run
from hwcompile.schedule.time.knots import untied
from hwcompile.schedule.time.network import Channel, Network
from hwcompile.schedule.time.process import PartedProcess
from hwcompile.schedule.time.simulation import run_network
from hwcompile.schedule.time.walks import Walked

WORDS = 1 << 10
ONE = np.ones(1, dtype=np.int64)


def slowed(rows: int) -> Network:
    """Rows come in bursts and leave evenly, through half a row: each side holds the other up in
    turn, so that a sweep carries the delay on by half a row.
    """
    take, give = {"in": Access.stream(ONE)}, {"out": ONE}
    burst = (Actor(ONE, take, give), WORDS - 1)
    pause = (Actor(np.array([3 * WORDS]), take, give), 1)
    word = Actor(ONE, {}, {"in": ONE})
    last = Actor(np.array([4]), {"out": Access.stream(ONE)}, {})
    tokens = rows * WORDS
    return Network(
        {name: Channel(name, WORDS // 2, 1, tokens, True) for name in ("in", "out")},
        (
            PartedProcess("x", ((word, tokens),), rows),
            PartedProcess("middle", (burst, pause) * rows, rows),
            PartedProcess("output y", ((last, tokens),), rows),
        ),
        inputs=("x",),
        outputs=("out",),
    )


def test_a_long_frame_that_small_fifos_slow_down_is_not_simulated_word_by_word() -> None:
    network, frames = slowed(rows=32), 3
    found = run_network(network, frames)
    firings = frames * sum(process.phases for process in network.processes)
    assert firings > simulation.FEW
    assert isinstance(found.found, Walked)
    assert found.effort == firings
    ends = found.channels["out"].frame_ends(frames)
    assert np.array_equal(ends, run(network, frames).channels["out"].frame_ends(frames))


def test_every_way_gives_the_same_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    network, frames = slowed(rows=16), 3
    found = []
    for whole, few in ((1 << 22, 1 << 22), (0, 0), (1 << 22, 0)):
        monkeypatch.setattr(simulation, "WHOLE", whole)
        monkeypatch.setattr(simulation, "FEW", few)
        found.append(run_network(network, frames))
    first, *others = found
    assert isinstance(first.found, Run)
    assert first.effort == others[0].effort * simulation.WORD_BY_WORD
    for other in others:
        assert isinstance(other.found, Walked)
        for name, trace in first.channels.items():
            assert np.array_equal(trace.started, other.channels[name].started)
            assert np.array_equal(trace.freed, other.channels[name].freed)


def crossed(depth: int, rows: int) -> Network:
    """Rows of two streams come in turn and leave in the other order: the first needs a row."""
    one, other = {"p": ONE, "q": 0 * ONE}, {"p": 0 * ONE, "q": ONE}
    writes = [(Actor(ONE, {}, counts), WORDS) for counts in (one, other)]
    reads = [
        (Actor(ONE, {name: Access.stream(count) for name, count in counts.items()}, {}), WORDS)
        for counts in (other, one)
    ]
    return Network(
        {name: Channel(name, depth, 1, rows * WORDS, True) for name in ("p", "q")},
        (
            PartedProcess("x", tuple(writes) * rows, rows),
            PartedProcess("output y", tuple(reads) * rows, rows),
        ),
        inputs=("x",),
        outputs=("p",),
    )


@pytest.mark.parametrize(("depth", "stuck"), [(WORDS - 1, True), (WORDS, False)])
def test_pieces_of_a_stuck_network_are_not_taken_together_again_and_again(
    depth: int, stuck: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once took minutes to give up, and word by word says at once who waits for whom."""
    taken = []

    def counted(*words: Any) -> Any:
        firings, outcomes = untied(*words)
        taken.append(firings)
        return firings, outcomes

    monkeypatch.setattr(walks, "untied", counted)
    monkeypatch.setattr(walks, "TRIES", 2)
    monkeypatch.setattr(simulation, "FEW", 0)
    monkeypatch.setattr(simulation, "TOGETHER", 0.1)
    network, frames = crossed(depth, rows=8), 2
    found = run_network(network, frames)
    firings = frames * sum(process.phases for process in network.processes)
    assert bool(found.waits) == stuck
    limited = sum(taken)
    assert limited <= 0.1 * firings + max(taken, default=0)
    walks.run_walks(network, frames, None, simulation.PATIENCE)
    assert (sum(taken) > 3 * limited) == stuck
