"""The static schedule of a time step: in which cycle every entry is issued and every sum taken.

Nothing is decided at run time. Here the engine is simulated cycle by cycle once, with all its
waiting (for an element of y or m, for a free result register, for the collector), and each wait
becomes an idle entry in the program of a PE. Cycles count from the first entry of the step.

Waiting is possible where a phase begins: the last sums of the one before are still on their way
through the collector, a cycle each, and the element-wise pipeline. A PE then begins with what has
not to wait, which is mostly a long segment: it reads the latest elements at its end.

Steps follow each other after `cycles` cycles at the earliest, and the collectors are still busy
with a step when the PEs begin the next one. What they leave behind (elements of y that come late,
registers not yet taken) is fed back until nothing changes.

A worked example. Two units with one gate over three elements of x and one of y, and a projection of
both onto that y; one lane with one PE. Places 0 to 2 are those of x, 3 that of y, 4 and 5 of m.

    >>> from hwcompile.ir.types import IntType
    >>> from hwcompile.ops.recurrent.cell import Cell, Gate, Latencies, CellProgram
    >>> x, y = np.array([[3, 0, 5], [0, 2, 0]]), np.array([[7], [0]])
    >>> gate = Gate(bias=np.zeros(2, dtype=np.int64), x=x, y=y)
    >>> pipeline = CellProgram({}, {}, Latencies(m=15, y=4), narrow=1)
    >>> int8 = IntType(-128, 127)
    >>> cell = Cell(3, (gate,), pipeline, int8, int8, 0, 0, keep=True, channels=1,
    ...             projection=np.array([[1, 1]]))
    >>> schedule = simulate_step(EngineLayout(cell, pes=1, lanes=1))

If nothing had to wait, the PE would issue the entries of unit 0 in cycles 0, 1, 2 and that of
unit 1 in cycle 3. The collector takes a sum `TO_RESULT` = 6 cycles after its last entry, in cycles
8 and 9; so the two elements of m can be read 15 - 1 cycles later, from cycles 22 and 23 on, and the
PE, having waited, issues the entries of the projection then. Their sum is taken in cycle 29, and y
can be read from cycle 29 + 4 - 1 = 32 on. The step takes 24 cycles: y is there in cycle 8 of the
next step, where the PE would issue the third entry of unit 0 in cycle 2. So the step is simulated
again: the PE begins with unit 1, which has not to wait, and issues that entry in cycle 8. All that
follows is six cycles later; y, too, but also the next step. Nothing changes any more.

    >>> [done.issue.tolist() for done in schedule.lanes[0].done]
    [[0], [1, 2, 8], [28, 29]]
    >>> [done.take for done in schedule.lanes[0].done]
    [7, 14, 35]

The last entry is issued in cycle 29, so the next step begins in cycle 30, while the collector is
still busy with this one. The collector's program is as long as the PEs'. It begins in time for the
first sum, whose row is row 0, and ends five cycles after that of the PEs.

    >>> schedule.cycles, schedule.delay
    (30, 6)
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from hwcompile.diagnostics import InternalError
from hwcompile.ir.types import IntArray
from hwcompile.ops.recurrent.dealing import Placement
from hwcompile.ops.recurrent.layout import EngineLayout, Segment

TO_RESULT = 6
"""Cycles from the issue of a segment's last entry until the collector can take its sum."""

SLOTS = 2
"""Result registers of a PE."""

SPACING = 2
"""Least cycles between two sums for the same unit or row."""

MIN_CYCLES = 24
"""Longer than the element-wise pipeline, so that c is written when it is read again."""

_NEVER = -(1 << 40)
_ROUNDS = 48
_PATIENCE = 6
"""Rounds after which a step is made longer, for waiting does not end the wait."""


@dataclass(eq=False)
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
    """What has no entries in a phase is completed by the collector alone."""

    thing: int
    second: bool
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
class StepSchedule:
    """The schedule of a step.

    Attributes:
        cycles: From one step's first entry to the next one's, at least.
        delay: The collectors' programs start `delay` cycles after the PEs'; a sum taken in cycle
            t stands in their row t - delay - 1.
        gates_end: Cycles of the first phase: after it no PE works on gates.
        lanes: What happens in each.
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
    least: int  # cycles of a step


def simulate_step(layout: EngineLayout) -> StepSchedule:
    """The schedule of `layout`.

    Raises:
        InternalError: If no steady state is found.
    """
    work = [layout.segments(lane) for lane in range(layout.lanes)]
    carry = _Carry(
        np.full(layout.places, _NEVER),
        np.full((layout.lanes, layout.pes_per_lane, SLOTS), _NEVER),
        TO_RESULT,
        MIN_CYCLES,
    )
    for number in range(_ROUNDS):
        schedule, after = _round(layout, work, carry)
        if (after.y_ready <= carry.y_ready).all() and (after.slot_free <= carry.slot_free).all():
            return schedule
        late = int((after.y_ready - carry.y_ready).max()) if number > _PATIENCE else 0
        carry = _Carry(
            np.maximum(carry.y_ready, after.y_ready),
            np.maximum(carry.slot_free, after.slot_free),
            # Only once: where the collectors limit, a later beginning is a later end.
            carry.tail if carry.tail > TO_RESULT else max(after.tail, TO_RESULT + 1),
            carry.least if late <= 0 else schedule.cycles + late,
        )
    raise InternalError("the schedule of a recurrent step does not settle")


def _round(
    layout: EngineLayout, work: list[tuple[list[list[Segment]], list[list[Segment]]]], carry: _Carry
) -> tuple[StepSchedule, _Carry]:
    cell = layout.cell
    late = cell.program.latencies
    lanes = [_Collector(layout, n, carry) for n in range(layout.lanes)]
    for lane, (first, _) in zip(lanes, work, strict=True):
        lane.begin = carry.tail
        places = lane.places(layout.units, layout.state_base)
        earliest = np.zeros_like(places)
        if cell.twice:
            # A unit reads its state, written in the cycle after; and m waits for the last y.
            own = carry.y_ready[places]
            earliest = np.maximum(own + 1, own.max() + 2 - late.m)
        lane.run(first, carry.y_ready, earliest, False)
    gates_end = max((d.issue[-1] for lane in lanes for d in lane.result.done), default=0) + 1
    ready = np.full(layout.places, _NEVER)
    base = layout.m_base if cell.two_phases else layout.state_base
    last_final = max(lane.note(ready, base, late.m) for lane in lanes)
    if cell.two_phases:
        # Whoever reads the old y must have been issued. This follows from the second bound, but it
        # is what must hold when rows of the program come late; see `hw_rnn_engine`. And y is not
        # written before the last m.
        after = max(gates_end - 1 + TO_RESULT, last_final + max(late.m - late.y, 0) + 1)
        for lane, (_, second) in zip(lanes, work, strict=True):
            places = lane.places(layout.rows, layout.m_base)
            own = ready[places] if cell.twice else np.zeros_like(places)
            lane.run(second, ready, np.maximum(own, after), True)
            lane.note(ready, layout.state_base, late.y)
    results, times = [lane.result for lane in lanes], [lane.time for lane in lanes]
    schedule = _measure(results, times, gates_end, carry.least)
    free = np.array([lane.slot_free for lane in lanes])
    end = max(time for lane in lanes for time in lane.time)
    tail = max(take for lane in lanes for take in lane.result.takes) - end
    return schedule, _Carry(ready - schedule.cycles, free - schedule.cycles, tail, carry.least)


def _measure(lanes: list[Lane], times: list[list[int]], gates_end: int, least: int) -> StepSchedule:
    takes = [take for lane in lanes for take in lane.takes]
    delay = max(min(takes) - 1, 1)
    last_entry = max(time for lane in times for time in lane)
    cycles = max(last_entry, max(takes) - delay, delay, least)
    return StepSchedule(cycles, delay, int(gates_end), tuple(lanes))


class _Collector:
    """A lane's state throughout a step."""

    def __init__(self, layout: EngineLayout, number: int, carry: _Carry) -> None:
        self.number, self.lanes = number, layout.lanes
        self.result = Lane()
        self.time = [0] * layout.pes_per_lane  # first cycle in which a PE is free
        self.count = [0] * layout.pes_per_lane  # segments a PE has done
        self.slot_free = carry.slot_free[number].copy()
        self.busy: set[int] = set()
        self.finals: dict[int, int] = {}  # thing to the cycle that completes it, of this phase
        self.begin = carry.tail  # nothing is taken before

    def places(self, things: Placement, base: int) -> IntArray:
        """The places, from `base` on, of what belongs to this lane, by rank."""
        return base + np.arange(things.things(self.number).size) * self.lanes + self.number

    def run(
        self, queues: list[list[Segment]], ready: IntArray, earliest: IntArray, second: bool
    ) -> None:
        """Do a phase: all segments of `queues`, and every thing completed.

        Args:
            queues: Segments of each PE.
            ready: By place, the first cycle in which an entry that reads it can be issued.
            earliest: By thing of this lane, the cycle before which it is not completed.
            second: Which of the two.
        """
        phase = _Phase(self, queues, ready, earliest, second)
        self.finals = phase.finals
        phase.run()

    def note(self, ready: IntArray, base: int, latency: int) -> int:
        """Write into `ready` when the results of the last phase are there; its last completion."""
        for thing, take in self.finals.items():
            ready[base + thing * self.lanes + self.number] = take + latency - 1
        return max(self.finals.values())


class _Phase:
    """A lane doing one of the two phases."""

    def __init__(
        self,
        lane: _Collector,
        queues: list[list[Segment]],
        ready: IntArray,
        earliest: IntArray,
        second: bool,
    ) -> None:
        self.lane, self.ready, self.earliest, self.second = lane, ready, earliest, second
        self.queues = [list(queue) for queue in queues]
        self.left = [0] * earliest.size  # sums that a thing still waits for
        for segment in (s for queue in queues for s in queue):
            self.left[segment.thing] += 1
        self.bare = [thing for thing in range(earliest.size) if not self.left[thing]]
        self.finals: dict[int, int] = {}
        self.started: set[tuple[int, int]] = set()  # (thing, gate) of which a sum was taken
        self.last_take: dict[int, int] = {}  # by thing
        self.current: dict[int, tuple[Segment, IntArray]] = {}  # what a PE does, and when
        self.ends: list[tuple[int, int]] = []  # heap of (cycle of the last entry, PE)
        self.full: set[tuple[int, int]] = set()  # (PE, slot) with a sum that nobody has taken
        self.stuck: list[tuple[int, int]] = []  # as in `ends`, for a full slot
        self.waiting: list[Done] = []

    def run(self) -> None:
        """Cycle by cycle until everything is complete."""
        for pe in range(len(self.queues)):
            self._next_segment(pe)
        cycle = self.lane.begin
        while self.ends or self.waiting or self.bare or self.stuck:
            if not self.waiting and not self.bare and not self.stuck:
                cycle = max(cycle, self.ends[0][0] + TO_RESULT)
            while self.ends and self.ends[0][0] + TO_RESULT <= cycle:
                self._finish(*heapq.heappop(self.ends))
            if cycle not in self.lane.busy:
                self._collect(cycle)
            cycle += 1

    def _next_segment(self, pe: int) -> None:
        if self.queues[pe]:
            index, issue = self._soonest(self.queues[pe], pe)
            self.current[pe] = (self.queues[pe].pop(index), issue)
            heapq.heappush(self.ends, (int(issue[-1]), pe))

    def _soonest(self, queue: list[Segment], pe: int) -> tuple[int, IntArray]:
        """Of a PE's segments the first that has not to wait, or that which waits least; when."""
        start = self.lane.time[pe]
        slot = self.lane.count[pe] % SLOTS
        free = int(self.lane.slot_free[pe, slot])
        if (pe, slot) in self.full:
            free = start + len(self.queues)  # at worst: the sums of all PEs are taken before
        best, least = (0, _issue(queue[0], self.ready, start)), None
        for index, segment in enumerate(queue):
            issue = _issue(segment, self.ready, start)
            wait = max(int(issue[-1]), free) - start - issue.size + 1
            if least is None or wait < least:
                best, least = (index, issue), wait
            if not wait:
                break
        return best

    def _finish(self, end: int, pe: int) -> None:
        """A PE issues its segment's last entry in cycle `end`, if the result register is free."""
        slot = self.lane.count[pe] % SLOTS
        free = int(self.lane.slot_free[pe, slot])
        if (pe, slot) in self.full:
            self.stuck.append((end, pe))
        elif free > end:
            heapq.heappush(self.ends, (free, pe))
        else:
            segment, issue = self.current[pe]
            issue[-1] = end
            self.waiting.append(Done(segment, issue, slot))
            self.full.add((pe, slot))
            self.lane.count[pe] += 1
            self.lane.time[pe] = end + 1
            self._next_segment(pe)

    def _collect(self, cycle: int) -> None:
        """The collector takes a sum, or completes a thing without any."""
        found = [item for item in self.waiting if self._takable(item.segment.thing, cycle)]
        if found:
            # Who stands still first; then in the order of places: that in which they are read.
            still = {(pe, self.lane.count[pe] % SLOTS) for _, pe in self.stuck}
            item = min(found, key=lambda i: ((i.segment.pe, i.slot) not in still, i.segment.thing))
            self.waiting.remove(item)
            self._take(item, cycle)
            return
        if not self.lane.result.done and self.ends:
            return
        for index in reversed(range(len(self.bare))):
            if cycle < self.earliest[self.bare[index]]:
                continue
            thing = self.bare.pop(index)
            self.finals[thing] = cycle
            self.lane.busy.add(cycle)
            self.lane.result.bare.append(Bare(thing, self.second, cycle))
            return

    def _takable(self, thing: int, cycle: int) -> bool:
        """Whether a sum of `thing` can be taken in `cycle`."""
        rested = self.last_take.get(thing, _NEVER) + SPACING <= cycle
        return rested and (self.left[thing] > 1 or cycle >= self.earliest[thing])

    def _take(self, item: Done, cycle: int) -> None:
        thing, pe = item.segment.thing, item.segment.pe
        row = (thing, item.segment.gate)
        self.left[thing] -= 1
        self.last_take[thing] = cycle
        item.take, item.first, item.final = cycle, row not in self.started, not self.left[thing]
        self.started.add(row)
        if item.final:
            self.finals[thing] = cycle
        self.lane.busy.add(cycle)
        self.lane.result.done.append(item)
        # The register may be written again in the cycle after this one, not before.
        free = cycle - TO_RESULT + 1
        self.lane.slot_free[pe, item.slot] = free
        self.full.remove((pe, item.slot))
        for entry in [e for e in self.stuck if e[1] == pe]:
            self.stuck.remove(entry)
            heapq.heappush(self.ends, (max(entry[0], free), pe))


def _issue(segment: Segment, ready: IntArray, start: int) -> IntArray:
    """Cycle in which each entry is issued: in order, each when its element is there."""
    steps = np.arange(segment.places.size)
    need = np.where(segment.weights != 0, ready[segment.places], _NEVER) - steps
    issue: IntArray = np.maximum(np.maximum.accumulate(need), start) + steps
    return issue
