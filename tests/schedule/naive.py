"""The timing rules once more, cycle by cycle and without any cleverness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hwcompile.ir.types import IntArray
from hwcompile.schedule.time.network import Channel, Network, Process


@dataclass
class Queue:
    spec: Channel
    started: list[int] = field(default_factory=list)
    freed: list[int] = field(default_factory=list)

    def usable(self, cycle: int) -> int:
        return sum(start + self.spec.delay <= cycle for start in self.started)

    def held(self, cycle: int) -> int:
        return len(self.started) - sum(free <= cycle - 1 for free in self.freed)


@dataclass
class Worker:
    spec: Process
    queues: Mapping[str, Queue]
    offered: IntArray | None
    fired: int = 0
    ready: int = 0

    @property
    def place(self) -> tuple[int, int]:
        return divmod(self.fired, self.spec.duration.size)

    def may_fire(self, cycle: int) -> bool:
        frame, phase = self.place
        if cycle < self.ready:
            return False
        if self.offered is not None and cycle < self.offered[self.fired]:
            return False
        for name, access in self.spec.reads.items():
            queue = self.queues[name]
            need = int(access.need[phase])
            if need and queue.usable(cycle) < frame * queue.spec.tokens + need:
                return False
        for name, total in self.spec.writes.items():
            queue = self.queues[name]
            given = frame * queue.spec.tokens + int(total[phase]) - len(queue.started)
            if given and queue.held(cycle) + given > queue.spec.capacity:
                return False
        return True

    def fire(self, cycle: int) -> None:
        frame, phase = self.place
        for name, access in self.spec.reads.items():
            queue = self.queues[name]
            goal = frame * queue.spec.tokens + int(access.free[phase])
            queue.freed += [cycle] * (goal - len(queue.freed))
        for name, total in self.spec.writes.items():
            queue = self.queues[name]
            goal = frame * queue.spec.tokens + int(total[phase])
            queue.started += [cycle] * (goal - len(queue.started))
        self.ready = cycle + int(self.spec.duration[phase])
        self.fired += 1


def simulate_naively(
    network: Network, frames: int, offered: Mapping[str, IntArray] | None = None
) -> tuple[dict[str, Queue], bool]:
    """Return the queues and whether all frames passed (False: deadlock)."""
    queues = {name: Queue(spec) for name, spec in network.channels.items()}
    workers = [Worker(p, queues, (offered or {}).get(p.name)) for p in network.processes]
    patience = 2 + max(int(p.duration.max()) for p in network.processes)
    patience += max(c.delay for c in network.channels.values())
    patience += max((int(v.max()) for v in (offered or {}).values()), default=0)
    cycle = idle = 0
    while any(w.fired < frames * w.spec.duration.size for w in workers):
        going = [
            w for w in workers if w.fired < frames * w.spec.duration.size and w.may_fire(cycle)
        ]  # decided for all before any fires
        for worker in going:
            worker.fire(cycle)
        idle = 0 if going else idle + 1
        if idle > patience:
            return queues, False
        cycle += 1
    return queues, True
