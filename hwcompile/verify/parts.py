"""Frames of a run in parts that are simulated at the same time, and their results in one.

Every part begins with an empty design. So all but the first are sent some frames before those that
count, the *lead*: once the design has settled, its frames end at the pace of one long run. The last
frames of the lead are frames of the part before, too, and say how far apart in time the two are. If
they do not move in both at the same pace, word for word at every port, nothing is joined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwcompile.emit.interface import AxisPort
from hwcompile.ir.types import IntArray
from hwcompile.processes import job_count
from hwcompile.schedule.time.frame_ends import FrameEnds
from hwcompile.verify.beats import to_beats
from hwcompile.verify.columns import Array, Column
from hwcompile.verify.result import SimulationResult
from hwcompile.verify.sources import Block, FrameSource

LEAST_CYCLES = 50_000
"""Predicted cycles of a part below which a process of its own does not pay."""

MOST_LEAD = 0.25
"""Frames of the lead for each that counts; with more of them a part does not pay."""


@dataclass(frozen=True)
class FrameRange:
    """Some of the frames of a run.

    Attributes:
        start: The first frame that is sent.
        first: The first one whose results count.
        stop: The first one that is not sent.
        compared: Frames at the end of the lead that must move as those of the part before.
    """

    start: int
    first: int
    stop: int
    compared: int = 0

    @property
    def sent(self) -> int:
        """How many frames are sent."""
        return self.stop - self.start

    @property
    def lead(self) -> int:
        """How many of them are sent before those that count."""
        return self.first - self.start


class UnsettledError(Exception):
    """Parts do not fit together: the design had not settled, or does not at all."""


def timed_parts(design: Mapping[str, Any], frames: int) -> tuple[FrameRange, ...]:
    """Parts whose cycles can be joined; a single one where they can not or it does not pay.

    Args:
        design: The part `design` of a build's report.
        frames: How many there are; none depends on those before.
    """
    ends = FrameEnds.from_json(design["frame_ends"])
    latency, interval = (
        int(design[part]["predicted"]) for part in ("latency_cycles", "interval_cycles")
    )
    if (
        design["data_dependent"]
        or design.get("ways")
        or ends.exact is not None
        or not ends.together
    ):
        return one_part(frames)
    # Until the ends repeat themselves, and then until whoever waits at an input does so, too.
    lead = ends.settled + -(-latency // interval) + 1
    return cut(frames, interval, lead, ends.period)


def cut(frames: int, interval: int, lead: int = 0, period: int = 1) -> tuple[FrameRange, ...]:
    """As many parts as programs may run at once, or fewer when they would be short.

    Args:
        frames: How many there are.
        interval: About how many cycles each takes.
        lead: Least frames of a lead before those that are compared.
        period: Frames that take turns; so many are compared, and parts start with the first.
    """
    ahead = lead + 2 * period if lead else 0
    least = max(LEAST_CYCLES // max(interval, 1), int(ahead / MOST_LEAD), 1)
    count = max(min(job_count(), frames // least), 1)
    size = (frames - lead) // count
    parts = [FrameRange(0, 0, lead + size)]
    for number in range(1, count):
        first = parts[-1].stop
        start = (first - lead - period) // period * period if lead else first
        stop = frames if number == count - 1 else first + size
        parts.append(FrameRange(start, first, stop, min(period, first - start) if lead else 0))
    return tuple(parts) if count > 1 else one_part(frames)


def one_part(frames: int) -> tuple[FrameRange, ...]:
    """All frames in one part."""
    return (FrameRange(0, 0, frames),)


def write_parts(
    works: Sequence[Path],
    ports: Sequence[AxisPort],
    source: FrameSource,
    parts: Sequence[FrameRange],
) -> None:
    """Write the beats of every part's frames into its folder, a file for each input port."""
    with ExitStack() as stack:
        files = [
            [
                stack.enter_context((work / f"input_{index}.beats").open("wb"))
                for index in range(len(ports))
            ]
            for work in works
        ]
        for number, block in _scattered(source, parts):
            for file, port in zip(files[number], ports, strict=True):
                file.write(to_beats(block[port.name], port).data)


def _scattered(source: FrameSource, parts: Sequence[FrameRange]) -> Iterator[tuple[int, Block]]:
    """(number of a part, its next frames), from one pass over all frames."""
    at = 0
    for block in source.blocks():
        count = len(next(iter(block.values())))
        for number, part in enumerate(parts):
            here = slice(max(part.start - at, 0), max(part.stop - at, 0))
            if here.start < min(here.stop, count):
                yield number, {name: values[here] for name, values in block.items()}
        at += count


def joined_result(
    parts: Sequence[FrameRange], results: Sequence[SimulationResult]
) -> SimulationResult:
    """The result of a run of all frames; that of parts without cycles has none.

    Args:
        parts: From the first frame to the last.
        results: That of each.

    Raises:
        UnsettledError: If parts do not fit together.
    """
    if len(parts) == 1:
        return results[0]
    inputs, outputs = _joined_cycles(parts, results)
    last = [int(cycles[-1]) for cycles in (*inputs.values(), *outputs.values())]
    return replace(
        results[0],
        outputs=_joined(parts, [result.outputs for result in results]),
        streams=_joined(parts, [result.streams for result in results]),
        taps=_joined(parts, [result.taps for result in results]),
        input_cycles=inputs,
        output_cycles=outputs,
        cycles=max(last, default=-1) + 1,
        seconds=max(result.seconds for result in results),
        occupancy={
            name: max(result.occupancy[name] for result in results) for name in results[0].occupancy
        },
    )


Cycles = dict[str, IntArray]


def _joined_cycles(
    parts: Sequence[FrameRange], results: Sequence[SimulationResult]
) -> tuple[Cycles, Cycles]:
    """Cycles of all words at inputs and at outputs, as one run counts them."""
    ports = [{**result.input_cycles, **result.output_cycles} for result in results]
    frames = [
        {name: cycles.reshape(part.sent, -1) for name, cycles in found.items()}
        for part, found in zip(parts, ports, strict=True)
    ]
    counted: dict[str, list[IntArray]] = {name: [] for name in ports[0]}
    before = frames[0]
    for part, mine in zip(parts, frames, strict=True):
        shift = _shift(before, mine, part) if part.lead else 0
        before = {name: cycles + shift for name, cycles in mine.items()}
        for name, cycles in before.items():
            counted[name].append(cycles[part.lead :].ravel())
    found = {name: np.concatenate(pieces) for name, pieces in counted.items()}
    inputs, outputs = results[0].input_cycles, results[0].output_cycles
    return {name: found[name] for name in inputs}, {name: found[name] for name in outputs}


def _shift(before: Cycles, mine: Cycles, part: FrameRange) -> int:
    """How much later the cycles of a part are in the run that the part before belongs to."""
    here = slice(part.lead - part.compared, part.lead)
    pieces = [(before[name][-part.compared :] - mine[name][here]).ravel() for name in mine]
    gaps = np.concatenate(pieces)
    if gaps.min() != gaps.max():
        raise UnsettledError
    return int(gaps[0])


def _joined(parts: Sequence[FrameRange], found: Sequence[Mapping[str, Array]]) -> dict[str, Any]:
    """Rows of all frames, without those of the leads.

    Raises:
        UnsettledError: If a part does not have equally many for each frame.
    """
    columns = {name: Column() for name in found[0]}
    for part, arrays in zip(parts, found, strict=True):
        for name, rows in arrays.items():
            each, rest = divmod(len(rows), part.sent)
            if rest:
                raise UnsettledError
            columns[name].append(rows[each * part.lead :])
    return {name: column.array() for name, column in columns.items()}
