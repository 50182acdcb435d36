"""Runs the same frames at several levels; compares integers, and cycles with the prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hwcompile.emit.interface import Interface
from hwcompile.ir.graph import Graph, Watch
from hwcompile.ir.types import IntArray
from hwcompile.schedule.branches import computed_frames, truths_of
from hwcompile.schedule.plan import Plan
from hwcompile.schedule.time.both_ways import run_ends
from hwcompile.schedule.time.frame_ends import FrameEnds
from hwcompile.verify.compare import Mismatch
from hwcompile.verify.comparing import compare_run
from hwcompile.verify.cycles import Late, RunCycles
from hwcompile.verify.levels import run_reference
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.sources import FrameSource

MOST_FINDINGS = 20
"""Mismatches that a report names."""

MOST_TIMED = 1024
"""Frames of a run with branches whose ends are computed one by one."""


@dataclass(frozen=True)
class Verification:
    """Outcome of `Design.verify`.

    Attributes:
        frames: Frames compared.
        mismatches: Level to the first mismatch of every stream that differs.
        timings: Level to predicted and measured cycles; without levels that have no time of their
            own, and without runs with stalls.
        settled: Predicted cycles per frame for ever; at the end of a short run it may still be less
            where parts of a design settle late.
        cycles: Clock cycles of the last simulation; None without one.
        seconds: Wall-clock time of the last simulation.
        starved: Stage to the cycles in which it waited for weights from external memory, of the
            last run; frames may end so many cycles later than predicted.
    """

    frames: int
    mismatches: dict[str, tuple[Mismatch, ...]]
    timings: dict[str, RunCycles]
    settled: int
    cycles: int | None = None
    seconds: float = 0.0
    starved: dict[str, int] = field(default_factory=dict)

    @property
    def interval(self) -> tuple[int, int | None]:
        """(predicted, measured) cycles per frame at the end of the last run that was timed."""
        found = self._last.interval if self._last else None
        return (self.settled, None) if found is None else found

    @property
    def latency(self) -> tuple[int | None, int | None]:
        """(predicted, measured) cycles of the first frame of the last run that was timed."""
        return self._last.latency if self._last else (None, None)

    @property
    def late(self) -> Late | None:
        """The first frame that did not end in the predicted cycle; None when all did.

        With kernels whose speed depends on the data, frames may end before.
        """
        return next((t.late for t in self.timings.values() if t.late), None)

    @property
    def cycles_agree(self) -> bool:
        """True when frame ends, interval and latency are the predicted ones at every level.

        Frames may end later by the cycles in which a stage waited for external memory.
        """
        return all(timing.agrees for timing in self.timings.values())

    @property
    def passed(self) -> bool:
        """True when no level differs anywhere and measured cycles equal predicted ones."""
        return not any(self.mismatches.values()) and self.cycles_agree

    @property
    def _last(self) -> RunCycles | None:
        return list(self.timings.values())[-1] if self.timings else None

    def lines(self) -> list[str]:
        """What a person should read, one finding per line."""
        text = [
            f"{level}: {self.frames:,} frames, {sum(m.count for m in found):,} mismatches"
            for level, found in self.mismatches.items()
        ]
        text += [f"  {mismatch}" for found in self.mismatches.values() for mismatch in found]
        for level, timing in self.timings.items():
            prefix = f"{level}: " if len(self.timings) > 1 else ""
            text += [prefix + line for line in timing.lines(self.settled)]
        text += [
            f"'{stage}' waited {count:,} cycles for weights from external memory"
            for stage, count in self.starved.items()
        ]
        return text

    @property
    def findings(self) -> list[str]:
        """The first mismatches, a line each, with their level; cycles that are not as predicted."""
        found = [f"{level}: {m}" for level, ms in self.mismatches.items() for m in ms]
        return found[:MOST_FINDINGS] + [
            f"{level}: {line}"
            for level, timing in self.timings.items()
            if not timing.agrees
            for line in timing.lines(self.settled)
        ]

    def record(self, report: dict[str, Any]) -> None:
        """Fill in `report.json` data: what each level found, and measured cycles."""
        design = report["design"]
        for level, found in self.mismatches.items():
            design["levels"][level] = {
                "frames": self.frames,
                "mismatches": sum(m.count for m in found),
            }
        if self._last is None:
            return
        design["latency_cycles"]["measured"] = self._last.latency[1]
        # A run that ended before the design had settled says nothing about its interval.
        if self._last.interval and self._last.interval[0] == self.settled:
            design["interval_cycles"]["measured"] = self._last.interval[1]


@dataclass(frozen=True)
class Comparison:
    """What runs of a design are compared with.

    Attributes:
        graph: The network on integers.
        interface: Names the streams inside that a simulation recorded.
        design: The part `design` of its report.
        plan: Makes the plan of a design whose frames take one of two ways, to time a run.
    """

    graph: Graph
    interface: Interface
    design: Mapping[str, Any]
    plan: Callable[[], Plan]

    def of(
        self,
        levels: tuple[str, ...],
        inputs: FrameSource | Mapping[str, IntArray],
        run: Callable[[str], SimulationResult],
        *,
        timed: bool,
        boundaries: bool,
        watch: Watch | None = None,
    ) -> Verification:
        """Run frames at every level.

        Args:
            levels: "reference" is what the others are compared with.
            inputs: The frames, or for every graph input int64 [frames, height, width, channels].
            run: Runs them at a level.
            timed: Compare cycles; not with stalls.
            boundaries: Compare the recorded streams inside, too.
            watch: See `run_reference`.
        """
        source = inputs if isinstance(inputs, FrameSource) else FrameSource.of(inputs)
        frames = source.frames
        taps = tuple(port.name for port in self.interface.streams) if boundaries else ()
        names = truths_of(self.graph)
        reference = run_reference(self.graph, source, keep=(*taps, *names), watch=watch)
        truths = {name: reference[name] for name in names}
        computed = computed_frames(self.graph, truths, frames) if boundaries else {}

        @cache
        def ways() -> IntArray:
            """When the first frames end, each of which went its own way."""
            first = {name: values[:MOST_TIMED] for name, values in truths.items()}
            return run_ends(self.plan(), first)

        mismatches: dict[str, tuple[Mismatch, ...]] = {}
        timings: dict[str, RunCycles] = {}
        last: SimulationResult | None = None
        ends = FrameEnds.from_json(self.design["frame_ends"])
        settled = int(self.design["interval_cycles"]["predicted"])
        for level in levels:
            if level == "reference":
                continue
            result = run(level)
            mismatches[level] = compare_run(self.interface, reference, result, computed)
            if not result.cycles:  # words that a serial link brings have no time of their own
                continue
            last = result
            if timed:
                early = bool(self.design["data_dependent"])
                memories = self.interface.memories
                found = RunCycles.of(ends, result, frames, early, memories)
                timings[level] = found.known(ways(), settled) if names else found
        if last is None:
            return Verification(frames, mismatches, timings, settled)
        return Verification(
            frames, mismatches, timings, settled, last.cycles, last.seconds, last.starved
        )
