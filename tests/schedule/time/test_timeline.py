"""What a timeline says of every process is what a cycle by cycle simulation sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hwcompile.ops.contract.timing import Access
from hwcompile.schedule.time import timeline as module
from hwcompile.schedule.time.network import Channel, Network, Process
from hwcompile.schedule.time.timeline import timeline
from tests.schedule.naive import Queue, Worker
from tests.schedule.networks import networks

PATIENCE = 400
"""Cycles without a firing after which a network counts as stuck; durations are far shorter."""


@dataclass
class Seen:
    """One process, cycle by cycle: "work", "starved" or "blocked", until it has done all."""

    worker: Worker
    states: list[str] = field(default_factory=list)
    waiting: int = 0

    def watch(self, cycle: int, frames: int) -> bool:
        """Note what it does in a cycle; True when it fires."""
        if self.worker.fired == frames * self.worker.spec.duration.size:
            if cycle < self.worker.ready:
                self.states.append("work")
            return False
        if cycle < self.worker.ready:
            self.states.append("work")
            return False
        if not self.worker.may_fire(cycle):
            self.waiting += 1
            return False
        room = self.waiting > 0 and lacks_room(self.worker, cycle - 1)
        self.states += ["blocked" if room else "starved"] * self.waiting + ["work"]
        self.waiting = 0
        return True


def lacks_room(worker: Worker, cycle: int) -> bool:
    """Whether it could not have written in a cycle what its next phase writes."""
    frame, phase = worker.place
    for name, total in worker.spec.writes.items():
        queue = worker.queues[name]
        given = frame * queue.spec.tokens + int(total[phase]) - len(queue.started)
        if given and queue.held(cycle) + given > queue.spec.capacity:
            return True
    return False


def watched(network: Network, frames: int) -> dict[str, list[str]] | None:
    """States of all processes; None when the network gets stuck."""
    queues: Mapping[str, Queue] = {name: Queue(spec) for name, spec in network.channels.items()}
    seen = [Seen(Worker(process, queues, None)) for process in network.processes]
    cycle, idle = 0, 0
    while idle < PATIENCE:
        firing = [one for one in seen if one.watch(cycle, frames)]
        for one in firing:
            one.worker.fire(cycle)
        idle = 0 if firing else idle + 1
        cycle += 1
    done = all(one.worker.fired == frames * one.worker.spec.duration.size for one in seen)
    return {one.worker.spec.name: one.states for one in seen} if done else None


@settings(max_examples=150, deadline=None)
@given(network=networks(), frames=st.integers(1, 3), slices=st.integers(1, 40))
def test_every_cycle_of_every_process_is_where_the_naive_simulation_has_it(
    network: Network, frames: int, slices: int
) -> None:
    expected = watched(network, frames)
    assume(expected is not None)
    found = timeline(network, frames, slices)
    assert expected is not None
    assert found is not None
    assert found.edges[0] == 0
    assert len(found.edges) <= slices + 1
    for one in found.activities:
        states = np.array(expected[one.process])
        for state, cycles in (
            ("work", one.work),
            ("starved", one.starved),
            ("blocked", one.blocked),
        ):
            inside = [
                int((states[begin:end] == state).sum())
                for begin, end in zip(found.edges, found.edges[1:], strict=False)
            ]
            assert list(cycles) == inside, (one.process, state)


def test_a_frame_with_too_many_firings_has_no_timeline(monkeypatch: pytest.MonkeyPatch) -> None:
    network = chain(12)
    monkeypatch.setattr(module, "MOST_FIRINGS", 23)
    assert timeline(network, 2) is None
    monkeypatch.setattr(module, "MOST_FIRINGS", 24)
    assert timeline(network, 2) is not None


def chain(words: int) -> Network:
    """A source and a sink with a FIFO of two words between them."""
    ones = np.ones(words, dtype=np.int64)
    fifo = Channel("fifo", capacity=2, delay=1, tokens=words, link=True)
    source = Process("x", ones, {}, {"fifo": np.cumsum(ones)})
    sink = Process("y", 3 * ones, {"fifo": Access.stream(ones)}, {})
    return Network({"fifo": fifo}, (source, sink), inputs=("x",), outputs=("fifo",))


def test_what_fifos_held_is_told() -> None:
    found = timeline(chain(12), 2)
    assert found is not None
    assert found.held == {"fifo": 2}
