"""Exact token simulation: in which cycle every word of a network moves.

Predicted cycles equal those of the emitted RTL, because both follow the recurrences described in
`docs/architecture.md` (Timing).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.ir.types import IntArray
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.engine import ChannelTrace, Run, Wait, run
from hwcompile.schedule.time.network import Network, build_network
from hwcompile.schedule.time.sweeps import run_sweeps


@dataclass(frozen=True)
class TokenTrace:
    """The cycles of all words over a number of frames, source and sink always ready.

    Attributes:
        frames: How many were simulated.
        accepted: Graph input name to the cycle in which each word is accepted, int64
            [frames * words].
        delivered: One array for each graph output, in graph order: the cycle in which the sink
            takes each word, int64 [frames * words].
        links: Link name to the cycles in which its words are started by the producer and taken by
            the consumer. `links[name].occupancy` is the largest number of places in use.
        buffers: The same for the kernels' internal buffers, `<stage>.<buffer>`.
        cycles: Process name (stage, or `<stage>.<actor>`) to its least cycles per frame: how busy
            it is.
    """

    frames: int
    accepted: Mapping[str, IntArray]
    delivered: tuple[IntArray, ...]
    links: Mapping[str, ChannelTrace]
    buffers: Mapping[str, ChannelTrace]
    cycles: Mapping[str, int]

    @property
    def frame_ends(self) -> IntArray:
        """Cycle in which the last word of each frame leaves the design, int64 [frames]."""
        ends: IntArray = self._per_frame(self.delivered, -1).max(axis=0)
        return ends

    @property
    def frame_starts(self) -> IntArray:
        """Cycle in which the first word of each frame enters the design, int64 [frames]."""
        starts: IntArray = self._per_frame(self.accepted.values(), 0).min(axis=0)
        return starts

    def _per_frame(self, streams: Iterable[IntArray], word: int) -> IntArray:
        return np.array([s.reshape(self.frames, -1)[:, word] for s in streams])

    @property
    def latency(self) -> int:
        """Cycles from the first accepted to the last delivered word of frame 0, both included."""
        return int(self.frame_ends[0] - self.frame_starts[0]) + 1


def simulate(
    plan: Plan, frames: int, *, input_cycles: Mapping[str, IntArray] | None = None
) -> TokenTrace:
    """Simulate a plan.

    Args:
        plan: Kernels, stages and FIFO depths.
        frames: At least 1.
        input_cycles: For some graph inputs the earliest cycle in which each word is offered,
            int64 [frames * words], ascending. Otherwise a word is offered in every cycle from
            cycle 0 on.

    Raises:
        CompileError: HW0403 when stages wait for each other for ever.
    """
    return simulate_network(build_network(plan), frames, input_cycles=input_cycles)


def simulate_network(
    network: Network, frames: int, *, input_cycles: Mapping[str, IntArray] | None = None
) -> TokenTrace:
    """`simulate`, for a plan that has been translated already."""
    if frames < 1:
        raise ValueError(f"at least one frame must be simulated, not {frames}")
    result = run_sweeps(network, frames, input_cycles) or run(network, frames, input_cycles)
    if result.waits:
        raise deadlock(network, result)
    links = {n: t for n, t in result.channels.items() if network.channels[n].link}
    return TokenTrace(
        frames=frames,
        accepted=_accepted(network, links),
        delivered=tuple(links[name].freed for name in network.outputs),
        links=links,
        buffers={n: t for n, t in result.channels.items() if n not in links},
        cycles={process.name: process.cycles for process in network.processes},
    )


def _accepted(network: Network, links: Mapping[str, ChannelTrace]) -> dict[str, IntArray]:
    sources = {process.name: process for process in network.processes}
    return {name: links[next(iter(sources[name].writes))].started for name in network.inputs}


def deadlock(network: Network, result: Run) -> CompileError:
    """Describe who waits for whom; a cycle of waits is shown when there is one."""
    waits = _cycle(result.waits) or result.waits
    text = "; ".join(_sentence(network, wait) for wait in waits)
    full = [w.channel for w in waits if w.full and network.channels[w.channel].link]
    fix = (
        f"a larger depth for {' or '.join(repr(name) for name in dict.fromkeys(full))}"
        if full
        else "another folding of these stages"
    )
    return fail("HW0403", "the stages wait for each other for ever", text, fix)


def _sentence(network: Network, wait: Wait) -> str:
    channel = network.channels[wait.channel]
    what = "FIFO" if channel.link else "buffer"
    if wait.full:
        state = f"is full with {channel.capacity} words"
        return f"'{wait.process}' waits for '{wait.other}', as {what} '{channel.name}' {state}"
    return f"'{wait.process}' waits for '{wait.other}', as {what} '{channel.name}' is empty"


def _cycle(waits: tuple[Wait, ...]) -> tuple[Wait, ...]:
    """A cycle among the waits, beginning with a full FIFO if there is one; or nothing.

    A deadlock always has one: every process that is stuck waits for another that is stuck.
    """
    by_process = {wait.process: wait for wait in reversed(waits)}
    for start in by_process:
        path: dict[str, Wait] = {}
        at = start
        while at in by_process and at not in path:
            path[at] = by_process[at]
            at = by_process[at].other
        if at in path:
            names = list(path)
            found = [path[name] for name in names[names.index(at) :]]
            first = next((i for i, wait in enumerate(found) if wait.full), 0)
            return (*found[first:], *found[:first])
    return ()
