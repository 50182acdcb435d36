"""A plan as processes and channels: what the token simulation works on.

Every source, sink, issue controller and kernel actor becomes a `Process`; every link and every
internal buffer of a kernel becomes a `Channel`. A channel has one writer and one reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import networkx as nx
import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray
from hwcompile.ops.contract.timing import Access
from hwcompile.schedule.plan import Link, Plan, Stage

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
class Pattern:
    """The phases of a process, described by what changes.

    Attributes:
        kinds: Distinct phases: the duration, then for each read the tokens newly needed, for each
            read the tokens freed, and for each write the tokens given.
        order: For each phase its index in `kinds`.
    """

    kinds: list[list[int]]
    order: list[int]


@dataclass(frozen=True)
class Process:
    """A cyclic sequence of phases, as `ops.contract.timing.Actor`, with its channels by name.

    Attributes:
        name: `<stage>` or `<stage>.<actor>`, the graph input, or `output <value>`.
        duration: int64 [phases].
        reads: Channel name to access.
        writes: Channel name to the cumulative number of tokens after each phase, int64 [phases].
    """

    name: str
    duration: IntArray
    reads: Mapping[str, Access]
    writes: Mapping[str, IntArray]

    @cached_property
    def elapsed(self) -> IntArray:
        """Cycles from the first phase to each phase, and to the next frame, int64 [phases + 1]."""
        return np.concatenate(([0], np.cumsum(self.duration)))

    @property
    def cycles(self) -> int:
        """Least number of cycles per frame."""
        return int(self.elapsed[-1])

    @cached_property
    def pattern(self) -> Pattern:
        """Its phases as changes."""
        counts = [access.need for access in self.reads.values()]
        counts += [access.free for access in self.reads.values()]
        counts += list(self.writes.values())
        columns = [self.duration, *(np.diff(total, prepend=0) for total in counts)]
        # One number for each combination of changes, to find the distinct ones quickly.
        key = np.zeros(self.duration.size, dtype=np.int64)
        for column in columns:
            _, code = np.unique(column, return_inverse=True)
            _, key = np.unique(key * (int(code.max()) + 1) + code, return_inverse=True)
        _, first = np.unique(key, return_index=True)
        return Pattern(np.stack(columns, axis=1)[first].tolist(), key.tolist())


@dataclass(frozen=True)
class Network:
    """Processes and the channels between them.

    Attributes:
        channels: By name.
        processes: Sources first, then stages in topological order, then sinks.
        inputs: Name of the source process of each graph input.
        outputs: Name of the channel in front of each graph output.
    """

    channels: Mapping[str, Channel]
    processes: tuple[Process, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def bound(self) -> int:
        """Cycles per frame of the slowest process: no interval can be smaller."""
        return max(process.cycles for process in self.processes)

    @property
    def bottleneck(self) -> str:
        """The slowest process."""
        return max(self.processes, key=lambda p: p.cycles).name

    def reader(self, channel: str) -> int:
        """Index of the process that reads a channel."""
        return self._ends[0][channel]

    def writer(self, channel: str) -> int:
        """Index of the process that writes a channel."""
        return self._ends[1][channel]

    @cached_property
    def _ends(self) -> tuple[dict[str, int], dict[str, int]]:
        return (
            {name: i for i, p in enumerate(self.processes) for name in p.reads},
            {name: i for i, p in enumerate(self.processes) for name in p.writes},
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
        channels = {n for process in processes for n in (*process.reads, *process.writes)}
        return Network(
            {name: channel for name, channel in self.channels.items() if name in channels},
            processes,
            tuple(name for name in self.inputs if name in names),
            tuple(name for name in self.outputs if name in channels),
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
        writes = {link.name: np.arange(1, form.words + 1) for link in plan.links_from(value)}
        processes.append(Process(value, np.ones(form.words, np.int64), {}, writes))
    for stage in plan.stages:
        channels |= _buffer_channels(stage)
        processes += _stage_processes(plan, stage)
    outputs = [plan.link_to(None, port) for port in range(len(plan.graph.outputs))]
    for value, link in zip(plan.graph.outputs, outputs, strict=True):
        ones = np.ones(link.format.words, np.int64)
        twice = f":{link.port}" if plan.graph.outputs.count(value) > 1 else ""
        name = f"output {value}{twice}"
        processes.append(Process(name, ones, {link.name: Access.stream(ones)}, {}))
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
        totals = [int(a.writes[name][-1]) for a in timing.actors.values() if name in a.writes]
        if len(totals) != 1:
            raise InternalError(f"buffer '{name}' of stage '{stage.name}' needs one writer")
        full = f"{stage.name}.{name}"
        channels[full] = Channel(full, buffer.capacity, buffer.latency, totals[0], False)
    return channels


def _stage_processes(plan: Plan, stage: Stage) -> list[Process]:
    outputs = [link.name for link in plan.links_from(stage.name)]
    streams = {
        f"in{port}": plan.link_to(stage.name, port).name for port in range(len(stage.inputs))
    }
    head = stage.parts[0].built
    if head.kernel.rigid:
        ones = np.ones(stage.formats.output.words, np.int64)
        reads = {name: Access.stream(ones) for name in streams.values()}
        return [Process(stage.name, ones, reads, dict.fromkeys(outputs, np.cumsum(ones)))]
    timing = head.timing
    processes = []
    for name, actor in timing.actors.items():
        label = stage.name if len(timing.actors) == 1 else f"{stage.name}.{name}"
        reads = {streams.get(s, f"{stage.name}.{s}"): access for s, access in actor.reads.items()}
        writes: dict[str, IntArray] = {}
        for stream, total in actor.writes.items():
            targets = outputs if stream == "out" else [f"{stage.name}.{stream}"]
            writes |= dict.fromkeys(targets, total)
        processes.append(Process(label, actor.duration, reads, writes))
    return processes


def _check(network: Network) -> None:
    readers = dict.fromkeys(network.channels, 0)
    writers = dict.fromkeys(network.channels, 0)
    for process in network.processes:
        ends = [(n, int(a.free[-1]), readers, "takes") for n, a in process.reads.items()]
        ends += [(n, int(t[-1]), writers, "gives") for n, t in process.writes.items()]
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
