"""Exact token simulation: in which cycle every word of a network moves.

Predicted cycles equal those of the emitted RTL, because both follow the recurrences described in
`docs/architecture.md` (Timing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hwcompile.diagnostics import CompileError, fail
from hwcompile.ir.types import IntArray
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.engine import ChannelTrace, Wait
from hwcompile.schedule.time.network import Network, build_network
from hwcompile.schedule.time.offers import Offer
from hwcompile.schedule.time.simulation import run_network
from hwcompile.schedule.time.tracks import PieceTrace


@dataclass(frozen=True)
class TokenTrace:
    """The cycles of all words over a number of frames, source and sink always ready.

    Attributes:
        frames: How many were simulated.
        inputs: Graph input name to the name of a link behind it.
        outputs: The link in front of each graph output.
        links: Link name to the cycles in which its words are started by the producer and taken by
            the consumer. `links[name].occupancy` is the largest number of places in use.
        buffers: The same for the kernels' internal buffers, `<stage>.<buffer>`.
        cycles: Process name (stage, or `<stage>.<actor>`) to its least cycles per frame: how busy
            it is.
    """

    frames: int
    inputs: Mapping[str, str]
    outputs: tuple[str, ...]
    links: Mapping[str, ChannelTrace | PieceTrace]
    buffers: Mapping[str, ChannelTrace | PieceTrace]
    cycles: Mapping[str, int]

    @property
    def accepted(self) -> Mapping[str, IntArray]:
        """For each graph input the cycles in which words are accepted, int64 [frames * words]."""
        return {value: self.links[name].started for value, name in self.inputs.items()}

    @property
    def delivered(self) -> tuple[IntArray, ...]:
        """For each graph output, in graph order, the cycle in which the sink takes each word.

        Each int64 [frames * words].
        """
        return tuple(self.links[name].freed for name in self.outputs)

    @property
    def frame_ends(self) -> IntArray:
        """Cycle in which the last word of each frame leaves the design, int64 [frames]."""
        ends = [self.links[name].frame_ends(self.frames) for name in self.outputs]
        latest: IntArray = np.array(ends).max(axis=0)
        return latest

    @property
    def frame_starts(self) -> IntArray:
        """Cycle in which the first word of each frame enters the design, int64 [frames]."""
        starts = [self.links[name].frame_starts(self.frames) for name in self.inputs.values()]
        earliest: IntArray = np.array(starts).min(axis=0)
        return earliest

    @property
    def latency(self) -> int:
        """Cycles from the first accepted to the last delivered word of frame 0, both included."""
        return int(self.frame_ends[0] - self.frame_starts[0]) + 1


def simulate(
    plan: Plan, frames: int, *, input_cycles: Mapping[str, Offer] | None = None
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
    network: Network, frames: int, *, input_cycles: Mapping[str, Offer] | None = None
) -> TokenTrace:
    """`simulate`, for a plan that has been translated already."""
    if frames < 1:
        raise ValueError(f"at least one frame must be simulated, not {frames}")
    simulated = run_network(network, frames, input_cycles)
    if simulated.waits:
        raise deadlock(network, simulated.waits)
    return _trace(network, frames, simulated.channels)


def _trace(
    network: Network, frames: int, channels: Mapping[str, ChannelTrace | PieceTrace]
) -> TokenTrace:
    links = {name: trace for name, trace in channels.items() if network.channels[name].link}
    sources = {process.name: process.targets[0] for process in network.processes if process.targets}
    return TokenTrace(
        frames=frames,
        inputs={name: sources[name] for name in network.inputs},
        outputs=network.outputs,
        links=links,
        buffers={name: trace for name, trace in channels.items() if name not in links},
        cycles={process.name: process.cycles for process in network.processes},
    )


def deadlock(network: Network, waits: tuple[Wait, ...]) -> CompileError:
    """Describe who waits for whom; a cycle of waits is shown when there is one."""
    waits = _cycle(waits) or waits
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
