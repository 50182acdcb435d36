"""The static schedule of a time step: in which cycle every entry is issued and every sum taken.

Nothing is decided at run time. Here the engine is simulated cycle by cycle once, with all its
waiting (for an element of y or m, for a free result register, for the collector), and each wait
becomes an idle entry in the program of a PE. Cycles count from the first entry of the step.

Steps follow each other after `cycles` cycles at the earliest, and the collectors are still busy
with a step when the PEs begin the next one. What they leave behind (elements of y that come late,
registers not yet taken) is fed back until nothing changes.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray
from hwcompile.ops.lstm.layout import Layout, Segment

TO_RESULT = 6
"""Cycles from the issue of a segment's last entry until the collector can take its sum."""

M_READY = 14
"""Cycles from taking a unit's last sum to the first issue of an entry that reads its m."""

Y_READY = 3
"""Cycles from taking a row's last sum to the first issue of an entry that reads its y."""

M_AFTER_Y = 12
"""m is written this many cycles later than a y that is taken in the same cycle."""

READ = 2
"""A y written over must be taken at least `last issue that reads it - READ` cycles after."""

SLOTS = 2
"""Result registers of a PE."""

SPACING = 2
"""Least cycles between two sums for the same unit or row."""

MIN_CYCLES = 24
"""Longer than the element-wise pipeline, so that c is written when it is read again."""

_NEVER = -(1 << 40)
_ROUNDS = 16


@dataclass
class Done:
    """A segment in time.

    Attributes:
        segment: What.
        issue: Cycle in which each entry is issued, int64 [entries].
        slot: Result register it leaves its sum in.
        take: Cycle in which the collector takes the sum.
        first: Whether it is the first sum of its row.
        final: Whether it completes the unit or the projection row.
    """

    segment: Segment
    issue: IntArray
    slot: int
    take: int = -1
    first: bool = False
    final: bool = False


@dataclass(frozen=True)
class Bare:
    """A unit or projection row without any entries is completed by the collector alone."""

    thing: int
    projection: bool
    take: int


@dataclass
class Lane:
    """What happens in a lane during a step."""

    done: list[Done] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)

    @property
    def takes(self) -> list[int]:
        """Cycles in which the collector is busy."""
        return [d.take for d in self.done] + [b.take for b in self.bare]


@dataclass(frozen=True)
class Schedule:
    """The schedule of a step.

    Attributes:
        cycles: From one step's first entry to the next one's, at least.
        delay: The collectors' programs start `delay` cycles after the PEs'; a sum taken in cycle
            t stands in their row t - delay - 1.
        gates_end: Cycles of the first phase: after it no PE works on gates.
        lanes: What happens in each.
        idle: Cycles of each phase in which PEs wait although they have work left, over all PEs.
    """

    cycles: int
    delay: int
    gates_end: int
    lanes: tuple[Lane, ...]


@dataclass
class _Carry:
    """What a step leaves to the next: cycles relative to the next step's first entry."""

    y_ready: IntArray  # by place
    slot_free: IntArray  # [lanes, PEs of a lane, SLOTS]
    tail: int  # cycles that the collectors are still busy with the step before


def simulate_step(layout: Layout) -> Schedule:
    """The schedule of `layout`.

    Raises:
        InternalError: If no steady state is found.
    """
    work = [layout.segments(lane) for lane in range(layout.lanes)]
    carry = _Carry(
        np.full(layout.places, _NEVER),
        np.full((layout.lanes, layout.pes_per_lane, SLOTS), _NEVER),
        TO_RESULT,
    )
    for _ in range(_ROUNDS):
        schedule, after = _round(layout, work, carry)
        if (after.y_ready <= carry.y_ready).all() and (after.slot_free <= carry.slot_free).all():
            return schedule
        carry = _Carry(
            np.maximum(carry.y_ready, after.y_ready),
            np.maximum(carry.slot_free, after.slot_free),
            max(carry.tail, after.tail),
        )
    raise InternalError("the schedule of an LSTM's step does not settle")


def _round(
    layout: Layout, work: list[tuple[list[list[Segment]], list[list[Segment]]]], carry: _Carry
) -> tuple[Schedule, _Carry]:
    op, units, rows = layout.op, layout.units, layout.rows
    lanes = [_Collector(layout, n, carry) for n in range(layout.lanes)]
    for lane, (gates, _) in zip(lanes, work, strict=True):
        lane.begin = carry.tail
        lane.run(gates, carry.y_ready, int(np.count_nonzero(units.lane == lane.number)), False, 0)
    gates_end = max((d.issue[-1] for lane in lanes for d in lane.result.done), default=0) + 1
    ready = np.full(layout.places, _NEVER)
    last_final = 0
    for lane in lanes:
        for thing, take in lane.finals.items():
            place = (layout.m_base if op.projected else layout.state_base) + thing * layout.lanes
            ready[place + lane.number] = take + M_READY
            last_final = max(last_final, take)
    if op.projected:
        earliest = max(gates_end - 1 - READ, last_final + M_AFTER_Y)
        for lane, (_, projection) in zip(lanes, work, strict=True):
            count = int(np.count_nonzero(rows.lane == lane.number))
            lane.run(projection, ready, count, True, earliest)
            for thing, take in lane.finals.items():
                ready[layout.state_base + thing * layout.lanes + lane.number] = take + Y_READY
    schedule = _measure([lane.result for lane in lanes], [lane.time for lane in lanes], gates_end)
    free = np.array([lane.slot_free for lane in lanes])
    end = max(time for lane in lanes for time in lane.time)
    tail = max(take for lane in lanes for take in lane.result.takes) - end
    return schedule, _Carry(ready - schedule.cycles, free - schedule.cycles, tail)


def _measure(lanes: list[Lane], times: list[list[int]], gates_end: int) -> Schedule:
    takes = [take for lane in lanes for take in lane.takes]
    delay = max(min(takes) - 1, 1)
    last_entry = max(time for lane in times for time in lane)
    cycles = max(last_entry, max(takes) - delay, delay, MIN_CYCLES)
    return Schedule(cycles, delay, int(gates_end), tuple(lanes))


class _Collector:
    """A lane at work."""

    def __init__(self, layout: Layout, number: int, carry: _Carry) -> None:
        self.number = number
        self.result = Lane()
        self.time = [0] * layout.pes_per_lane  # first cycle in which a PE is free
        self.count = [0] * layout.pes_per_lane  # segments a PE has done
        self.slot_free = carry.slot_free[number].copy()
        self.busy: set[int] = set()
        self.finals: dict[int, int] = {}
        self.begin = carry.tail  # nothing is taken before

    def run(
        self,
        queues: list[list[Segment]],
        ready: IntArray,
        things: int,
        projection: bool,
        earliest: int,
    ) -> None:
        """Do a phase: all segments of `queues`, and all `things` completed.

        Args:
            queues: Segments of each PE.
            ready: By place, the first cycle in which an entry that reads it can be issued.
            things: Units or rows of this lane.
            projection: Which of the two.
            earliest: No thing is completed before.
        """
        left = [0] * things
        rows_seen: set[tuple[int, int]] = set()
        taken: dict[int, int] = {}
        self.finals = {}
        for queue in queues:
            for segment in queue:
                left[segment.thing] += 1
        bare = [thing for thing in range(things) if not left[thing]]
        position = [0] * len(queues)
        issues: list[IntArray] = [np.zeros(0, dtype=np.int64)] * len(queues)
        heap: list[tuple[int, int]] = []
        blocked: dict[tuple[int, int], bool] = {}  # (PE, slot) whose sum is not yet taken
        waiting: list[Done] = []

        def begin(pe: int) -> None:
            if position[pe] < len(queues[pe]):
                segment = queues[pe][position[pe]]
                issues[pe] = _issue(segment, ready, self.time[pe])
                heapq.heappush(heap, (int(issues[pe][-1]), pe))

        for pe in range(len(queues)):
            begin(pe)
        cycle = self.begin
        stuck: list[tuple[int, int]] = []
        while heap or waiting or bare or stuck:
            if not waiting and not bare and not stuck:
                cycle = max(cycle, heap[0][0] + TO_RESULT)
            while heap and heap[0][0] + TO_RESULT <= cycle:
                end, pe = heapq.heappop(heap)
                slot = self.count[pe] % SLOTS
                if blocked.get((pe, slot)):
                    stuck.append((end, pe))
                    continue
                free = int(self.slot_free[pe, slot])
                if free > end:
                    heapq.heappush(heap, (free, pe))
                    continue
                issue = issues[pe]
                issue[-1] = end
                waiting.append(Done(queues[pe][position[pe]], issue, slot))
                blocked[pe, slot] = True
                self.count[pe] += 1
                self.time[pe] = end + 1
                position[pe] += 1
                begin(pe)
            if cycle not in self.busy:
                chosen = self._choose(waiting, taken, left, cycle, earliest)
                if chosen is not None:
                    item = waiting.pop(chosen)
                    row = (item.segment.thing, item.segment.gate)
                    item.take, item.first = cycle, row not in rows_seen
                    rows_seen.add(row)
                    taken[item.segment.thing] = cycle
                    left[item.segment.thing] -= 1
                    item.final = left[item.segment.thing] == 0
                    if item.final:
                        self.finals[item.segment.thing] = cycle
                    self.busy.add(cycle)
                    self.result.done.append(item)
                    pe = item.segment.pe
                    blocked[pe, item.slot] = False
                    self.slot_free[pe, item.slot] = cycle - TO_RESULT + 1
                    for entry in [e for e in stuck if e[1] == pe]:
                        if self.count[pe] % SLOTS == item.slot:
                            stuck.remove(entry)
                            heapq.heappush(heap, (max(entry[0], cycle - TO_RESULT + 1), pe))
                elif bare and cycle >= earliest and (self.result.done or not heap):
                    thing = bare.pop()
                    self.finals[thing] = cycle
                    self.busy.add(cycle)
                    self.result.bare.append(Bare(thing, projection, cycle))
            cycle += 1

    @staticmethod
    def _choose(
        waiting: list[Done], taken: dict[int, int], left: list[int], cycle: int, earliest: int
    ) -> int | None:
        """The sum that has waited longest among those that may be taken now."""
        for index, item in enumerate(waiting):
            thing = item.segment.thing
            if taken.get(thing, _NEVER) + SPACING > cycle:
                continue
            if left[thing] == 1 and cycle < earliest:
                continue
            return index
        return None


def _issue(segment: Segment, ready: IntArray, start: int) -> IntArray:
    """Cycle in which each entry is issued: in order, each when its element is there."""
    steps = np.arange(segment.places.size)
    need = np.where(segment.weights != 0, ready[segment.places], _NEVER) - steps
    issue: IntArray = np.maximum(np.maximum.accumulate(need), start) + steps
    return issue
