"""Designs that are planned whole: every figure is the compiler's own, and every cycle exact."""

from __future__ import annotations

from contextlib import suppress

import msgspec

from hwcompile.diagnostics import CompileError
from hwcompile.explore.network.subject import Subject
from hwcompile.explore.network.weigher import Genome, Weigher
from hwcompile.schedule.choose.choice import Choice
from hwcompile.schedule.choose.estimate import estimate
from hwcompile.schedule.choose.pace import SPARE, slowest_of
from hwcompile.schedule.choose.schedule_file import schedule_text
from hwcompile.schedule.choose.stages import build_stages
from hwcompile.schedule.plan import LEAST_DEPTH, Plan
from hwcompile.schedule.planner import Prediction, plan_choices
from hwcompile.schedule.time.network import Network
from hwcompile.schedule.time.prediction import predict, settle


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A design of the front.

    Attributes:
        way: Number of the graph that it is of, among those that compute the same.
        board: Its name; empty for a 7-series FPGA.
        clock_mhz: That it is planned for; `compile --clock-mhz` takes it.
        mhz: At which it runs, as predicted: at most `clock_mhz`.
        interval: Cycles per frame.
        latency: Cycles of the first frame.
        lanes: That work in parallel.
        lut: Predicted logic cells.
        ff: Flip-flops.
        bram: Block RAMs.
        dsp: DSP blocks.
        schedule: Its `schedule.toml`.
        recipe: How its weights are compressed; empty where nobody asked.
        accuracy: Share of the frames that it classifies as they are labelled; 0 where nobody asked.
    """

    way: int
    board: str
    clock_mhz: float
    mhz: float
    interval: int
    latency: int
    lanes: int
    lut: int
    ff: int
    bram: int
    dsp: int
    schedule: str
    recipe: str = ""
    accuracy: float = 0.0

    @property
    def frames_per_second(self) -> float:
        """At `mhz`."""
        return self.mhz * 1e6 / self.interval

    @property
    def costs(self) -> tuple[float, ...]:
        """What is to be small: microseconds per frame, cells, block RAMs, DSP blocks, mistakes."""
        return self.interval / self.mhz, self.lut, self.bram, self.dsp, 1.0 - self.accuracy


_TRIAL = 8
"""Frames after which a network has to keep up."""


class _TooSlowError(Exception):
    """FIFOs are too small."""


class Planner:
    """Plans designs of a subject; FIFOs of one folding are found once, and fitted to its ways."""

    def __init__(self, subject: Subject, weigher: Weigher) -> None:
        self.subject = subject
        self.weigher = weigher
        self._known: dict[tuple[str, int], tuple[Plan, Prediction]] = {}
        self._predicted: dict[bytes, Prediction | None] = {}

    def point(self, genome: Genome) -> Point | None:
        """The design with its exact figures.

        None where it can not be planned or does not fit, and where FIFOs like those of the first
        design of its folding are too small for it.
        """
        clock = self.subject.clocks[genome[0]]
        key = (self.weigher.folding(genome), genome[0])
        choices = self.weigher.choices(genome)
        try:
            if key not in self._known:
                self._known[key] = self._planned(choices, {}, clock)
                made: tuple[Plan, Prediction] | None = self._known[key]
            else:
                made = self._fitted(choices, clock, *self._known[key])
        except CompileError:
            return None
        return point_of(self.subject, clock, *made) if made else None

    def _fitted(
        self, choices: dict[str, Choice], clock: float, like: Plan, prediction: Prediction
    ) -> tuple[Plan, Prediction] | None:
        """With FIFOs like those of another plan; None where that would be slower.

        A FIFO holds a word for each register before it, so it is as much deeper as there are more;
        where branches meet, it may have to be as much deeper as there are more in all of them.
        """
        made = build_stages(self.subject.graph, choices)
        if [link.name for link in made.links] != [link.name for link in like.links]:
            return None
        registers = {stage.name: stage.registers for stage in like.stages}
        more = {stage.name: stage.registers - registers[stage.name] for stage in made.stages}
        every = sum(count for count in more.values() if count > 0)
        for deeper in (more, dict.fromkeys(more, every)):
            depths = {
                link.name: max(LEAST_DEPTH, link.depth + deeper.get(link.value, 0))
                for link in like.links
            }
            with suppress(_TooSlowError):
                return self._planned(choices, depths, clock, prediction.interval)
        return None

    def _planned(
        self,
        choices: dict[str, Choice],
        depths: dict[str, int],
        clock: float,
        interval: int | None = None,
    ) -> tuple[Plan, Prediction]:
        """A plan; one that is slower than an interval raises `_TooSlowError`."""

        def predicts(network: Network) -> Prediction:
            key = network.key
            if key not in self._predicted:
                # Whether a network keeps up is soon seen; how it falls behind may take long.
                slow = interval is not None and settle(network, interval, _TRIAL) is None
                self._predicted[key] = None if slow else predict(network)
            found = self._predicted[key]
            if found is None:
                raise _TooSlowError
            return found

        delays = self.subject.delays
        return plan_choices(self.subject.graph, choices, depths, delays, clock, predicts=predicts)


def point_of(subject: Subject, clock: float, plan: Plan, prediction: Prediction) -> Point | None:
    """The figures of a plan; None where it does not fit."""
    need = estimate(plan, subject.model).total
    if not subject.fits(need):
        return None
    slowest = slowest_of(plan, subject.delays) if subject.delays else None
    lut, ff, bram, dsp = map(round, subject.figures(need))
    return Point(
        way=subject.way,
        board=subject.board.id if subject.board else "",
        clock_mhz=clock,
        mhz=min(clock, SPARE * 1000.0 / slowest.delay) if slowest else clock,
        interval=prediction.interval,
        latency=prediction.latency,
        lanes=sum(part.built.lanes for stage in plan.stages for part in stage.parts),
        lut=lut,
        ff=ff,
        bram=bram,
        dsp=dsp,
        schedule=schedule_text(plan, prediction),
    )
