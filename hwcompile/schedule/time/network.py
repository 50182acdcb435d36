"""A plan as processes and channels: what the token simulation works on.

Every source, sink, issue controller and kernel actor becomes a `Process`; every link and every
internal buffer of a kernel becomes a `Channel`. A channel has one writer and one reader.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import networkx as nx
import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ops.contract.timing import Access, Actor, Timing
from hwcompile.schedule.plan import Link, Plan, Stage
from hwcompile.schedule.time.pieces import PieceMemory
from hwcompile.schedule.time.process import PartedProcess, Process

__all__ = ["UNBOUNDED", "Channel", "Network", "Process", "build_network", "stage_processes"]

_ONE = np.ones(1, dtype=np.int64)

UNBOUNDED = 1 << 40
"""A capacity that no simulation reaches."""


@dataclass(frozen=True)
class Channel:
    """A bounded queue of tokens.

    Attributes:
        name: Of the link, or `<stage>.<buffer>`.
        capacity: Tokens it holds, counted from the firing that writes one to the cycle after the
            firing that frees it.
        delay: Cycles from the firing that writes a token to the first cycle it can be used.
        tokens: Per frame.
        link: True for a FIFO between stages, False for a buffer inside a kernel.
    """

    name: str
    capacity: int
    delay: int
    tokens: int
    link: bool


@dataclass(frozen=True)
class Network:
    """Processes and the channels between them.

    Attributes:
        channels: By name.
        processes: Sources first, then stages in topological order, then sinks.
        inputs: Name of the source process of each graph input.
        outputs: Name of the channel in front of each graph output.
        memory: What simulations have found out about the processes.
    """

    channels: Mapping[str, Channel]
    processes: tuple[Process, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    memory: PieceMemory = field(default_factory=PieceMemory, compare=False, repr=False)

    @property
    def bound(self) -> int:
        """Cycles per frame of the slowest process: no interval can be smaller."""
        return max(process.cycles for process in self.processes)

    @property
    def bottleneck(self) -> str:
        """The slowest process."""
        return max(self.processes, key=lambda p: p.cycles).name

    @property
    def key(self) -> bytes:
        """Of its contents: networks with the same key do the same in every cycle."""
        state = hashlib.sha256(repr(list(self.channels.values())).encode())
        for process in self.processes:
            for actor, times in process.parts:
                arrays = {"": actor.duration}
                arrays |= {f"{name} need": read.need for name, read in actor.reads.items()}
                arrays |= {f"{name} free": read.free for name, read in actor.reads.items()}
                arrays |= {f"{name} gives": total for name, total in actor.writes.items()}
                for name, array in arrays.items():
                    state.update(f"{process.name} {times} {name} {array.size}".encode())
                    state.update(array.tobytes())
        return state.digest()

    def reader(self, channel: str) -> int:
        """Index of the process that reads a channel."""
        return self._ends[0][channel]

    def writer(self, channel: str) -> int:
        """Index of the process that writes a channel."""
        return self._ends[1][channel]

    @cached_property
    def _ends(self) -> tuple[dict[str, int], dict[str, int]]:
        return (
            {name: i for i, p in enumerate(self.processes) for name in p.sources},
            {name: i for i, p in enumerate(self.processes) for name in p.targets},
        )

    def parts(self) -> tuple[Network, ...]:
        """The networks that share no channel with each other, in order of their processes."""
        whole = nx.Graph()
        whole.add_nodes_from(range(len(self.processes)))
        whole.add_edges_from((self.writer(name), self.reader(name)) for name in self.channels)
        groups = sorted(sorted(group) for group in nx.connected_components(whole))
        return (self,) if len(groups) == 1 else tuple(self._part(group) for group in groups)

    def _part(self, indices: list[int]) -> Network:
        processes = tuple(self.processes[index] for index in indices)
        names = {process.name for process in processes}
        channels = {n for process in processes for n in (*process.sources, *process.targets)}
        return Network(
            {name: channel for name, channel in self.channels.items() if name in channels},
            processes,
            tuple(name for name in self.inputs if name in names),
            tuple(name for name in self.outputs if name in channels),
            self.memory,
        )

    def with_links(self, plan: Plan) -> Network:
        """The same processes with the depths and memories of the links of `plan`."""
        return replace(self, channels={**self.channels, **_link_channels(plan)})

    def unbounded(self) -> Network:
        """The same network with links that never fill; internal buffers stay as they are."""
        channels = {
            name: replace(c, capacity=UNBOUNDED) if c.link else c
            for name, c in self.channels.items()
        }
        return replace(self, channels=channels)


def build_network(plan: Plan) -> Network:
    """Translate a plan into processes and channels.

    Raises:
        InternalError: If a kernel's timing does not fit its streams.
    """
    channels: dict[str, Channel] = _link_channels(plan)
    processes: list[Process] = []
    for value, form in zip(plan.graph.inputs, plan.inputs, strict=True):
        word = Actor(_ONE, {}, {link.name: _ONE for link in plan.links_from(value)})
        rows = plan.graph.types[value].shape[0]
        processes.append(PartedProcess(value, ((word, form.words),), rows))
    for stage in plan.stages:
        channels |= _buffer_channels(stage)
        processes += stage_processes(plan, stage)
    outputs = [plan.link_to(None, port) for port in range(len(plan.graph.outputs))]
    for value, link in zip(plan.graph.outputs, outputs, strict=True):
        twice = f":{link.port}" if plan.graph.outputs.count(value) > 1 else ""
        name = f"output {value}{twice}"
        word = Actor(_ONE, {link.name: Access.stream(_ONE)}, {})
        rows = plan.graph.types[value].shape[0]
        processes.append(PartedProcess(name, ((word, link.format.words),), rows))
    network = Network(
        channels, tuple(processes), plan.graph.inputs, tuple(link.name for link in outputs)
    )
    _check(network)
    return network


def _link_channels(plan: Plan) -> dict[str, Channel]:
    registers = {stage.name: stage.registers for stage in plan.stages}

    def channel(link: Link) -> Channel:
        delay = registers.get(link.value, 0) + 1 + int(link.block)
        return Channel(link.name, link.depth, delay, link.format.words, True)

    return {link.name: channel(link) for link in plan.links}


def _buffer_channels(stage: Stage) -> dict[str, Channel]:
    head = stage.parts[0].built
    if head.kernel.rigid:
        return {}
    timing = head.timing
    channels = {}
    for name, buffer in timing.buffers.items():
        totals = [
            sum(int(part.writes[name][-1]) * times for part, times in actor.parts)
            for actor in timing.actors.values()
            if name in actor.parts[0][0].writes
        ]
        if len(totals) != 1:
            raise InternalError(f"buffer '{name}' of stage '{stage.name}' needs one writer")
        full = f"{stage.name}.{name}"
        channels[full] = Channel(full, buffer.capacity, buffer.latency, totals[0], False)
    return channels


def stage_processes(plan: Plan, stage: Stage, timing: Timing | None = None) -> list[Process]:
    """What a stage does: a process for each actor of its core, or one that issues words.

    Args:
        plan: The whole.
        stage: One of it.
        timing: Of the core; None for `Built.timing`.
    """
    outputs = [link.name for link in plan.links_from(stage.name)]
    streams = {
        f"in{port}": plan.link_to(stage.name, port).name for port in range(len(stage.inputs))
    }
    head = stage.parts[0].built
    before, after = head.site.inputs[0].shape[0], head.site.outputs[0].shape[0]
    if head.kernel.rigid:
        reads = {name: Access.stream(_ONE) for name in streams.values()}
        word = Actor(_ONE, reads, dict.fromkeys(outputs, _ONE))
        return [PartedProcess(stage.name, ((word, stage.formats.output.words),), after)]
    names = {stream: [name] for stream, name in streams.items()} | {"out": outputs}

    def channels(stream: str) -> list[str]:
        return names.get(stream, [f"{stage.name}.{stream}"])

    processes: list[Process] = []
    actors = (timing or head.timing).actors
    for name, actor in actors.items():
        label = stage.name if len(actors) == 1 else f"{stage.name}.{name}"
        parts = tuple((_renamed(part, channels), times) for part, times in actor.parts)
        rows = after if "out" in actor.parts[0][0].writes else before
        processes.append(PartedProcess(label, parts, rows))
    return processes


def _renamed(actor: Actor, channels: Callable[[str], list[str]]) -> Actor:
    """The actor with the channels that its streams are; a stream has one for every reader."""
    reads = {channels(stream)[0]: access for stream, access in actor.reads.items()}
    writes = {name: total for stream, total in actor.writes.items() for name in channels(stream)}
    return Actor(actor.duration, reads, writes)


def _check(network: Network) -> None:
    readers = dict.fromkeys(network.channels, 0)
    writers = dict.fromkeys(network.channels, 0)
    for process in network.processes:
        ends = [(n, process.takes(n), readers, "takes") for n in process.sources]
        ends += [(n, process.gives(n), writers, "gives") for n in process.targets]
        for name, total, count, verb in ends:
            if name not in network.channels:
                raise InternalError(f"'{process.name}' uses the unknown stream '{name}'")
            count[name] += 1
            if total != network.channels[name].tokens:
                want = network.channels[name].tokens
                raise InternalError(
                    f"'{process.name}' {verb} {total} tokens of '{name}' per frame, not {want}"
                )
    for name in network.channels:
        if (readers[name], writers[name]) != (1, 1):
            raise InternalError(
                f"channel '{name}' has {writers[name]} writers and {readers[name]} readers"
            )
