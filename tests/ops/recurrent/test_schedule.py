"""The static schedule against its rules, looked at over two consecutive steps."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hwcompile.ir.types import IntType, TensorType
from hwcompile.ops import family
from hwcompile.ops.contract.site import Site
from hwcompile.ops.gru.op import Gru
from hwcompile.ops.recurrent.layout import EngineLayout
from hwcompile.ops.recurrent.simulation import StepSchedule, simulate_step
from hwcompile.ops.recurrent.static import Static
from tests.kernelbench import check_kernel
from tests.ops.gru.samples import grus
from tests.ops.lstm.samples import lstms

ORACLE = "this project"
ORACLE_REASON = "the rules of its own static schedule"

SIZES = ((1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (5, 1), (12, 2), (16, 4))


def _check(layout: EngineLayout, schedule: StepSchedule) -> None:
    cycles = schedule.cycles
    for lane in schedule.lanes:
        takes = lane.takes
        assert len(set(takes)) == len(takes)
        assert min(takes) - schedule.delay >= 1
        assert max(takes) - schedule.delay - 1 < cycles
        busy: dict[int, list[int]] = defaultdict(list)
        registers: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        things: dict[tuple[bool, int], list[int]] = defaultdict(list)
        for done in lane.done:
            assert done.take >= done.issue[-1] + 6
            busy[done.segment.pe] += done.issue.tolist()
            for step in (0, cycles):
                times = (int(done.issue[-1]) + 6 + step, done.take + step)
                registers[done.segment.pe, done.slot].append(times)
            things[done.segment.second, done.segment.thing].append(done.take)
        for issued in busy.values():
            assert len(set(issued)) == len(issued)
            assert min(issued) >= 0
            assert max(issued) < cycles
        for uses in registers.values():
            uses.sort()
            assert all(taken < arrives for (_, taken), (arrives, _) in pairwise(uses))
        # A sum is written two cycles after it was taken. The next step's first one reads no sum, so
        # it may follow in the next cycle; that takes are distinct over both steps is shown above.
        for taken in things.values():
            assert all(b - a >= 2 for a, b in pairwise(sorted(taken)))
    _check_vectors(layout, schedule)


def _check_vectors(layout: EngineLayout, schedule: StepSchedule) -> None:
    """Every element is written before it is read, and not overwritten before."""
    cycles, resets = schedule.cycles, layout.cell.twice
    latency = {False: 8, True: 11} if resets else {False: 15, True: 4}
    written: dict[int, int] = {}
    for number, lane in enumerate(schedule.lanes):
        finals = [(d.segment.second, d.segment.thing, d.take) for d in lane.done if d.final]
        finals += [(b.second, b.thing, b.take) for b in lane.bare]
        count = [int((placement.lane == number).sum()) for placement in (layout.units, layout.rows)]
        assert len(finals) == count[0] + (count[1] if layout.cell.two_phases else 0)
        port = [take + latency[second] for second, _, take in finals]
        both = [time + step for step in (0, cycles) for time in port]
        assert len(set(both)) == len(both)
        for (second, thing, _), time in zip(finals, port, strict=True):
            base = layout.m_base if layout.cell.two_phases and not second else layout.state_base
            written[base + thing * layout.lanes + number] = time
        if resets:
            _check_units(finals, cycles)
    for lane in schedule.lanes:
        for done in lane.done:
            for place, weight, issue in zip(
                done.segment.places.tolist(),
                done.segment.weights.tolist(),
                done.issue.tolist(),
                strict=True,
            ):
                if weight and place >= layout.state_base:
                    read = issue + 2
                    if done.segment.over_m:
                        assert written[place] < read <= written[place] + cycles
                    else:
                        assert written[place] - cycles < read
                        assert read <= written[place] or not layout.cell.two_phases


def _check_units(finals: list[tuple[bool, int, int]], cycles: int) -> None:
    """A unit's u and state are written within the lane before they are read there."""
    first = {thing: take for second, thing, take in finals if not second}
    for second, thing, take in finals:
        if second:
            assert first[thing] + 4 <= take
            assert take + 11 <= first[thing] + cycles


@settings(deadline=None, max_examples=250, suppress_health_check=list(HealthCheck))
@given(st.one_of(lstms(cells=12), grus()), st.sampled_from(SIZES))
def test_schedules_settle_and_keep_their_rules(site: Site, size: tuple[int, int]) -> None:
    kernel = family(site.op.family).kernel("static")
    assert isinstance(kernel, Static)
    assume(kernel.check(site, {"pes": size[0], "lanes": size[1]}) is None)
    layout = EngineLayout(kernel.cell(site.op), *size)
    _check(layout, simulate_step(layout))


def test_a_step_may_follow_the_last_sum_of_the_one_before_at_once() -> None:
    """A GRU, found by the test above, in which a unit's sums of two steps are a cycle apart."""
    reset = [[-12, 10], [17, -14], [15, 6], [13, -18]]
    update = [[-16, -20], [18, -3], [-20, 15], [-20, 14]]
    candidate = [[18, -2], [-19, 3], [14, 11], [20, -20]]
    recurrent = [
        [[12, 16, 5, -12], [20, -17, 12, -1], [16, 5, 19, -15], [9, -4, 18, -10]],
        [[-17, -18, 15, -14], [16, 2, 20, 13], [8, 11, -17, 0], [0, 19, 10, 19]],
        [[19, 17, -1, -19], [10, -2, 15, 8], [-18, 8, -4, -12], [18, 15, -9, -14]],
    ]
    bias = [[741, -1472, 2230, 517], [781, -140, 585, -214]]
    bias += [[-2012, -1822, 1662, 2400], [1892, 2407, 1742, 2480]]
    op = Gru(
        wx=np.array([reset, update, candidate]),
        wr=np.array(recurrent),
        bias=np.array(bias),
        x_shift=2,
        r_shift=0,
        n_shift=3,
        sigma=np.array([12, 12, 65, 65]),
        candidate=np.array([-78, -78, -3, -3]),
        table_shifts=(5, 6),
        one=55,
        reset_shift=0,
        h_shifts=(1, 3, 5),
        h_type=IntType(-128, 127),
        rounding="floor",
        reset_after=True,
        keep=False,
    )
    site = Site.of(op, TensorType((1, 6, 2), IntType(-128, 127)))
    check_kernel(site, family("gru").kernel("static"), {"pes": 12, "lanes": 2}, frames=20)
