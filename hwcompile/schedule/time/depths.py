"""Chooses FIFO depths with which the network reaches its smallest interval.

The reasoning: a schedule that violates no rule (it may be slower than necessary) and repeats with
period P shows that depths equal to the places it occupies are enough for the interval P, because
the self-timed hardware, which fires everything as early as it can, is never later (the recurrences
are monotone). Two such schedules are tried, both with links that never fill:

- eager: the sources offer their words evenly over the interval, everything else is self-timed;
- even: in addition, every process spreads its phases evenly over the interval.

The cheaper one is kept, and its depths are then lowered as long as a bounded simulation with evenly
offered input words repeats with the same period.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hwcompile.diagnostics import CompileError
from hwcompile.schedule.plan import LEAST_DEPTH, SHIFTED, Link, Plan
from hwcompile.schedule.time.network import Network, Process, build_network
from hwcompile.schedule.time.pairs import has_slow_pair
from hwcompile.schedule.time.pieces import StretchedProcess
from hwcompile.schedule.time.prediction import MOST_FRAMES, even_input, settle
from hwcompile.schedule.time.settling import first_trial
from hwcompile.schedule.time.tokens import TokenTrace, simulate_network

_EFFORT = 3_000_000
"""Firings that may be simulated in order to lower depths; bounds the time, deterministically."""

_WORTHWHILE = 16
"""Depths are lowered only where that saves more than one part in so many of all FIFO bits."""


def size_links(plan: Plan, pinned: Mapping[str, int] | None = None) -> Plan:
    """Give every link a depth.

    Args:
        plan: Stages and links; the depths in it are ignored.
        pinned: Depths by link name that are not to be changed.

    Returns:
        The plan with depths that reach the smallest interval the kernels' own buffers allow, as
        far as the pinned depths permit.
    """
    pinned = dict(pinned or {})
    if all(link.name in pinned for link in plan.links):
        return with_depths(plan, pinned)
    return size_network(build_network(plan), plan, pinned)


def size_network(network: Network, plan: Plan, pinned: Mapping[str, int]) -> Plan:
    """`size_links`, for a plan that has been translated already."""
    ceiling = {link.name: pinned.get(link.name, 1) for link in plan.links}
    while True:
        network = network.with_links(with_depths(plan, ceiling))
        schedule = _best_schedule(network, plan)
        depths = {**_occupied(plan, schedule), **pinned}
        before = network.channels
        ceiling = {name: max(ceiling[name], depth) for name, depth in depths.items()}
        after = network.with_links(with_depths(plan, ceiling)).channels
        # Block RAM answers a cycle later, which occupies more places.
        if all(after[name].delay == before[name].delay for name in depths):
            return _Shrinker(plan, network, schedule.interval, pinned).run(depths)


def with_depths(plan: Plan, depths: Mapping[str, int]) -> Plan:
    """The plan with these depths (by link name), and block RAM where it pays."""
    links = []
    for link in plan.links:
        depth = depths[link.name]
        paced = link.paced and depth > SHIFTED
        links.append(link.with_depth(depth, paced or in_block(link, depth)))
    return replace(plan, links=tuple(links))


def in_block(link: Link, depth: int) -> bool:
    """True when a FIFO is large enough for block RAM: deep, and more than one 4-kbit block."""
    return depth > 64 and depth * link.format.bits > 4096


@dataclass(frozen=True)
class _Schedule:
    """An admissible schedule: its period, and the cycles of all words."""

    interval: int
    trace: TokenTrace


def _best_schedule(network: Network, plan: Plan) -> _Schedule:
    free = network.unbounded()
    eager = _settle(free, network.bound)
    if eager is None:
        return _limited(free)
    even = _settle(_spread(free, network.bound), network.bound)
    if even is None or _bits(plan, eager) <= _bits(plan, even):
        return eager
    return even


def _limited(free: Network) -> _Schedule:
    """The schedule of a network whose internal buffers do not let it reach the bound."""
    gaps = np.diff(simulate_network(free, 16).frame_ends)[-8:]
    for interval in (-int(-gaps.mean() // 1), int(gaps.max())):
        schedule = _settle(free, interval)
        if schedule is not None:
            return schedule
    offered = even_input(free, interval)
    return _Schedule(interval, simulate_network(free, 16, input_cycles=offered))


def _settle(network: Network, interval: int) -> _Schedule | None:
    """Simulate with evenly offered input until all words repeat; None if they do not."""
    found = settle(network, interval)
    if found is None:
        return None
    # A place that is held for n intervals shows its full occupancy n frames after all repeat.
    more = _longest_stay(found.trace) // found.interval
    trace = found.trace
    if more:
        frames = trace.frames + more
        offered = even_input(found.network, found.interval)
        trace = simulate_network(found.network, frames, input_cycles=offered)
    return _Schedule(interval, trace)


def _longest_stay(trace: TokenTrace) -> int:
    channels = (*trace.links.values(), *trace.buffers.values())
    return max(channel.longest_stay for channel in channels)


def _spread(network: Network, interval: int) -> Network:
    """Stretch all durations so that every process needs the whole interval; sinks excepted."""

    def stretch(process: Process) -> Process:
        if not process.targets:
            return process
        return StretchedProcess(process, interval)

    return replace(network, processes=tuple(stretch(p) for p in network.processes))


def _occupied(plan: Plan, schedule: _Schedule) -> dict[str, int]:
    links = schedule.trace.links
    return {link.name: max(LEAST_DEPTH, links[link.name].occupancy) for link in plan.links}


def _bits(plan: Plan, schedule: _Schedule) -> int:
    depths = _occupied(plan, schedule)
    return sum(depths[link.name] * link.format.bits for link in plan.links)


class _Shrinker:
    """Lowers depths by trial: all at once, or else link by link, the largest saving first."""

    def __init__(
        self, plan: Plan, network: Network, interval: int, pinned: Collection[str]
    ) -> None:
        self.plan = plan
        self.network = network
        self.interval = interval
        self.pinned = pinned
        self.effort = _EFFORT
        self.enough: dict[str, int] = {}
        self.firings = sum(process.phases for process in network.processes)

    def run(self, depths: dict[str, int]) -> Plan:
        """The lowest depths found, starting from depths that are enough."""
        self.enough = dict(depths)
        low = {
            name: depth if name in self.pinned else min(depth, self._loop(name))
            for name, depth in depths.items()
        }
        links = sorted(
            self.plan.links,
            key=lambda link: -(depths[link.name] - low[link.name]) * link.format.bits,
        )
        names = [link.name for link in links if low[link.name] < depths[link.name]]
        if self._saves(depths, low) and self._works(low):
            return with_depths(self.plan, low)
        for name in names:
            if self._saves(depths, {**depths, name: low[name]}):
                self._lower(depths, low[name], name)
        return with_depths(self.plan, depths)

    def _loop(self, name: str) -> int:
        """Places for one word per cycle: a place is taken again `delay + 1` cycles later."""
        return max(LEAST_DEPTH, self.network.channels[name].delay + 1)

    def _saves(self, depths: Mapping[str, int], lower: Mapping[str, int]) -> bool:
        """True when the lower depths are worth a simulation."""
        return (self._bits(depths) - self._bits(lower)) * _WORTHWHILE > self._bits(depths)

    def _bits(self, depths: Mapping[str, int]) -> int:
        return sum(depths[link.name] * link.format.bits for link in self.plan.links)

    def _lower(self, depths: dict[str, int], low: int, name: str) -> None:
        """Lower one link: to its least depth, or else by bisection to within an eighth."""
        if self._works({**depths, name: low}):
            depths[name] = low
            return
        while depths[name] - low > max(1, depths[name] // 8):
            middle = (low + depths[name]) // 2
            if self._works({**depths, name: middle}):
                depths[name] = middle
            else:
                low = middle

    def _lowered(self, depths: Mapping[str, int]) -> list[str]:
        """The links that are not as deep as they were at first."""
        return [name for name, depth in depths.items() if depth < self.enough[name]]

    def _works(self, depths: Mapping[str, int]) -> bool:
        """True if the interval is still met; False as well when the effort is used up."""
        network = self.network.with_links(with_depths(self.plan, depths))
        frames = first_trial(network)
        if frames * self.firings > self.effort:
            return False
        most_frames = min(MOST_FRAMES, self.effort // self.firings)
        self.effort -= frames * self.firings
        if has_slow_pair(network, self.interval, self._lowered(depths), frames * self.firings // 2):
            return False
        try:
            return settle(network, self.interval, most_frames) is not None
        except CompileError:
            return False
